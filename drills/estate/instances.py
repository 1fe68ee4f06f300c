"""Backup vaults and what is backed up in them (Microsoft.DataProtection, 2024-04-01).

A vault changes when its operation ends, as a recording of one shows; one that refuses foreign restores refuses them
at once. `hidden` holds what was sent and is not in force yet.
"""

from drills.estate.ids import subscription_of
from drills.estate.polls import Polls, retry_after
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.settable import BACKUP, Settable, one
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

VERSION = "2024-04-01"
INSTANCE = f"{BACKUP}/backupInstances"
MEANT = {
    "properties.securitySettings.immutabilitySettings.state": "Disabled",
    "properties.featureSettings.crossSubscriptionRestoreSettings.state": "Enabled",
}
"""What it means where a vault does not show a property."""


def services(world: World) -> tuple[Service, ...]:
    """Backup vaults and their instances."""
    vaults, instances, polls = Vaults(world), Instances(world), Polls(world)
    vault = f"{GROUP}{BACKUP}/{{vault}}"
    instance = f"{vault}/backupInstances/{{instance}}"
    return (
        Service(
            namespace="Microsoft.DataProtection",
            api_versions=frozenset({VERSION}),
            routes=(
                *one(vaults, vault, "PATCH"),
                Route("GET", f"{vault}/operationStatus/{{operation}}", polls.status),
                Route("GET", instance, instances.read),
                Route("POST", f"{instance}/suspendBackups", instances.suspend),
                Route("POST", f"{instance}/resumeBackups", instances.resume),
                Route("POST", f"{instance}/restore", instances.restore),
            ),
            kinds={BACKUP.lower(): Kind(managed=("hidden",), defaults=MEANT), INSTANCE.lower(): Kind()},
        ),
    )


class Vaults(Settable):
    """Backup vaults."""

    def read(self, asked: Asked) -> Reply:
        """The vault, without what is yet to come."""
        return Reply(200, {name: value for name, value in self._found(asked).items() if name != "hidden"})

    def patch(self, asked: Asked) -> Reply:
        """202: the properties that were sent join the others when the operation ends."""
        vault = self._found(asked)
        waiting = vault.get("hidden", {}).get("sent", [])
        self._world.store.put(vault | {"hidden": {"sent": [*waiting, asked.body]}})
        operation = self._world.operations.begin(asked.id, self._world.delays.operation, lambda: self._changed(asked))
        return Reply(202, None, _following(self._world, asked.id, operation.id))

    def _changed(self, asked: Asked) -> None:
        vault = self._world.store.read(asked.id) or {}
        if waiting := vault.pop("hidden", {}).get("sent"):
            self._world.store.put(vault | ({"hidden": {"sent": waiting[1:]}} if waiting[1:] else {}))
            super().patch(asked.with_(body=waiting[0]))


class Instances(Settable):
    """What is backed up in Backup vaults."""

    def suspend(self, asked: Asked) -> Reply:
        """Nothing is backed up any more."""
        return self._in_state(asked, "BackupSchedulesSuspended")

    def resume(self, asked: Asked) -> Reply:
        """It is backed up again."""
        return self._in_state(asked, "ProtectionConfigured")

    def restore(self, asked: Asked) -> Reply:
        """202, unless the target is of another subscription and the vault refuses that."""
        vault = self._found(asked.with_(id=self._instance(asked)["id"].rsplit("/", 2)[0]))
        settings = vault["properties"].get("featureSettings") or {}
        state = (settings.get("crossSubscriptionRestoreSettings") or {}).get("state")
        target = (asked.body or {})["restoreTargetInfo"]["datasourceInfo"]["resourceID"]
        if subscription_of(target).lower() != self._world.subscription and state in ("Disabled", "PermanentlyDisabled"):
            message = "Cross subscription restore is disabled on the vault."
            raise RefusalError(400, "UserErrorCrossSubscriptionRestoreNotAllowed", message)
        operation = self._world.operations.begin(vault["id"], self._world.delays.operation, lambda: None)
        return Reply(202, None, _following(self._world, vault["id"], operation.id))

    def _in_state(self, asked: Asked, word: str) -> Reply:
        instance = self._instance(asked)
        instance["properties"]["currentProtectionState"] = word
        self._world.store.put(instance)
        return Reply(200)

    def _instance(self, asked: Asked) -> Json:
        return self._found(asked.with_(id=asked.id.rpartition("/")[0]))


def _following(world: World, vault: str, operation: str) -> dict[str, str]:
    url = f"{world.url}{vault}/operationStatus/{operation}?api-version={VERSION}"
    return {"Azure-AsyncOperation": url, "Retry-After": retry_after(world)}
