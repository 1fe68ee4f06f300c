"""Connections that live: a flow once let through goes on after a rule forbids it, until its group flushes connections.

Azure documents it so: existing connections are not interrupted by a rule change; with flushConnection they are
re-evaluated when rules are updated, and when it is first enabled.
"""

from dataclasses import dataclass, field
from datetime import datetime

from drills.estate.packets import Packet
from drills.estate.topology import address_of, groups_in_force, verdict
from drills.estate.wire import Json
from drills.estate.world import World


@dataclass
class Flow:
    """One connection from a machine to an address, kept open by whoever sends on it."""

    world: World
    nic: Json
    remote: str
    port: int
    judged_at: datetime | None = None
    sent: list[tuple[datetime, bool]] = field(default_factory=list)

    def sends(self) -> bool:
        """True when one more packet got through."""
        now = self.world.clock()
        if self.judged_at is None or self._flushed_since(self.judged_at):
            self.judged_at = now if verdict(self.world, self.nic, self._packet()).passes else None
        self.sent.append((now, self.judged_at is not None))
        return self.judged_at is not None

    @property
    def is_open(self) -> bool:
        """True when the last packet got through."""
        return self.judged_at is not None

    def _flushed_since(self, moment: datetime) -> bool:
        return any(
            group.since > moment and bool((group.state or {})["properties"].get("flushConnection"))
            for group in groups_in_force(self.world, self.nic)
        )

    def _packet(self) -> Packet:
        return Packet(local=address_of(self.nic), remote=self.remote, local_port=50_000, remote_port=self.port)
