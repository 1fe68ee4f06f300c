# Refuse anonymous readers on the storage account (ST-01); Close the storage account's public endpoint (ST-04). Generated from the measures by `make templates`; do not edit.
# Report the incident as soon as the responder answers again: nothing is recorded here but the job itself.
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Storage/storageAccounts/[^/]+$')]
    [string] $AccountId
)
$ErrorActionPreference = 'Stop'
Connect-AzAccount -Identity | Out-Null

function Send-Request([string] $Name, [string] $Method, [string] $Path, [string] $Body) {
    $answer = Invoke-AzRestMethod -Method $Method -Path $Path -Payload $Body
    if ($answer.StatusCode -ge 300) { throw "${Name}: Azure answered $($answer.StatusCode)" }
    Write-Output "${Name}: done"
}

Send-Request 'refuse anonymous readers' 'PATCH' "${AccountId}?api-version=2023-05-01" '{"properties": {"allowBlobPublicAccess": false}}'
Send-Request 'close the public endpoint' 'PATCH' "${AccountId}?api-version=2023-05-01" '{"properties": {"publicNetworkAccess": "Disabled"}}'
