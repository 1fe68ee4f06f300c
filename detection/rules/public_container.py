"""A blob container that anybody can read (FP-1)."""

from detection.rule import Example, Facts, Read, Rule, nearest
from incident.finding import Disposition, Finding
from incident.policy import Policy
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

ID = "storage.public_container"
ACCOUNT = "microsoft.storage/storageaccounts"
CONTAINERS = "blobServices/default/containers"
ALERTS = (
    "storage.blob_openacl",
    "storage.blob_opencontainersscanning.successfuldiscovery",
    "storage.blob_anonymousaccessanomaly",
)
OPERATIONS = (
    "microsoft.storage/storageaccounts/write",
    "microsoft.storage/storageaccounts/blobservices/containers/write",
    "setcontaineracl",
)


def match(signal: Signal) -> str | None:
    """An alert of open containers, a write that may have opened one, or a person who says so."""
    if nearest(signal, ACCOUNT) is None:
        return None
    if any(alert.casefold().startswith(ALERTS) for alert in signal.alert_types):
        return "the alert speaks of a container that anybody can read"
    if (signal.operation or "").casefold() in OPERATIONS:
        return "the write may have opened a container"
    if signal.hints.get("authentication_type", "").casefold() == "anonymous":
        return "somebody read without signing in"
    if signal.hints.get("suspected_class") == ID:
        return "it was reported as a public container"
    return "an alert names the account" if signal.source in ("sentinel", "person") else None


def cause(signal: Signal) -> ResourceId | None:
    """The storage account."""
    return nearest(signal, ACCOUNT)


def reads(signal: Signal, _facts: Facts) -> tuple[Read, ...]:
    """The account and its containers, side by side."""
    account = nearest(signal, ACCOUNT)
    return (Read(account), Read(account, CONTAINERS)) if account else ()


def judge(signal: Signal, facts: Facts, policy: Policy) -> Finding:
    """Exposed means: the account admits strangers and a container is public, both read live."""
    account = nearest(signal, ACCOUNT)
    state = facts.one(account) if account else None
    if account is None or state is None:
        why = facts.why(account) if account else "no account is named"
        return _finding(Disposition.REVIEW, f"the account could not be read: {why}")
    if not policy.in_scope(account, state.body):
        return _finding(Disposition.RECORD, "neither policy nor tags place the account in the scope of PHI")
    if state.properties.get("allowBlobPublicAccess") is False:
        return _finding(Disposition.RECORD, "the account turns anonymous readers away")
    containers = facts.below(account, CONTAINERS)
    if containers is None:
        return _finding(
            Disposition.REVIEW, "the account admits anonymous readers, but its containers could not be listed"
        )
    return _open(account, tuple(container for container in containers if is_public(container)))


def is_public(container: Before) -> bool:
    """Whether the container's own level lets strangers read blobs or list it."""
    return container.properties.get("publicAccess") not in (None, "None")


def _open(account: ResourceId, public: tuple[Before, ...]) -> Finding:
    if not public:
        return _finding(Disposition.RECORD, "the account would admit anonymous readers, but no container is public")
    names = ", ".join(sorted(ResourceId(container.body["id"]).name for container in public))
    return Finding(
        incident_class=ID,
        disposition=Disposition.CONTAIN,
        reason=f"anybody on the Internet can read: {names}",
        targets=(account, *(ResourceId.parse(container.body["id"]) for container in public)),
        exposed=True,
        corroborated_by=("live state of the account", "live state of its containers"),
    )


def _finding(disposition: Disposition, reason: str) -> Finding:
    return Finding(incident_class=ID, disposition=disposition, reason=reason)


_PHI = {
    "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
    "tags": {"data-classification": "phi"},
}
_SCANS = {"id": f"{_PHI['id']}/blobServices/default/containers/scans", "properties": {"publicAccess": "Container"}}
_ALERT = {
    "source": "defender",
    "alert_types": ("Storage.Blob_OpenContainersScanning.SuccessfulDiscovery",),
    "resources": (_PHI["id"],),
}

RULE = Rule(
    id=ID,
    title="Blob container open to anybody",
    attack=("T1530", "T1619"),
    hipaa=("45 CFR 164.312(a)(1)", "45 CFR 164.308(a)(4)", "45 CFR 164.402"),
    match=match,
    cause=cause,
    reads=reads,
    judge=judge,
    examples=(
        Example(
            title="a scanner found an open container of a PHI account",
            signal=_ALERT,
            state={"": {**_PHI, "properties": {"allowBlobPublicAccess": True}}, CONTAINERS: (_SCANS,)},
            disposition="contain",
        ),
        Example(
            title="an account whose flag was never set admits strangers too",
            signal=_ALERT,
            state={"": {**_PHI, "properties": {}}, CONTAINERS: (_SCANS,)},
            disposition="contain",
        ),
        Example(
            title="the account turns strangers away",
            signal=_ALERT,
            state={"": {**_PHI, "properties": {"allowBlobPublicAccess": False}}, CONTAINERS: (_SCANS,)},
            disposition="record",
        ),
        Example(
            title="nothing says that the account holds PHI",
            signal=_ALERT,
            state={"": {"id": _PHI["id"], "properties": {"allowBlobPublicAccess": True}}, CONTAINERS: (_SCANS,)},
            disposition="record",
        ),
        Example(title="the account cannot be read", signal=_ALERT, disposition="review"),
    ),
)
