#!/usr/bin/env bash
# rotate.sh: the key that signs anchors and the key that machines call with, made anew.
# The key that wraps ePHI stays: what was sealed opens only under the version that sealed it.
# Needs az, signed in, and: RESOURCE_GROUP, APP, VAULT; TRUST is the PEM file of the public keys that sign anchors
# (`python -m ledger verify --trust`), to which the new one is added: old anchors stay good under the old one.
set -euo pipefail

: "${RESOURCE_GROUP:?the group of the app}" "${APP:?the name of the app}" "${VAULT:?the name of the key vault}"
trust=${TRUST:-anchors.pem}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(az keyvault key rotate --vault-name "$VAULT" --name anchors --query key.kid --output tsv)
az keyvault key download --id "$version" --encoding PEM --file "$work/public.pem" --output none
cat "$work/public.pem" >>"$trust"
az functionapp config appsettings set --resource-group "$RESOURCE_GROUP" --name "$APP" \
  --settings "TOURNIQUET_SIGNING_KEY=$version" --output none
az functionapp keys set --resource-group "$RESOURCE_GROUP" --name "$APP" --key-type functionKeys --key-name default \
  --output none
echo "rotate: anchors are signed by $version, whose public key is in $trust; give machines their new key"
