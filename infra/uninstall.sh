#!/usr/bin/env bash
# uninstall.sh [--yes]: takes the responder away and leaves what is evidence: the ledger's account (tables, evidence,
# ePHI), the vault whose keys verify and unseal it, the network through which both are reached, the workspace with its
# logs, and the anchors, which stand in another subscription and are never touched. Without --yes it only says what would go, in order, and what stays.
# Goes: what this list names, in the responder's own group; its roles and their assignments. Whatever else is there
# stays. Needs az, signed in, and: SUBSCRIPTION, RESOURCE_GROUP; SYSTEM_TOPIC where events were subscribed to.
set -euo pipefail

: "${SUBSCRIPTION:?the id of the subscription}" "${RESOURCE_GROUP:?the group of the responder}"
scope="/subscriptions/$SUBSCRIPTION"
gone=(
  Microsoft.Logic/workflows
  Microsoft.Web/connections
  Microsoft.Automation/automationAccounts
  Microsoft.Insights/actionGroups
  Microsoft.Insights/dataCollectionRules
  Microsoft.Insights/workbooks
  Microsoft.Network/bastionHosts
  Microsoft.Web/sites
  Microsoft.Web/serverFarms
  Microsoft.Insights/components
  Microsoft.EventGrid/topics
  Microsoft.ManagedIdentity/userAssignedIdentities
)
host=Microsoft.Storage/storageAccounts
if [ "${1:-}" = --yes ]; then does=removed; else does="would be removed"; fi

remove() {
  echo "$does: $1"
  shift
  if [ "$does" = removed ]; then az "$@" --output none </dev/null; fi
}

found=$(az resource list --subscription "$SUBSCRIPTION" --resource-group "$RESOURCE_GROUP" \
  --query "[].[type, name, id]" --output tsv)
going() {
  local type=$1 kind name
  shopt -s nocasematch
  while IFS=$'\t' read -r kind name id; do
    if [[ $kind == "$type" && ($type != "$host" || $name == tqhost* || $name == tqactor*) ]]; then echo "$id"; fi
  done <<<"$found"
  shopt -u nocasematch
}
all=$(for type in "${gone[@]}" "$host"; do going "$type"; done)

echo "stays: the anchors, in a subscription of their own"
while IFS=$'\t' read -r kind _ id; do
  if [ -n "$id" ] && ! grep -qxF "$id" <<<"$all"; then echo "stays: $kind $id"; fi
done <<<"$found"

if [ -n "${SYSTEM_TOPIC:-}" ]; then
  topic=(--subscription "$SUBSCRIPTION" --resource-group "${TOPIC_GROUP:-$RESOURCE_GROUP}" --system-topic-name "$SYSTEM_TOPIC")
  for name in $(az eventgrid system-topic event-subscription list "${topic[@]}" \
    --query "[?starts_with(name, 'tourniquet')].name" --output tsv); do
    remove "event subscription $name of $SYSTEM_TOPIC" \
      eventgrid system-topic event-subscription delete "${topic[@]}" --name "$name" --yes
  done
fi
for role in $(az role definition list --subscription "$SUBSCRIPTION" --custom-role-only true \
  --query "[?starts_with(roleName, 'Tourniquet ')].name" --output tsv); do
  for assignment in $(az role assignment list --subscription "$SUBSCRIPTION" --all --role "$role" \
    --query "[].id" --output tsv); do
    remove "role assignment $assignment" role assignment delete --ids "$assignment"
  done
  remove "role definition $role" role definition delete --name "$role" --scope "$scope"
done
while read -r id; do
  if [ -n "$id" ]; then remove "$id" resource delete --ids "$id"; fi
done <<<"$all"
echo "uninstall: $([ "$does" = removed ] && echo done || echo 'nothing was changed; say --yes to do it')"
