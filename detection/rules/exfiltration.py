"""PHI leaving in bulk, or by a door that copies it elsewhere (X-1)."""

from detection.claim import Claim
from detection.entered import parameters
from detection.judgement import Case, Claimed, Harmless, Seen, Shown
from detection.rule import Example, Rule, nearest
from detection.specimens import PROVIDERS, alerted, borne_out, in_log, logged, operated, phi, standing, untagged
from incident.signal import Signal

DISKS = ("microsoft.compute/disks", "microsoft.compute/snapshots")
ACCOUNT = "microsoft.storage/storageaccounts"
READ_OUT = ("getblob", "copyblob", "getfile", "copyfile", "copyblobfromurl")
METRICS = ("egress", "transactions")


def read_out(signal: Signal) -> str | None:
    """A log's record that an object was read or copied, or a metric of an account that left its path."""
    if signal.source == "storage" and (signal.operation or "").casefold() in READ_OUT:
        return "an object was read or copied"
    measured = signal.source == "monitor" and signal.hints.get("metric", "").casefold() in METRICS
    of_storage = any(resource.climb(ACCOUNT) for resource in signal.resources)
    return "the account's traffic left its path" if measured and of_storage else None


def look(case: Case) -> Seen:
    """A disk or snapshot that is lent out by a signature can be seen; what flows through other doors cannot."""
    if case.place.type in DISKS:
        return _lent(case)
    if case.signal.source == "storage":
        return Harmless("one object read is no exfiltration; the analytics rules count them")
    who = case.signal.hints.get("actor_object_id")
    entered = parameters(case.signal) if case.place.type == ACCOUNT else {}
    return Claimed("PHI is leaving, or may be", (case.place,), entered | ({"user": who} if who else {}))


def _lent(case: Case) -> Seen:
    if case.state.properties.get("diskState") != "ActiveSAS":
        return Harmless("nobody holds a signature for the disk")
    return Shown("whoever holds its signature can download the disk", (case.place,), ("live state of the disk",))


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_D = f"{PROVIDERS}/Microsoft.Compute/disks/pacs"
_DB = f"{PROVIDERS}/Microsoft.Sql/servers/ehr/databases/charts"
_TYPE = "Storage.Blob_DataExfiltration.AmountOfDataAnomaly"
_EXPORT = "Microsoft.Sql/servers/databases/export/action"
_LEND = operated("Microsoft.Compute/disks/beginGetAccess/action", _D)

RULE = Rule(
    id="phi.exfiltration",
    title="PHI leaving in bulk",
    attack=("T1530", "T1537", "T1567.002", "T1048", "T1578.001"),
    hipaa=("45 CFR 164.308(a)(6)(ii)", "45 CFR 164.402", "45 CFR 164.404", "45 CFR 164.410"),
    claim=Claim(
        alerts=(
            "Storage.Blob_DataExfiltration.",
            "Storage.Files_DataExfiltration.",
            "SQL.DB_DataExfiltration.",
            "AzureCosmosDB_DataExfiltration",
        ),
        operations=(
            "Microsoft.Compute/disks/beginGetAccess/action",
            "Microsoft.Compute/snapshots/beginGetAccess/action",
            "Microsoft.Sql/servers/databases/export/action",
            "Microsoft.Web/sites/backup/action",
        ),
        tactics=("Exfiltration",),
    ),
    place=nearest(
        ACCOUNT,
        *DISKS,
        "Microsoft.Sql/servers/databases",
        "Microsoft.Sql/servers",
        "Microsoft.Web/sites",
        "Microsoft.DocumentDB/databaseAccounts",
    ),
    also=read_out,
    look=look,
    witnessed=True,
    by_actor=True,
    examples=(
        Example(
            title="Defender has seen much more data leave than usual",
            signal=alerted(_TYPE, _A, severity="low"),
            state={"": phi(_A)} | standing(_TYPE, _A),
            disposition="contain",
            because=(("resources",), ("", "tags"), *borne_out()),
        ),
        Example(
            title="a database was exported, as the activity log shows",
            signal=operated(_EXPORT, _DB),
            state={"": phi(_DB)} | logged(_EXPORT, _DB),
            disposition="contain",
            because=(("", "tags"), *in_log(_DB)),
        ),
        Example(
            title="a disk is lent out",
            signal=_LEND,
            state={"": phi(_D, diskState="ActiveSAS")},
            disposition="contain",
            because=(("", "tags"), ("", "properties", "diskState")),
        ),
        Example(
            title="the disk was called back",
            signal=_LEND,
            state={"": phi(_D, diskState="Unattached")},
            disposition="record",
        ),
        Example(
            title="the activity log shows that the export failed",
            signal=operated(_EXPORT, _DB),
            state={"": phi(_DB)} | logged(_EXPORT, _DB, "Failed"),
            disposition="review",
        ),
        Example(
            title="a real alert of another class is borrowed",
            signal=alerted(_TYPE, _A),
            state={"": phi(_A)} | standing("Storage.Blob_OpenACL", _A),
            disposition="review",
        ),
        Example(
            title="nothing says that the account holds PHI",
            signal=alerted(_TYPE, _A),
            state={"": untagged(_A)} | standing(_TYPE, _A),
            disposition="record",
        ),
    ),
)
