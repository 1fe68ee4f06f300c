#!/usr/bin/env bash
# deploy.sh PACKAGE.zip: the package onto the app. When its canary has come through, it is kept as the last good one;
# when not, the last good one is put back, and this ends with 1. Flex Consumption has no slots: this takes their place.
# Needs az, signed in, and: RESOURCE_GROUP, APP, PACKAGES_ACCOUNT (a storage account of the pipeline's own with the
# container `packages`: the host's lies behind private endpoints).
set -euo pipefail

package=$1
: "${RESOURCE_GROUP:?the group of the app}" "${APP:?the name of the app}" "${PACKAGES_ACCOUNT:?the account of its packages}"
canary="$(dirname "$0")/canary.py"
read -ra patience <<<"${CANARY:-}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

blob=(--auth-mode login --account-name "$PACKAGES_ACCOUNT" --container-name packages --name last-good.zip --output none)
put() {
  az functionapp deployment source config-zip --resource-group "$RESOURCE_GROUP" --name "$APP" --src "$1" \
    --build-remote false --output none
}

url=${URL:-https://$(az functionapp show --resource-group "$RESOURCE_GROUP" --name "$APP" \
  --query properties.defaultHostName --output tsv)}
sha256sum "$package"
python3 "$canary" look "$url" >"$work/before.json"

if put "$package" && python3 "$canary" wait "$url" "$work/before.json" ${patience[@]+"${patience[@]}"}; then
  az storage blob upload "${blob[@]}" --file "$package" --overwrite
  echo "deploy: $APP runs $package"
  exit 0
fi
echo "deploy: the canary of $package did not come through; the last good package goes back" >&2
if az storage blob download "${blob[@]}" --file "$work/last-good.zip" && put "$work/last-good.zip"; then
  echo "deploy: $APP runs the last good package again" >&2
else
  echo "deploy: there is no last good package, or it could not be put back: a person is needed now" >&2
fi
exit 1
