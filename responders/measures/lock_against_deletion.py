"""Put a CanNotDelete lock on a resource (LK-01), after everything that itself deletes. It protects no data plane."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, absent, anybody, read_or_absent

LOCK = "microsoft.authorization/locks"
LOCKABLE = (STORAGE_ACCOUNT, "microsoft.keyvault/vaults", "microsoft.recoveryservices/vaults")
LEVEL = "CanNotDelete"


def contain(lock: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless it stands."""
    body = {"properties": {"level": LEVEL, "notes": f"Containment of incident {lock.incident}"}}

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", lock.resource, body)

    return () if _stands(before) else (Call("lock the resource against deletion", send),)


async def verify(cloud: Cloud, lock: Target) -> Proof:
    """The lock stands."""
    now = await read_or_absent(cloud, lock)
    return Proof.of(now, locked=_stands(now))


def undo(lock: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("DELETE", lock.resource)

    return () if _stands(before) else (Call("take the lock away", send),)


def _stands(state: Before) -> bool:
    return not absent(state) and state.properties.get("level") in (LEVEL, "ReadOnly")


def follows(named: Target) -> tuple[Target, ...]:
    """A lock of our own on the account or vault."""
    if named.resource.type not in LOCKABLE:
        return ()
    place = named.resource.child("providers", "Microsoft.Authorization", "locks", f"hir-{named.incident}")
    return (Target(resource=place, incident=named.incident),)


MEASURE = Measure(
    id="lock_against_deletion",
    code="LK-01",
    title="Lock the resource against deletion",
    target=LOCK,
    activity="preserve",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Nobody can delete the resource or anything in it through Resource Manager, role assignments "
    "and private endpoints included. Data stays as deletable as before.",
    permissions=(
        CONTAIN("Microsoft.Authorization/locks/write"),
        CONTAIN("Microsoft.Authorization/locks/delete"),
        READ("Microsoft.Authorization/locks/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
    follows=follows,
)
