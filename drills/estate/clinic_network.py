"""The hospital's subnets, machines and disks, and what is done to them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl

from drills.estate.captures import flow_log
from drills.estate.compute import DISK, managed_disk, sas
from drills.estate.compute import VERSION as COMPUTE
from drills.estate.flows import Flow
from drills.estate.gateways import NAT, PUBLIC, gateway
from drills.estate.network import new_group, rules_of
from drills.estate.peerings import connected, peering
from drills.estate.places import GROUP, THEIRS, WATCHER
from drills.estate.polls import VERSION as NETWORK
from drills.estate.route_tables import TABLE, route_table
from drills.estate.routing import VNET
from drills.estate.thieves import Sight
from drills.estate.topology import NIC, NSG
from drills.estate.wire import Asked, Json, RefusalError
from drills.estate.world import LOCATION, new_etag

if TYPE_CHECKING:
    from drills.estate.clinic import Clinic

NETWORK_ID = f"{GROUP}/providers/{VNET}/clinic-vnet"


@dataclass(frozen=True)
class Subnet:
    """One subnet of the hospital's network, with its security group."""

    clinic: "Clinic"
    name: str

    @property
    def id(self) -> str:
        """The resource id."""
        return f"{NETWORK_ID}/subnets/{self.name}"

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

    def names(self, prefix: str, *, priority: int = 150) -> Self:
        """The attacker lets everything from and to the prefix through, whatever network it is of."""
        for direction, end in (("Inbound", "source"), ("Outbound", "destination")):
            other = "destination" if end == "source" else "source"
            ends = {f"{end}AddressPrefix": prefix, f"{other}AddressPrefix": "*"}
            ports = {"protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*"}
            verdict = {"access": "Allow", "priority": priority, "direction": direction}
            rule = f"{self.nsg}/securityRules/partner-{direction.lower()}"
            self.clinic.attacks("PUT", rule, {"properties": ends | ports | verdict}, NETWORK)
        return self

    def routed(self, table: str = "phi-routes") -> str:
        """The subnet has always had a route table, without a route; its id."""
        resource = f"{GROUP}/providers/{TABLE}/{table}"
        self.clinic.estate.world.store.seed(route_table(resource, LOCATION, []))
        self._has(routeTable=resource)
        return resource

    def leaves_by_nat(self, name: str = "exit") -> str:
        """The subnet has always gone out by a NAT gateway with a public address; the gateway's id."""
        store, public = self.clinic.estate.world.store, f"{GROUP}/providers/{PUBLIC}/{name}-ip"
        nat = f"{GROUP}/providers/{NAT}/{name}"
        store.seed(gateway(public, {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"}))
        store.seed(gateway(nat, {"publicIpAddresses": [{"id": public}], "idleTimeoutInMinutes": 4}))
        self._has(natGateway=nat)
        return nat

    def flow_logged(self) -> Self:
        """Its network has always had a flow log."""
        terms = {"targetResourceId": NETWORK_ID, "storageId": self.clinic.account("flowlogs", tags={}).id}
        log = flow_log(f"{WATCHER}/NetworkWatcher_{LOCATION}/flowLogs/clinic-vnet-log", terms)
        self.clinic.estate.world.store.seed(log)
        self.clinic.remember()
        return self

    def _has(self, **references: str) -> None:
        store = self.clinic.estate.world.store
        subnet = store.read(self.id) or {}
        subnet["properties"] |= {name: {"id": resource} for name, resource in references.items()}
        store.seed(subnet)
        self.clinic.remember()

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

    clinic: "Clinic"
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

    def is_reached_from(self, origin: str, port: int = 443) -> bool:
        """True when a new connection from the address to a port of the machine gets through."""
        return self.clinic.estate.flow(self.id, f"{origin}:{port}", "Inbound").sends()


@dataclass(frozen=True)
class Hostile:
    """A virtual network of another tenant, 10.99.0.0/16, and its peering with the hospital's."""

    clinic: "Clinic"
    name: str
    prefix: str = "10.99.0.0/16"

    @property
    def id(self) -> str:
        """The resource id of the network."""
        return f"{THEIRS}/providers/{VNET}/{self.name}"

    @property
    def peering(self) -> str:
        """The resource id of the hospital's side."""
        return f"{NETWORK_ID}/virtualNetworkPeerings/to-{self.name}"

    @property
    def twin(self) -> str:
        """The resource id of the other side."""
        return f"{self.id}/virtualNetworkPeerings/to-clinic"

    def peered(self) -> Self:
        """Theirs has been waiting; the attacker makes ours, and both are connected."""
        world = self.clinic.estate.world
        world.store.seed(_resource(self.id, VNET, {"addressSpace": {"addressPrefixes": [self.prefix]}}))
        waiting = peering(world, self.twin, {"remoteVirtualNetwork": {"id": NETWORK_ID}})
        world.store.seed(connected(waiting, "Initiated"))
        flags = {"allowVirtualNetworkAccess": True, "allowForwardedTraffic": True}
        body = {"properties": flags | {"remoteVirtualNetwork": {"id": self.id}}}
        self.clinic.attacks("PUT", self.peering, body, NETWORK)
        return self


@dataclass(frozen=True)
class Disk:
    """One managed disk."""

    clinic: "Clinic"
    name: str

    @property
    def id(self) -> str:
        """The resource id."""
        return f"{GROUP}/providers/{DISK}/{self.name}"

    def founded(self) -> None:
        """The disk has always been there, detached."""
        world = self.clinic.estate.world
        terms = {"creationData": {"createOption": "Empty"}, "osType": "Linux"}
        world.store.seed(managed_disk(world, self.id, terms))
        self.clinic.remember()

    def exported(self, seconds: int = 86400) -> "Export":
        """The attacker mints a SAS of the disk."""
        body = {"access": "Read", "durationInSeconds": seconds}
        self.clinic.attacks("POST", f"{self.id}/beginGetAccess", body, COMPUTE)
        world = self.clinic.estate.world
        return Export(self.clinic, sas(world, world.store.read(self.id) or {}))


@dataclass(frozen=True)
class Export:
    """Whoever holds the SAS of a disk."""

    clinic: "Clinic"
    url: str

    def reads(self) -> Sight:
        """Tries to download the disk."""
        address, _, query = self.url.partition("?")
        path = address.removeprefix(self.clinic.estate.url)
        asked = Asked(method="GET", path=path, query=dict(parse_qsl(query)))
        try:
            return Sight(200, "", len(self.clinic.estate.exports.answer(asked).body))
        except RefusalError as refusal:
            return Sight(refusal.status, refusal.code, 0)


def _resource(resource: str, kind: str, properties: Json) -> Json:
    return {
        "name": resource.rpartition("/")[2],
        "id": resource,
        "etag": new_etag(),
        "type": kind,
        "location": LOCATION,
        "properties": {"provisioningState": "Succeeded"} | properties,
    }
