"""A blob container that anybody can read (FP-1)."""

from detection.claim import Claim
from detection.facts import Facts, Read
from detection.judgement import Case, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, phi, untagged
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

CONTAINERS = "blobServices/default/containers"
BY = ("live state of the account", "live state of its containers")


def containers(_signal: Signal, account: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """The account's containers, side by side with the account."""
    return (Read(account, CONTAINERS),)


def look(case: Case) -> Seen:
    """Exposed means: the account admits strangers (null admits them too) and a container is public."""
    if case.state.properties.get("allowBlobPublicAccess") is False:
        return Harmless("the account turns anonymous readers away")
    listed = case.facts.below(case.place, CONTAINERS)
    if listed is None:
        return Unsure("the account admits anonymous readers, but its containers could not be listed")
    public = [container for container in listed if is_public(container)]
    if not public:
        return Harmless("the account would admit anonymous readers, but no container is public")
    found = [ResourceId.parse(container.body["id"]) for container in public]
    names = ", ".join(sorted(container.name for container in found))
    return Shown(f"anybody on the Internet can read: {names}", (case.place, *found), BY)


def is_public(container: Before) -> bool:
    """Whether the container's own level lets strangers read blobs or list it."""
    return container.properties.get("publicAccess") not in (None, "None")


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_SCANS = {"id": f"{_A}/blobServices/default/containers/mri", "properties": {"publicAccess": "Container"}}
_CLOSED = {"id": f"{_A}/blobServices/default/containers/mri", "properties": {"publicAccess": "None"}}
_ALERT = {
    "source": "defender",
    "alert_types": ("Storage.Blob_OpenContainersScanning.SuccessfulDiscovery",),
    "resources": (_A,),
}
_WHY = (("resources",), ("", "tags"), (CONTAINERS,), (CONTAINERS, 0, "properties", "publicAccess"))

RULE = Rule(
    id="storage.public_container",
    title="Blob container open to anybody",
    attack=("T1530", "T1619"),
    hipaa=("45 CFR 164.312(a)(1)", "45 CFR 164.308(a)(4)", "45 CFR 164.402"),
    claim=Claim(
        alerts=(
            "Storage.Blob_OpenACL",
            "Storage.Blob_OpenContainersScanning.SuccessfulDiscovery",
            "Storage.Blob_AnonymousAccessAnomaly",
        ),
        entered=("anonymous",),
        operations=(
            "Microsoft.Storage/storageAccounts/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "SetContainerACL",
        ),
    ),
    place=nearest("Microsoft.Storage/storageAccounts"),
    more=containers,
    look=look,
    curious=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="a scanner found an open container of a PHI account",
            signal=_ALERT,
            state={"": phi(_A, allowBlobPublicAccess=True), CONTAINERS: (_SCANS,)},
            disposition="contain",
            because=_WHY,
        ),
        Example(
            title="an account whose flag was never set admits strangers too",
            signal=_ALERT,
            state={"": phi(_A), CONTAINERS: (_SCANS,)},
            disposition="contain",
            because=_WHY,
        ),
        Example(
            title="the mark of a drill does not outweigh what can be seen",
            signal=_ALERT | {"drill": True},
            state={"": phi(_A), CONTAINERS: (_SCANS,)},
            disposition="contain",
            because=_WHY,
        ),
        Example(
            title="the account turns strangers away",
            signal=_ALERT,
            state={"": phi(_A, allowBlobPublicAccess=False), CONTAINERS: (_SCANS,)},
            disposition="record",
        ),
        Example(
            title="no container is public",
            signal=_ALERT,
            state={"": phi(_A), CONTAINERS: (_CLOSED,)},
            disposition="record",
        ),
        Example(
            title="nothing says that the account holds PHI",
            signal=_ALERT,
            state={"": untagged(_A, allowBlobPublicAccess=True), CONTAINERS: (_SCANS,)},
            disposition="record",
        ),
        Example(title="the account cannot be read", signal=_ALERT, disposition="review"),
    ),
)
