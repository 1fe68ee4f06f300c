"""Network Watcher: whether a packet of a machine would pass."""

from drills.estate.packets import Packet
from drills.estate.polls import following
from drills.estate.topology import interface_of, verdict
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World


class Watcher:
    """ipFlowVerify: 202 with a Location, then the verdict and the rule that gave it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def ip_flow_verify(self, asked: Asked) -> Reply:
        """The verdict is made when the operation ends, from the rules then in force."""
        machine = str(asked.body["targetResourceId"])
        nic = interface_of(self._world, machine)
        if nic is None:
            raise RefusalError(400, "ResourceNotFound", f"The resource {machine} has no network interface.")
        packet = _packet(asked.body)
        length = self._world.delays.operation
        operation = self._world.operations.begin(asked.id, length, lambda: self._verdict(nic, packet))
        return Reply(202, None, following(self._world, operation, with_location=True))

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
