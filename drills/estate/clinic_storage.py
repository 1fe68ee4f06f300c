"""The hospital's storage accounts, and what is done to them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from drills.estate.endpoints import connection
from drills.estate.local_users import local_user
from drills.estate.places import FOREIGN, STORAGE
from drills.estate.policies import policies_of, policies_state
from drills.estate.replication import replication_policy
from drills.estate.storage import new_account, new_blob_service, new_container
from drills.estate.thieves import YEAR

if TYPE_CHECKING:
    from drills.estate.clinic import Clinic


@dataclass(frozen=True)
class Account:
    """One storage account."""

    clinic: "Clinic"
    id: str

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rpartition("/")[2]

    def founded(self, tags: dict[str, str], containers: dict[str, int]) -> None:
        """The account has always been there, with private containers of that many objects of 2 KiB."""
        estate = self.clinic.estate
        estate.world.store.seed(new_account(estate.world, self.id) | {"tags": tags})
        estate.world.store.seed(new_blob_service(self.id))
        for container, count in containers.items():
            estate.world.store.seed(new_container(estate.world, self.container(container)))
            estate.blobs.fill(self.name, container, {f"{n:04d}.dcm": bytes(2048) for n in range(1, count + 1)})
        self.clinic.remember()

    def container(self, name: str) -> str:
        """The resource id of a container."""
        return f"{self.id}/blobServices/default/containers/{name}"

    def opens_to_anyone(self, container: str = "scans", level: str = "Container", *, flag: bool = True) -> Self:
        """The attacker permits public access and publishes a container. Without `flag` the account's stays unset."""
        if flag:
            self.clinic.attacks("PATCH", self.id, {"properties": {"allowBlobPublicAccess": True}}, STORAGE)
        self.clinic.attacks("PATCH", self.container(container), {"properties": {"publicAccess": level}}, STORAGE)
        return self

    def has_policy(self, container: str, name: str, *, permission: str = "rl", lasts: timedelta = YEAR) -> Self:
        """The container has always had this stored access policy besides its others."""
        world = self.clinic.estate.world
        policies = policies_of(world, self.container(container))
        expiry = (world.clock() + lasts).strftime("%Y-%m-%dT%H:%M:%SZ")
        terms = {name: {"sp": permission, "se": expiry}}
        world.store.seed(policies_state(self.container(container), policies | terms))
        self.clinic.remember()
        return self

    def logs_long_sas(self, period: str = "7.00:00:00") -> Self:
        """The account has always logged what a key signed for longer than this."""
        store = self.clinic.estate.world.store
        account = store.read(self.id) or {}
        account["properties"] |= {"sasPolicy": {"sasExpirationPeriod": period, "expirationAction": "Log"}}
        store.seed(account)
        self.clinic.remember()
        return self

    def has_no_policies(self, container: str) -> Self:
        """Somebody with the key took every stored access policy away."""
        query = {"restype": "container", "comp": "acl"}
        taken = self.clinic.thief.with_key(self.name).asks("PUT", f"{self.name}/{container}", query)
        assert not taken.is_refused, taken
        return self

    def lifecycle_deletes(self, *, after_days: int = 1) -> Self:
        """The attacker has everything deleted that is older than so many days; `runs_lifecycle` is the day's run."""
        actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": after_days}}}
        definition = {"actions": actions, "filters": {"blobTypes": ["blockBlob"]}}
        rule = {"enabled": True, "name": "cleanup", "type": "Lifecycle", "definition": definition}
        body = {"properties": {"policy": {"rules": [rule]}}}
        self.clinic.attacks("PUT", f"{self.id}/managementPolicies/default", body, STORAGE)
        return self

    def keeps_deleted(self, days: int = 30) -> Self:
        """Soft delete has always been on."""
        kept = {"deleteRetentionPolicy": {"enabled": True, "days": days}}
        self.clinic.estate.world.store.seed(new_blob_service(self.id) | {"properties": kept})
        self.clinic.remember()
        return self

    def replicates_to(self, target: "Account", container: str = "scans") -> Self:
        """The attacker has the container replicated into another account, of whatever tenant."""
        world = self.clinic.estate.world
        path = "objectReplicationPolicies"
        rules = [{"sourceContainer": container, "destinationContainer": container}]
        terms = {"sourceAccount": self.id, "destinationAccount": target.id, "rules": rules}
        twin = replication_policy(world, f"{target.id}/{path}/default", terms)
        world.store.seed(twin)
        self.clinic.attacks("PUT", f"{self.id}/{path}/{twin['name']}", {"properties": terms}, STORAGE)
        return self

    def private_endpoint(self, subscription: str = FOREIGN, status: str = "Approved") -> str:
        """A private endpoint of another subscription was let in, or asks to be; the id of its connection."""
        endpoint = (
            f"/subscriptions/{subscription}/resourceGroups/theirs/providers/Microsoft.Network/privateEndpoints/pe"
        )
        state = connection(self.id, endpoint, status)
        self.clinic.estate.world.store.seed(state)
        self.clinic.remember()
        return str(state["id"])

    def local_user(self, name: str = "courier") -> Self:
        """The account has always let in local users by SFTP, this one among them."""
        store = self.clinic.estate.world.store
        account = store.read(self.id) or {}
        account["properties"] |= {"isHnsEnabled": True, "isSftpEnabled": True, "isLocalUserEnabled": True}
        store.seed(account)
        scope = {"permissions": "rl", "service": "blob", "resourceName": "scans"}
        store.seed(local_user(f"{self.id}/localUsers/{name}", {"permissionScopes": [scope], "homeDirectory": "scans"}))
        self.clinic.remember()
        return self

    def holds(self, container: str = "scans") -> int:
        """How many objects the container has."""
        return len(self.clinic.estate.world.objects.names(self.name, container))

    def lost(self, container: str = "scans") -> int:
        """How many objects of the container nothing brings back."""
        return len(self.clinic.estate.world.objects.lost(self.name, container))

    def rotates(self, key: str) -> Self:
        """Somebody rotates a key."""
        self.clinic.attacks("POST", f"{self.id}/regenerateKey", {"keyName": key}, STORAGE)
        return self

    def has(self, name: str) -> object:
        """A property as configured now, None when it is absent."""
        return (self.clinic.estate.world.store.read(self.id) or {})["properties"].get(name)
