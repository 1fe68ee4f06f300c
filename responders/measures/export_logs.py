"""Have the rows of a workspace's tables written to the evidence account as well (LG-03), from now on.

Only what comes in later is exported; a workspace has room for ten exports, each to an account of its own.
"""

from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, Measure, absent, anybody, read_or_absent
from responders.whole import Whole

WORKSPACE = "microsoft.operationalinsights/workspaces"
ACCOUNT = "forensic_account"
TELLING = (
    "AuditLogs",
    "AzureActivity",
    "AzureDiagnostics",
    "AZKVAuditLogs",
    "MicrosoftGraphActivityLogs",
    "SigninLogs",
    "StorageBlobLogs",
    "StorageFileLogs",
)
"""Tables that tell who touched PHI."""


async def read(cloud: Cloud, export: Target) -> Before:
    """The export, or that there is none; and the workspace's tables that tell of PHI."""
    state = await read_or_absent(cloud, export)
    tables = await cloud.arm.children(_workspace(export.resource), "tables")
    names = {ResourceId(str(table.body["id"])).name for table in tables}
    return Before({**state.body, "tables": [name for name in TELLING if name in names]})


def _wanted(export: Target, before: Before) -> dict[str, Any]:
    to = {"resourceId": export.parameters[ACCOUNT]}
    return {"properties": {"destination": to, "tableNames": before.body["tables"], "enable": True}}


def _exports(_export: Target, state: Before) -> bool:
    return not absent(state) and state.properties.get("enable") is True


def follows(named: Target) -> tuple[Target, ...]:
    """An export of our own of the workspace, where the policy names an account."""
    workspace, account = named.resource.climb(WORKSPACE), named.parameters.get(ACCOUNT)
    if workspace is None or not account:
        return ()
    place = workspace.child("dataExports", f"hir-{named.incident}")
    return (Target(resource=place, incident=named.incident, parameters={ACCOUNT: account}),)


def _workspace(export: ResourceId) -> ResourceId:
    return ResourceId("/" + "/".join(export.segments[:-2]))


EXPORT = Whole(does="export the tables", takes_back="end the export", wanted=_wanted, holds=_exports)


MEASURE = Measure(
    id="export_logs",
    code="LG-03",
    title="Have the logs kept in the evidence account as well",
    target=f"{WORKSPACE}/dataexports",
    activity="preserve",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Nothing stops; what is exported and kept is paid for.",
    permissions=(
        CONTAIN("Microsoft.OperationalInsights/workspaces/dataexports/write"),
        CONTAIN("Microsoft.OperationalInsights/workspaces/dataexports/delete"),
        READ("Microsoft.OperationalInsights/workspaces/dataexports/read"),
        READ("Microsoft.OperationalInsights/workspaces/tables/read"),
    ),
    guard=anybody,
    read=read,
    contain=EXPORT.contain,
    verify=EXPORT.verify,
    undo=EXPORT.undo,
    own=only("destination", "enable", "tableNames"),
    follows=follows,
)
