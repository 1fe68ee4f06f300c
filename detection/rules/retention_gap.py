"""Logs switched off, purged, or kept for less than the six years that are asked for (P-7)."""

from detection.claim import Claim
from detection.facts import Facts, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, host, nearest
from detection.specimens import PROVIDERS, WORKSPACE, in_log, logged, operated, phi, untagged
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

DIAGNOSTICS = "microsoft.insights/diagnosticsettings"
SETTINGS = "providers/Microsoft.Insights/diagnosticSettings"
TABLES = "tables"
KEPT = 2191  # days: six years, the retention that is asked for where the owner says nothing else
WATCHED = frozenset(
    [
        "storagebloblogs",
        "storagefilelogs",
        "azureactivity",
        "azurediagnostics",
        "azkvauditlogs",
        "auditlogs",
        "signinlogs",
        "microsoftgraphactivitylogs",
    ]
)


def place(signal: Signal) -> ResourceId | None:
    """The workspace; of a diagnostic setting, what it watched."""
    setting = nearest(DIAGNOSTICS)(signal)
    return host(setting)[0] if setting else nearest("Microsoft.OperationalInsights/workspaces")(signal)


def settings(signal: Signal, place: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """The diagnostic settings that are left, or the workspace's tables."""
    return (Read(place, SETTINGS if nearest(DIAGNOSTICS)(signal) else TABLES),)


def look(case: Case) -> Seen:
    """Seen: nothing is logged any more, or a table that tells of PHI is kept too short. A purge must be borne out."""
    operation = (case.signal.operation or "").casefold()
    if nearest(DIAGNOSTICS)(case.signal):
        return _logged(case)
    if operation.endswith(("purge/action", "dataexports/delete")) or case.signal.alert_types:
        return Claimed("logs are being destroyed, or no longer kept elsewhere", (case.place,))
    tables = case.facts.below(case.place, TABLES)
    if tables is None:
        return Unsure("the workspace's tables could not be listed")
    short = [each for each in tables if _short(each)]
    if not short:
        return Harmless("every table that tells of PHI is kept long enough")
    ids = tuple(ResourceId(str(each.body["id"])) for each in short)
    names = ", ".join(each.name for each in ids)
    return Shown(f"kept for less than {KEPT} days: {names}", ids, ("live retention of the tables",))


def _logged(case: Case) -> Seen:
    left = case.facts.below(case.place, SETTINGS)
    if left is None:
        return Claimed("a diagnostic setting was removed", (case.place,))
    if any(log.get("enabled") for each in left for log in each.properties.get("logs") or ()):
        return Harmless("the resource is still logged")
    return Shown("nothing of the resource is logged any more", (case.place,), ("live diagnostic settings",))


def _short(table: Before) -> bool:
    name = ResourceId(str(table.body["id"])).name.casefold()
    days = table.properties.get("totalRetentionInDays")
    return name in WATCHED and isinstance(days, int) and days < KEPT


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_GONE = operated("Microsoft.Insights/diagnosticSettings/delete", f"{_A}/{SETTINGS}/to-soc")
_CUT = operated("Microsoft.OperationalInsights/workspaces/tables/write", f"{WORKSPACE}/tables/StorageBlobLogs")
_PURGE = operated("Microsoft.OperationalInsights/workspaces/purge/action", WORKSPACE)
_LEFT = {"id": f"{_A}/{SETTINGS}/to-soc", "properties": {"logs": [{"category": "StorageRead", "enabled": True}]}}


def _table(days: int) -> dict[str, object]:
    return {"id": f"{WORKSPACE}/tables/StorageBlobLogs", "properties": {"totalRetentionInDays": days}}


RULE = Rule(
    id="logging.retention_gap",
    title="Logs switched off or kept too short",
    attack=("T1562.008", "T1070"),
    hipaa=(
        "45 CFR 164.312(b)",
        "45 CFR 164.316(b)(1)(ii)",
        "45 CFR 164.316(b)(2)(i)",
        "45 CFR 164.308(a)(1)(ii)(D)",
    ),
    claim=Claim(
        alerts=("ARM_AnomalousServiceOperation.DefenseEvasion",),
        operations=(
            "Microsoft.Insights/diagnosticSettings/delete",
            "Microsoft.Insights/diagnosticSettings/write",
            "Microsoft.OperationalInsights/workspaces/write",
            "Microsoft.OperationalInsights/workspaces/delete",
            "Microsoft.OperationalInsights/workspaces/tables/write",
            "Microsoft.OperationalInsights/workspaces/purge/action",
            "Microsoft.OperationalInsights/workspaces/dataExports/delete",
        ),
    ),
    place=place,
    more=settings,
    look=look,
    absence="the workspace was deleted, and its logs with it",
    witnessed=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="the last diagnostic setting of a PHI account is gone",
            signal=_GONE,
            state={"": phi(_A), SETTINGS: ()},
            disposition="contain",
            because=(("operation",), ("resources",), ("", "tags"), (SETTINGS,)),
        ),
        Example(
            title="a table that tells of PHI is kept for 30 days",
            signal=_CUT,
            state={"": phi(WORKSPACE), TABLES: (_table(30),)},
            disposition="contain",
            because=(("", "tags"), (TABLES, 0), (TABLES, 0, "properties", "totalRetentionInDays")),
        ),
        Example(
            title="logs were purged, as the activity log shows",
            signal=_PURGE,
            state={"": phi(WORKSPACE), TABLES: ()} | logged(str(_PURGE["operation"]), WORKSPACE),
            disposition="contain",
            because=(("", "tags"), *in_log(WORKSPACE)),
        ),
        Example(
            title="another setting still logs",
            signal=_GONE,
            state={"": phi(_A), SETTINGS: (_LEFT,)},
            disposition="record",
        ),
        Example(
            title="the table is kept for seven years",
            signal=_CUT,
            state={"": phi(WORKSPACE), TABLES: (_table(2556),)},
            disposition="record",
        ),
        Example(
            title="nothing says that the account holds PHI",
            signal=_GONE,
            state={"": untagged(_A), SETTINGS: ()},
            disposition="record",
        ),
    ),
)
