"""A small hospital in the estate, in words that tests read like: accounts, subnets, machines, a stranger.

What is set up has always been so; what an attacker does (`opens_...`) goes through Resource Manager under the
attacker's own identity, so that the activity log and Event Grid tell of it, and is in force at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

from drills.estate import defender, sentinel
from drills.estate.endpoints import connection
from drills.estate.estate import Estate
from drills.estate.flows import Flow
from drills.estate.local_users import local_user
from drills.estate.locks import lock
from drills.estate.network import new_group, rules_of
from drills.estate.origins import Origin
from drills.estate.policies import policies_of, policies_state
from drills.estate.polls import VERSION as NETWORK
from drills.estate.principals import Principal
from drills.estate.replication import replication_policy
from drills.estate.storage import ACCOUNT, new_account, new_blob_service, new_container
from drills.estate.thieves import ABROAD, YEAR, Holding, Thief
from drills.estate.topology import NIC, NSG, VNET
from drills.estate.wire import Json, Reply
from drills.estate.world import LOCATION, SUBSCRIPTION, new_etag

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clinic"
WATCHER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network/networkWatchers"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/soc"
PHI = {"data-classification": "phi"}
ATTACKER = "attacker"
STORAGE = "2023-05-01"
FOREIGN = str(UUID(int=0xCC))
"""The subscription of somebody else's tenant."""


class Clinic:
    """The hospital. `before` is its effective configuration after the last thing that was set up or broken into."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.before: dict[str, Json] = {}
        self.thief = Thief(estate)
        self.stranger = Holding(estate, Origin(caller=ABROAD))
        self._networks = 0
        estate.person(ATTACKER, "*")

    def account(
        self, name: str, tags: dict[str, str] | None = None, containers: dict[str, int] | None = None
    ) -> "Account":
        """The storage account; when it is new, private, with PHI and 200 objects in `scans` unless told otherwise."""
        account = Account(self, f"{GROUP}/providers/{ACCOUNT}/{name}")
        if self.estate.world.store.read(account.id) is None:
            account.founded(PHI if tags is None else tags, {"scans": 200} if containers is None else containers)
        return account

    def foreign_account(self, name: str = "elsewhere", containers: tuple[str, ...] = ("scans",)) -> "Account":
        """A storage account of somebody else's tenant."""
        account = Account(self, f"/subscriptions/{FOREIGN}/resourceGroups/theirs/providers/{ACCOUNT}/{name}")
        account.founded({}, dict.fromkeys(containers, 0))
        return account

    def subnet(self, name: str, tags: dict[str, str] | None = None) -> "Subnet":
        """The subnet with a security group of its own (`{name}-nsg`); when it is new, with one machine `{name}-vm`."""
        subnet = Subnet(self, name)
        if self.estate.world.store.read(subnet.id) is None:
            self._networks += 1
            subnet.founded(self._networks, PHI if tags is None else tags)
            subnet.machine(f"{name}-vm")
        return subnet

    def vm(self, name: str) -> "Machine":
        """The machine; when it is new, on the subnet `phi`."""
        machine = Machine(self, name)
        if self.estate.world.store.read(machine.nic) is None:
            self.subnet("phi").machine(name)
        return machine

    def locked(self, resource: str, level: str = "CanNotDelete", name: str = "keep") -> None:
        """The resource, group or subscription has always had this lock."""
        self.estate.world.store.seed(lock(resource, level, name))
        self.remember()

    def reader(
        self, account: str, role: str = "Storage Blob Data Reader", *, name: str = "reporting-app", scope: str = ""
    ) -> Principal:
        """An identity that holds the role on the account, or at another scope."""
        principal = self.estate.member(name)
        scope = scope or self.account(account).id
        self.estate.assign(principal, role, scope)
        self.remember()
        return principal

    def alert(self, resource: str, kind: str = "Storage.Blob_OpenACL", severity: str = "High") -> Json:
        """A Defender alert on the resource, as the alert API shows it."""
        return defender.alert(self.estate.world, resource, kind=kind, severity=severity)

    def incident(self, title: str, *resources: str, severity: str = "High") -> Json:
        """A Sentinel incident with one alert on the resources, as the incident API shows it."""
        return sentinel.incident(self.estate.world, WORKSPACE, title=title, resources=resources, severity=severity)

    def attacks(self, method: str, path: str, body: Json, version: str) -> Reply:
        """What the attacker asks of Resource Manager, done at once.

        Raises AssertionError when it is refused: an attack that fails proves nothing.
        """
        reply = self.estate.act(ATTACKER, method, path, body, version=version)
        if reply.status >= 400:
            raise AssertionError(f"{method} {path}: {reply.status} {reply.body}")
        self.remember()
        return reply

    def remember(self) -> None:
        """This is what an undo has to bring back."""
        self.before = self.estate.snapshot()


