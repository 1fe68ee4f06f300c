"""What a measure is made of: guard, read, contain, verify, undo, and what it needs and breaks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Self

from cloud import Cloud
from incident.errors import Gone
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.effective import effective

STORAGE_ACCOUNT = "microsoft.storage/storageaccounts"
BLOB_SERVICE = "microsoft.storage/storageaccounts/blobservices"
CONTAINER = "microsoft.storage/storageaccounts/blobservices/containers"
SECURITY_GROUP = "microsoft.network/networksecuritygroups"
PEERING = "microsoft.network/virtualnetworks/virtualnetworkpeerings"
CARD = "microsoft.network/networkinterfaces"
MACHINE = "microsoft.compute/virtualmachines"
DISK = "microsoft.compute/disks"
RECOVERY_VAULT = "microsoft.recoveryservices/vaults"
PROTECTED_ITEM = f"{RECOVERY_VAULT}/backupfabrics/protectioncontainers/protecteditems"
BACKUP_VAULT = "microsoft.dataprotection/backupvaults"
BACKUP_INSTANCE = f"{BACKUP_VAULT}/backupinstances"


class Tier(StrEnum):
    """The four identities: what reads, what contains, what acts on the directory, what keeps evidence."""

    READ = "read"
    CONTAIN = "contain"
    DIRECTORY = "directory"
    EVIDENCE = "evidence"


@dataclass(frozen=True)
class Permission:
    """One ARM action, data action or Graph permission, of one identity."""

    tier: Tier
    action: str
    data: bool = False


READ = partial(Permission, Tier.READ)
CONTAIN = partial(Permission, Tier.CONTAIN)
USE = partial(Permission, Tier.CONTAIN, data=True)

type Send = Callable[[Cloud], Awaitable[object]]


@dataclass(frozen=True)
class Call:
    """One write. `once` reads back whether it has happened, for calls that must not be repeated."""

    name: str
    send: Send
    once: Callable[[Cloud], Awaitable[bool]] | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a guard forbids the step on this target, in words."""

    why: str


@dataclass(frozen=True)
class Irreversible:
    """Why there is no undo, in words."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Checks by name: true holds, false fails, None could not be tried. `after` is what was read back."""

    after: Before
    checks: Mapping[str, bool | None] = field(default_factory=dict)

    @classmethod
    def of(cls, after: Before, **checks: bool | None) -> Self:
        """A proof made of the named checks."""
        return cls(after=after, checks=checks)

    @property
    def holds(self) -> bool:
        """Whether there is a check and none of them fails or is missing."""
        return bool(self.checks) and all(check is True for check in self.checks.values())

    @property
    def settled(self) -> bool:
        """Whether looking again changes nothing: every check that could be tried holds."""
        return bool(self.checks) and False not in self.checks.values()


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One way to stop one kind of harm on one kind of resource."""

    id: str
    code: str
    title: str
    target: str
    activity: str  # CACAO 2.0 / OCSF word for what it does: contain, restrict, isolate...
    approval: Approval
    recovery: Recovery
    blast_radius: str
    permissions: tuple[Permission, ...]
    guard: Callable[[Target, Before, Policy], Refusal | None]
    read: Callable[[Cloud, Target], Awaitable[Before]]
    contain: Callable[[Target, Before], tuple[Call, ...]]
    verify: Callable[[Cloud, Target], Awaitable[Proof]]
    undo: Callable[[Target, Before], tuple[Call, ...] | Irreversible]
    own: Callable[[Before], Mapping[str, Any]] = effective  # what of the resource it answers for
    price: Callable[[Before, Policy], str] = lambda _before, _policy: ""  # why what it costs needs somebody's word
    follows: Callable[[Target], tuple[Target, ...]] | None = None  # its targets, from one that the finding names

    def targets(self, named: Target) -> tuple[Target, ...]:
        """What it acts on where a finding names this resource with these parameters; empty: nothing."""
        if self.follows:
            return self.follows(named)
        return (Target(resource=named.resource, incident=named.incident),) if named.resource.type == self.target else ()


async def read_raw(cloud: Cloud, target: Target) -> Before:
    """The resource, raw, as Resource Manager describes it."""
    return await cloud.arm.read(target.resource)


async def read_or_absent(cloud: Cloud, target: Target) -> Before:
    """The resource, raw; where there is none, its id alone and `absent`."""
    try:
        return await cloud.arm.read(target.resource)
    except Gone:
        return Before({"id": target.resource.text, "absent": True})


def absent(state: Before) -> bool:
    """Whether the resource was not there when it was read."""
    return state.body.get("absent") is True


def below(kind: str, *segments: str) -> Callable[[Target], tuple[Target, ...]]:
    """For measures on a fixed child: `below(STORAGE_ACCOUNT, "managementPolicies", "default")`."""

    def follows(named: Target) -> tuple[Target, ...]:
        if named.resource.type != kind:
            return ()
        return (Target(resource=named.resource.child(*segments), incident=named.incident),)

    return follows


def wanting(kind: str, *names: str) -> Callable[[Target], tuple[Target, ...]]:
    """For measures that need parameters: no target where one of them is missing."""

    def follows(named: Target) -> tuple[Target, ...]:
        if named.resource.type != kind or not all(named.parameters.get(name) for name in names):
            return ()
        kept = {name: named.parameters[name] for name in names}
        return (Target(resource=named.resource, incident=named.incident, parameters=kept),)

    return follows


def nothing(_state: Before) -> Mapping[str, Any]:
    """For what leaves no configuration behind: there is nothing to compare and nothing to undo."""
    return {}


def anybody(_target: Target, _before: Before, _policy: Policy) -> Refusal | None:
    """No guard beyond those that hold for every measure."""
    return None
