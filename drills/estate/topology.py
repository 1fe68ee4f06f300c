"""Who is governed by what: a machine, its interface, its subnet, the security groups on both."""

from collections.abc import Iterator

from drills.estate.ids import is_within
from drills.estate.packets import Packet, Verdict, judge
from drills.estate.store import Version
from drills.estate.wire import Json
from drills.estate.world import World

NSG = "Microsoft.Network/networkSecurityGroups"
VNET = "Microsoft.Network/virtualNetworks"
SUBNET = f"{VNET}/subnets"
NIC = "Microsoft.Network/networkInterfaces"


def governs(group: str, resource: Json) -> bool:
    """True when the subnet or interface is under the security group."""
    return _reference(resource, "networkSecurityGroup").lower() == group.lower()


def interface_of(world: World, machine: str) -> Json | None:
    """The machine's network interface."""
    every = world.store.of_type(NIC)
    return next((nic for nic in every if _reference(nic, "virtualMachine").lower() == machine.lower()), None)


def address_of(nic: Json) -> str:
    """The interface's first private address."""
    return str(nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"])


def groups_in_force(world: World, nic: Json) -> Iterator[Version]:
    """The security groups that the data plane obeys for the interface: its own, then its subnet's."""
    subnet = world.store.in_force(nic["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"])
    for holder in (nic, subnet.state if subnet else None):
        group = world.store.in_force(_reference(holder, "networkSecurityGroup")) if holder else None
        if group is not None and group.state is not None:
            yield group


def verdict(world: World, nic: Json, packet: Packet) -> Verdict:
    """Denied by the first group that denies; allowed by the last that allows, or where no group governs."""
    last = Verdict("Allow", "")
    for group in groups_in_force(world, nic):
        last = judge(packet, group.state or {}, _address_space(world, nic))
        if not last.passes:
            break
    return last


def _address_space(world: World, nic: Json) -> list[str]:
    subnet = nic["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"]
    networks = [one for one in world.store.of_type(VNET) if is_within(subnet, one["id"])]
    return [prefix for one in networks for prefix in one["properties"]["addressSpace"]["addressPrefixes"]]


def _reference(resource: Json, name: str) -> str:
    return str((resource["properties"].get(name) or {}).get("id", ""))