@dataclass(frozen=True)
class Account:
    """One storage account."""

    clinic: Clinic
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

    def private_endpoint(self, subscription: str = FOREIGN) -> str:
        """A private endpoint of another subscription was let in; the id of its connection."""
        endpoint = (
            f"/subscriptions/{subscription}/resourceGroups/theirs/providers/Microsoft.Network/privateEndpoints/pe"
        )
        state = connection(self.id, endpoint)
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


@dataclass(frozen=True)
class Subnet:
    """One subnet of the hospital's network, with its security group."""

    clinic: Clinic
    name: str

    @property
    def id(self) -> str:
        """The resource id."""
        return f"{GROUP}/providers/{VNET}/clinic-vnet/subnets/{self.name}"

    @property
    def nsg(self) -> str:
        """The resource id of its security group."""
        return f"{GROUP}/providers/{NSG}/{self.name}-nsg"

    def founded(self, number: int, tags: dict[str, str]) -> None:
        """The network, the security group and the subnet 10.20.{number}.0/24 have always been there."""
        store = self.clinic.estate.world.store
        network = self.id.rpartition("/subnets/")[0]
        store.seed(_resource(network, VNET, {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}}))
        store.seed(new_group(self.nsg, LOCATION) | {"tags": tags})
        properties = {"addressPrefix": f"10.20.{number}.0/24", "networkSecurityGroup": {"id": self.nsg}}
        subnet = _resource(self.id, f"{VNET}/subnets", properties)
        store.seed({name: value for name, value in subnet.items() if name != "location"})
        self.clinic.remember()

    def machine(self, name: str) -> "Machine":
        """A machine on the subnet, with the next free address."""
        world, machine = self.clinic.estate.world, Machine(self.clinic, name)
        subnet = world.store.read(self.id) or {}
        network = subnet["properties"]["addressPrefix"].rpartition(".")[0]
        address = f"{network}.{4 + len(world.store.of_type(NIC))}"
        ends = {"privateIPAddress": address, "privateIPAllocationMethod": "Dynamic", "subnet": {"id": self.id}}
        configuration = {
            "name": "ipconfig1",
            "id": f"{machine.nic}/ipConfigurations/ipconfig1",
            "properties": ends | {"primary": True},
        }
        world.store.seed(
            _resource(machine.nic, NIC, {"ipConfigurations": [configuration], "virtualMachine": {"id": machine.id}})
        )
        self.clinic.remember()
        return machine

    def opens_egress(self, rule: str = "allow-all-out", priority: int = 100, destination: str = "Internet") -> Self:
        """The attacker lets everything out to the destination."""
        ends = {"sourceAddressPrefix": "*", "destinationAddressPrefix": destination}
        ports = {"protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*"}
        verdict = {"access": "Allow", "priority": priority, "direction": "Outbound"}
        self.clinic.attacks("PUT", f"{self.nsg}/securityRules/{rule}", {"properties": ends | ports | verdict}, NETWORK)
        return self

    def denies_egress(self, rule: str = "deny-internet", priority: int = 4000) -> Self:
        """The hospital's own standing rule: nothing goes out to the Internet."""
        world = self.clinic.estate.world
        group = world.store.read(self.nsg) or {}
        properties = {
            "access": "Deny", "priority": priority, "direction": "Outbound", "protocol": "*", "sourcePortRange": "*",
            "destinationPortRange": "*", "sourceAddressPrefix": "*", "destinationAddressPrefix": "Internet",
        }  # fmt: skip
        group["properties"]["securityRules"] = rules_of(
            self.nsg, [*group["properties"]["securityRules"], {"name": rule, "properties": properties}]
        )
        world.store.seed(group)
        self.clinic.remember()
        return self


@dataclass(frozen=True)
class Machine:
    """One virtual machine, known by its interface."""

    clinic: Clinic
    name: str

    @property
    def id(self) -> str:
        """The resource id."""
        return f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{self.name}"

    @property
    def nic(self) -> str:
        """The resource id of its interface."""
        return f"{GROUP}/providers/{NIC}/{self.name}-nic"

    def reaches(self, destination: str) -> bool:
        """True when a new connection to `address:port` gets through."""
        return self.connects(destination).sends()

    def connects(self, destination: str) -> Flow:
        """A connection that lives until it is cut; `sends()` says whether it still does."""
        return self.clinic.estate.flow(self.id, destination)


def _resource(resource: str, kind: str, properties: Json) -> Json:
    return {
        "name": resource.rpartition("/")[2],
        "id": resource,
        "etag": new_etag(),
        "type": kind,
        "location": LOCATION,
        "properties": {"provisioningState": "Succeeded"} | properties,
    }
