"""Connections that live: a flow once let through goes on after a rule forbids it, until its group flushes connections.

Azure documents it so: existing connections are not interrupted by a rule change; with flushConnection they are
re-evaluated when rules are updated, and when it is first enabled.
"""

from dataclasses import dataclass, field
from datetime import datetime

from drills.estate.flow_log import note
from drills.estate.packets import Packet
from drills.estate.topology import address_of, groups_in_force, hop_of, verdict
from drills.estate.wire import Json
from drills.estate.world import World


@dataclass
class Flow:
    """One connection of a machine with an address, kept open by whoever sends on it.

    `direction` is Outbound when the machine began it, Inbound when the other side did; `port` is the port of whoever
    was called. Routes are judged for every packet, security groups when the connection begins or is flushed.
    """

    world: World
    nic: Json
    remote: str
    port: int
    direction: str = "Outbound"
    judged_at: datetime | None = None
    sent: list[tuple[datetime, bool]] = field(default_factory=list)

    def sends(self, size: int = 1500) -> bool:
        """True when one more packet, of so many bytes, got through."""
        now = self.world.clock()
        decision = verdict(self.world, self.nic, self.packet())
        if self.judged_at is None or self._flushed_since(self.judged_at):
            self.judged_at = now if decision.passes else None
        passed = self.judged_at is not None and self._is_routed()
        self.sent.append((now, passed))
        note(self, decision, size if passed else 0)
        return passed

    @property
    def is_open(self) -> bool:
        """True when the last packet got through."""
        return bool(self.sent) and self.sent[-1][1]

    def packet(self) -> Packet:
        """What is judged."""
        near, far = (50_000, self.port) if self.direction == "Outbound" else (self.port, 50_000)
        return Packet(
            local=address_of(self.nic),
            remote=self.remote,
            local_port=near,
            remote_port=far,
            direction=self.direction,
        )

    def _is_routed(self) -> bool:
        return hop_of(self.world, self.nic, self.remote).kind != "None"

    def _flushed_since(self, moment: datetime) -> bool:
        return any(
            group.since > moment and bool((group.state or {})["properties"].get("flushConnection"))
            for _, group in groups_in_force(self.world, self.nic)
        )
