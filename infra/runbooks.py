"""The runbooks: infra/runbooks/, what measures on a storage account send, as PowerShell for an Automation account.

They act as the account's own identity and need nothing of the function app. Answers are dropped: some hold keys.
"""

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from cloud import Cloud, Request
from incident.resource import ResourceId
from incident.settings import Settings
from incident.target import Before, Target
from responders import measures

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/x"
RUNBOOKS: Mapping[str, tuple[str, ...]] = {
    "isolate-storage": ("refuse_anonymous_readers", "disable_public_network"),
    "rotate-storage-keys": ("rotate_account_keys",),
}
"""The measures that each runbook carries out, in order."""
HEAD = """\
# {titles}. Generated from the measures by `make templates`; do not edit.
# Report the incident as soon as the responder answers again: nothing is recorded here but the job itself.
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Storage/storageAccounts/[^/]+$')]
    [string] $AccountId
)
$ErrorActionPreference = 'Stop'
Connect-AzAccount -Identity | Out-Null

function Send-Request([string] $Name, [string] $Method, [string] $Path, [string] $Body) {{
    $answer = Invoke-AzRestMethod -Method $Method -Path $Path -Payload $Body
    if ($answer.StatusCode -ge 300) {{ throw "${{Name}}: Azure answered $($answer.StatusCode)" }}
    Write-Output "${{Name}}: done"
}}
"""


def files() -> Mapping[str, str]:
    """Each generated file's text, by its path from the root."""
    return asyncio.run(_scripts())


async def _scripts() -> Mapping[str, str]:
    cloud = Cloud(Settings(tables="", evidence="", policy=""))
    try:
        return {f"infra/runbooks/{name}.ps1": await _script(cloud, chosen) for name, chosen in RUNBOOKS.items()}
    finally:
        await cloud.close()


async def _script(cloud: Cloud, chosen: tuple[str, ...]) -> str:
    target = Target(resource=ResourceId(ACCOUNT), incident="runbook")
    before = Before({"id": ACCOUNT, "properties": {}})
    every = [measures.by_id(name) for name in chosen]
    calls = [call for measure in every for call in measure.contain(target, before)]
    lines = [_line(call.name, await cloud.rehearse(call.send)) for call in calls]
    titles = "; ".join(f"{measure.title} ({measure.code})" for measure in every)
    return "\n".join([HEAD.format(titles=titles), *lines]) + "\n"


def _line(name: str, request: Request) -> str:
    below = urlsplit(request.url).path.removeprefix(ACCOUNT)
    path = f'"${{AccountId}}{below}?api-version={request.api_version}"'
    body = json.dumps(request.body).replace("'", "''")
    return f"Send-Request '{name}' '{request.method}' {path} '{body}'"
