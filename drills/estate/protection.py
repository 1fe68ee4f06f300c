"""What stands between an object and its end: legal holds, immutability, soft delete, versions."""

from datetime import datetime, timedelta

from drills.estate.objects import Blob
from drills.estate.wire import Json, RefusalError
from drills.estate.world import World

FOREVER = timedelta(days=36500)


def refuse_change(world: World, container: str, blob: Blob) -> None:
    """Raises RefusalError 409 when the object may be neither overwritten nor deleted. `container` is its id."""
    state = _in_force(world, container)
    if state["properties"].get("hasLegalHold"):
        message = "This operation is not permitted as the blob is immutable due to one or more legal holds."
        raise RefusalError(409, "BlobImmutableDueToLegalHold", message)
    if world.clock() < _immutable_until(world, container, blob.written):
        message = "This operation is not permitted as the blob is immutable due to a policy."
        raise RefusalError(409, "BlobImmutableDueToPolicy", message)


def kept_for(world: World, account: str) -> timedelta | None:
    """How long what is overwritten or deleted can be brought back; None for not at all. `account` is its id."""
    version = world.store.in_force(f"{account}/blobServices/default")
    properties = version.state["properties"] if version and version.state else {}
    if properties.get("isVersioningEnabled"):
        return FOREVER
    retention = properties.get("deleteRetentionPolicy", {})
    return timedelta(days=retention["days"]) if retention.get("enabled") else None


def _immutable_until(world: World, container: str, written: datetime) -> datetime:
    policy = _in_force(world, f"{container}/immutabilityPolicies/default").get("properties", {})
    return written + timedelta(days=policy.get("immutabilityPeriodSinceCreationInDays", 0))


def _in_force(world: World, resource: str) -> Json:
    version = world.store.in_force(resource)
    return version.state if version and version.state else {"properties": {}}
