"""Network Watcher: whether a packet of a machine would pass, and where it would go."""

from drills.estate.packets import Packet
from drills.estate.polls import following
from drills.estate.topology import hop_of, interface_of, verdict
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World


class Watcher:
    """Questions: 202 with a Location, then the answer as of then."""

    def __init__(self, world: World) -> None:
        self._world = world

    def ip_flow_verify(self, asked: Asked) -> Reply:
        """The verdict of the rules that are in force when the operation ends, and the rule that gave it."""
        machine = str(asked.body["targetResourceId"])
        nic = interface_of(self._world, machine)
        if nic is None:
            raise RefusalError(400, "ResourceNotFound", f"The resource {machine} has no network interface.")
        packet = _packet(asked.body)
        length = self._world.delays.operation
        operation = self._world.operations.begin(asked.id, length, lambda: self._verdict(nic, packet))
        return Reply(202, None, following(self._world, operation, with_location=True))

    def next_hop(self, asked: Asked) -> Reply:
        """202 with a Location, then where the machine's packets to the address go."""
        nic = interface_of(self._world, str(asked.body["targetResourceId"]))
        if nic is None:
            raise RefusalError(400, "ResourceNotFound", "The resource has no network interface.")
        address, length = str(asked.body["destinationIPAddress"]), self._world.delays.operation
        operation = self._world.operations.begin(asked.id, length, lambda: self._hop(nic, address))
        return Reply(202, None, following(self._world, operation, with_location=True))

    def _hop(self, nic: Json, address: str) -> Json:
        hop = hop_of(self._world, nic, address)
        kind = "VnetLocal" if hop.kind == "VNetPeering" else hop.kind
        told = {"nextHopType": kind, "routeTableId": hop.table or "System Route"}
        return told | ({"nextHopIpAddress": hop.address} if hop.address else {})

    def _verdict(self, nic: Json, packet: Packet) -> Json:
        found = verdict(self._world, nic, packet)
        return {"access": found.access, "ruleName": found.rule}


def _packet(body: Json) -> Packet:
    return Packet(
        local=body["localIPAddress"],
        remote=body["remoteIPAddress"],
        local_port=_port(body["localPort"]),
        remote_port=_port(body["remotePort"]),
        protocol=body["protocol"],
        direction=body["direction"],
    )


def _port(written: str) -> int:
    return 49152 if written == "*" else int(written)
