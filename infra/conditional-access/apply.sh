#!/usr/bin/env bash
# Adds the conditional-access policies of this folder, report-only, as the person who is signed in to az.
#   apply.sh BREAK_GLASS_GROUP    object id of the group with the break-glass accounts, which every policy leaves out
# A policy whose name is there already stays as it is: nothing is enforced, weakened or taken away here. Look at a week
# of sign-in logs, then switch each on in the portal. Needs Policy.ReadWrite.ConditionalAccess and Group.Read.All.
set -euo pipefail

graph=https://graph.microsoft.com/v1.0
folder=$(cd "$(dirname "$0")" && pwd)
group=${1:?the object id of the break-glass group is missing}
[[ $group =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || { echo "$group is no object id" >&2; exit 2; }

members=$(az rest --method get --url "$graph/groups/$group/transitiveMembers?\$select=id" --query 'length(value)' --output tsv)
(( members >= 2 )) || { echo "the break-glass group has $members members; two accounts are needed first" >&2; exit 1; }

known=$(az rest --method get --url "$graph/identity/conditionalAccess/policies?\$select=displayName" --query 'value[].displayName' --output tsv)
for file in "$folder"/*.json; do
  name=$(sed -n 's/^  "displayName": "\(.*\)",$/\1/p' "$file")
  if grep -Fxq -- "$name" <<< "$known"; then
    echo "there already: $name"
    continue
  fi
  body=$(sed "s/BREAK_GLASS_GROUP/$group/" "$file")
  az rest --method post --url "$graph/identity/conditionalAccess/policies" --headers content-type=application/json --body "$body" --output none
  echo "added, report-only: $name"
done
