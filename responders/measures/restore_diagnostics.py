"""Have a resource logged again (LG-02): a diagnostic setting of our own, which sends every log to the workspace kept.

What was switched off stays as it was found; a resource has room for five settings.
"""

from typing import Any

from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import BLOB_SERVICE, CONTAIN, READ, STORAGE_ACCOUNT, Measure, absent, anybody, read_or_absent
from responders.whole import Whole

WORKSPACE = "forensic_workspace"
LOGGED = {
    STORAGE_ACCOUNT: ("blobServices", "default"),  # blobs are logged by their service
    BLOB_SERVICE: (),
    "microsoft.keyvault/vaults": (),
    "microsoft.recoveryservices/vaults": (),
    "microsoft.web/sites": (),
}
"""What is logged, by the type of resource that a finding names."""


def _wanted(setting: Target, _before: Before) -> dict[str, Any]:
    everything = {"categoryGroup": "allLogs", "enabled": True}
    return {"properties": {"workspaceId": setting.parameters[WORKSPACE], "logs": [everything]}}


def _logs(setting: Target, state: Before) -> bool:
    there = str(state.properties.get("workspaceId") or "").casefold() == setting.parameters[WORKSPACE].casefold()
    return not absent(state) and there and any(log.get("enabled") for log in state.properties.get("logs") or ())


def follows(named: Target) -> tuple[Target, ...]:
    """A setting of our own on the resource, where the policy names a workspace."""
    below, workspace = LOGGED.get(named.resource.type), named.parameters.get(WORKSPACE)
    if below is None or not workspace:
        return ()
    name = ("providers", "Microsoft.Insights", "diagnosticSettings", f"hir-{named.incident}")
    place = named.resource.child(*below, *name)
    return (Target(resource=place, incident=named.incident, parameters={WORKSPACE: workspace}),)


SETTING = Whole(does="log the resource", takes_back="take our setting away", wanted=_wanted, holds=_logs)


MEASURE = Measure(
    id="restore_diagnostics",
    code="LG-02",
    title="Have the resource logged again",
    target="microsoft.insights/diagnosticsettings",
    activity="restore",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nothing stops; what is logged is paid for. Rows begin to come in after some minutes.",
    permissions=(
        CONTAIN("Microsoft.Insights/DiagnosticSettings/Write"),
        CONTAIN("Microsoft.Insights/DiagnosticSettings/Delete"),
        CONTAIN("Microsoft.OperationalInsights/workspaces/sharedkeys/action"),
        READ("Microsoft.Insights/DiagnosticSettings/Read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    follows=follows,
)
