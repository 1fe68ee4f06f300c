"""Who is governed by what: a machine, its interface, its subnet, the security groups on both, the routes."""

from collections.abc import Iterator

from drills.estate.packets import Packet, Verdict, judge
from drills.estate.routing import VNET, Hop, known_space, next_hop
from drills.estate.store import Version
from drills.estate.wire import Json
from drills.estate.world import World

NSG = "Microsoft.Network/networkSecurityGroups"
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


def subnet_of(world: World, nic: Json) -> Json:
    """The subnet of the interface, as the data plane has it."""
    version = world.store.in_force(nic["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"])
    return (version.state if version else None) or {"id": "", "properties": {}}


def groups_in_force(world: World, nic: Json) -> Iterator[tuple[str, Version]]:
    """The security groups that the data plane obeys for the interface, its own, then its subnet's; each with whose."""
    current = world.store.in_force(nic["id"])
    own = (current.state if current else None) or nic
    for holder in (own, subnet_of(world, own)):
        group = world.store.in_force(_reference(holder, "networkSecurityGroup"))
        if group is not None and group.state is not None:
            yield holder["id"], group


def verdict(world: World, nic: Json, packet: Packet) -> Verdict:
    """Denied by the first group that denies; allowed by the last that allows, or where no group governs."""
    last = Verdict("Allow", "")
    network = subnet_of(world, nic)["id"].rpartition("/subnets/")[0]
    for _, group in groups_in_force(world, nic):
        last = judge(packet, group.state or {}, known_space(world, network))
        if not last.passes:
            break
    return last


def hop_of(world: World, nic: Json, address: str) -> Hop:
    """The route that a packet of the interface to the address takes."""
    return next_hop(world, subnet_of(world, nic), address)


def _reference(resource: Json, name: str) -> str:
    return str((resource["properties"].get(name) or {}).get("id", ""))
