"""What is backed up in Recovery Services vaults (2024-04-01).

A backup makes a recovery point when its operation ends. A vault that refuses foreign restores refuses them at once; an
immutable one refuses to delete. `hidden` holds the points.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from drills.estate.ids import name_of, subscription_of
from drills.estate.polls import Polls, retry_after
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.settable import RECOVERY, Settable, one, resource
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World, stamp

ITEM = f"{RECOVERY}/backupFabrics/protectionContainers/protectedItems"
CONTAINER = f"{GROUP}{RECOVERY}/{{vault}}/backupFabrics/{{fabric}}/protectionContainers/{{container}}"
PLACE = f"{CONTAINER}/protectedItems/{{item}}"
VERSION = "2024-04-01"
POINT = "IaasVMRecoveryPoint"


def services(world: World) -> tuple[Service, ...]:
    """Protected items with their recovery points."""
    items, polls = Items(world), Polls(world)
    return (
        Service(
            namespace="Microsoft.RecoveryServices",
            api_versions=frozenset({VERSION}),
            routes=(
                *one(items, PLACE, "PUT", "DELETE"),
                Route("GET", f"{PLACE}/recoveryPoints", items.points),
                Route("POST", f"{PLACE}/backup", items.back_up),
                Route("POST", f"{PLACE}/recoveryPoints/{{point}}/restore", items.restore),
                Route("GET", f"{PLACE}/operationsStatus/{{operation}}", polls.status),
            ),
            kinds={ITEM.lower(): Kind(managed=("hidden",))},
        ),
    )


class Items(Settable):
    """Protected items of recovery vaults."""

    def read(self, asked: Asked) -> Reply:
        """The item, without its points."""
        return Reply(200, {name: value for name, value in self._found(asked).items() if name != "hidden"})

    def put(self, asked: Asked) -> Reply:
        """202: protected by the policy that is named, or stopped with every point kept."""
        known = self._world.store.read(asked.id) or {}
        sent = (asked.body or {}).get("properties") or {}
        properties = known.get("properties", {}) | {"policyId": ""} | sent
        properties["protectionState"] = sent.get("protectionState") or "Protected"
        self._world.store.put(resource(asked.id, **properties) | {"hidden": known.get("hidden", {"points": []})})
        return self._later(asked.id)

    def delete(self, asked: Asked) -> Reply:
        """202 and gone, unless the vault is immutable."""
        self._found(asked)
        security = self._vault(asked)["properties"].get("securitySettings") or {}
        if (security.get("immutabilitySettings") or {}).get("state") in ("Unlocked", "Locked"):
            raise RefusalError(400, "UserErrorOperationNotAllowedOnImmutableVault", "The vault is immutable.")
        self._world.store.remove(asked.id)
        return self._later(asked.id)

    def points(self, asked: Asked) -> Reply:
        """The recovery points, the latest first."""
        return Reply(200, {"value": self._item(asked)["hidden"]["points"][::-1]})

    def back_up(self, asked: Asked) -> Reply:
        """202, and a recovery point when that has ended."""
        item, until = self._item(asked), (asked.body or {})["properties"]["recoveryPointExpiryTimeInUTC"]
        if item["properties"]["protectionState"] != "Protected":
            raise RefusalError(400, "UserErrorProtectionStopped", "The item is not protected.")
        self._world.store.put(item | {"hidden": item["hidden"] | {"running": until}})
        return self._later(item["id"], lambda: self._backed_up(item["id"]))

    def restore(self, asked: Asked) -> Reply:
        """202, unless the target is of another subscription and the vault refuses that."""
        item, sent = self._item(asked), (asked.body or {})["properties"]
        settings = self._vault(asked)["properties"].get("restoreSettings") or {}
        state = (settings.get("crossSubscriptionRestoreSettings") or {}).get("crossSubscriptionRestoreState")
        leaves = subscription_of(sent["targetResourceGroupId"]).lower() != self._world.subscription
        if leaves and state in ("Disabled", "PermanentlyDisabled"):
            message = "Cross subscription restore is disabled on the vault."
            raise RefusalError(400, "UserErrorCrossSubscriptionRestoreNotAllowed", message)
        return self._later(item["id"])

    def _backed_up(self, name: str) -> None:
        item = self._world.store.read(name)
        if item and (until := item["hidden"].get("running")):
            self._world.store.put(with_point(self._world, item, until))

    def _item(self, asked: Asked) -> Json:
        return self._found(asked.with_(id=_up_to(asked.id, "protectedItems")))

    def _vault(self, asked: Asked) -> Json:
        return self._found(asked.with_(id=_up_to(asked.id, "vaults")))

    def _later(self, item: str, finish: Callable[[], None] = lambda: None) -> Reply:
        operation = self._world.operations.begin(item, self._world.delays.operation, finish)
        url = f"{self._world.url}{item}/operationsStatus/{operation.id}?api-version={VERSION}"
        return Reply(202, None, {"Azure-AsyncOperation": url, "Retry-After": retry_after(self._world)})


def with_point(world: World, item: Json, until: str = "") -> Json:
    """The item with one more recovery point, kept for 30 days unless it is said until when."""
    name, now = str(uuid4().int)[:15], world.clock()
    kept = {"expiryTime": until or stamp(now + timedelta(days=30)), "isSoftDeleted": False}
    point = {
        "id": f"{item['id']}/recoveryPoints/{name}",
        "name": name,
        "type": f"{ITEM}/recoveryPoints",
        "properties": {"objectType": POINT, "recoveryPointTime": stamp(now), "recoveryPointProperties": kept},
    }
    return item | {"hidden": {"points": [*item.get("hidden", {}).get("points", []), point]}}


def _up_to(path: str, kind: str) -> str:
    """The path as far as the resource of this type."""
    head, _, tail = path.partition(f"/{kind}/")
    return f"{head}/{kind}/{name_of(tail.partition('/')[0])}"
