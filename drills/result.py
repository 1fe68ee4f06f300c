"""What a drill has shown: step by step, and as figures."""

from dataclasses import dataclass, field
from typing import Any


class FellShortError(Exception):
    """Something that must hold did not; the text says what was found instead."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the timeline. `ms` counts from the accepted signal; None where no moment belongs to it."""

    name: str
    ok: bool
    told: str
    ms: float | None = None


@dataclass(kw_only=True)
class Result:
    """One scenario's. What was not reached stays None.

    `ended`: how the incident stood once work had come to rest; `waited`: whom for; `stays`: what no undo took back.
    """

    name: str
    incident_class: str
    write_ack_ms: float | None = None
    refused_ms: float | None = None
    round_trips: int | None = None
    objects_lost: int | None = None
    undo: str | None = None
    status: str | None = None
    ended: str = ""
    waited: str = ""
    stays: tuple[str, ...] = ()
    permissions: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything that must hold did."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def shortfalls(self) -> list[str]:
        """What did not hold, in words, and how people see the incident then."""
        fallen = [f"{step.name}: {step.told}" for step in self.steps if not step.ok]
        return [*fallen, f"the incident: {self.status}"] if fallen and self.status else fallen

    def as_json(self) -> dict[str, Any]:
        """The form that machines read."""
        steps = {step.name: {"ok": step.ok, "ms": step.ms, "told": step.told} for step in self.steps}
        return {
            "name": self.name,
            "class": self.incident_class,
            "ok": self.ok,
            "write_ack_ms": self.write_ack_ms,
            "refused_ms": self.refused_ms,
            "round_trips": self.round_trips,
            "objects_lost": self.objects_lost,
            "steps": steps,
            "undo": self.undo,
        }
