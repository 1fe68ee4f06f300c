"""What a scenario is made of: the clinic as it was, the attack, the signal that tells of it, and what must hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drills.estate.clinic import Clinic
from drills.estate.wire import Json


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """The signal is posted to `/api/signals/{source}` while the attacker is at work."""

    source: str
    body: Callable[[Clinic], Json]


@dataclass(frozen=True, kw_only=True)
class EventGrid:
    """The signal is the attack itself, as Event Grid tells of it."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One leak, from the attack to the undo.

    `before` sets up what has always been so. `attack` is done once and gives what the attacker goes on doing: it is
    called again and again, and true when he got something. `status` is how the incident stands when work has come to
    rest; `steps` are the ends by catalogue code, an outcome or what holds the step back; `round_trips` is the most that
    may lie one after another before the first write has its answer, the write included; `clocks` are the duties that
    must run, by days from the day of discovery (None: no day is expected of it).
    """

    name: str
    title: str
    incident_class: str
    before: Callable[[Clinic], object]
    attack: Callable[[Clinic], Callable[[], bool]]
    signal: Webhook | EventGrid
    status: str
    steps: Mapping[str, str]
    round_trips: int
    clocks: Mapping[str, int | None]
