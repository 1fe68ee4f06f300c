"""What a scenario is made of: the clinic as it was, the attack, the signal that tells of it, and what must hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from drills.estate.clinic import Clinic
from drills.estate.wire import Json
from drills.turns import Turn

type Take = Callable[[], bool]
"""What the attacker goes on doing: called again and again, true when he got something."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """The signal is posted to `/api/signals/{source}` while the attacker is at work."""

    source: str
    body: Callable[[Clinic], Json]


@dataclass(frozen=True, kw_only=True)
class EventGrid:
    """The signal is the attack itself, as Event Grid tells of it."""


type Alert = tuple[str, Json]
"""A webhook's source, and what is posted."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Alerts that arrive around the one that matters; it is sent when half of them have been answered.

    At most so many `incidents` come of all of them, and their steps end as `steps` says, by catalogue code.
    """

    alerts: Callable[[Clinic], Sequence[Alert]]
    incidents: int
    steps: Mapping[str, str]


@dataclass(frozen=True)
class Word:
    """What people say of the steps with this code, once they wait; `closes` names the ways in that end by it alone.

    `by_hand`: nothing is said, a person runs the command that the preview has prepared.
    """

    code: str
    approve: bool = True
    closes: tuple[str, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One leak, from the attack to the undo.

    `settings` are those of the responder that the clinic has given it before it starts, `policy` what it has signed
    besides; `before` sets up what has always been so. `attack` is done once and gives what the attacker goes on doing,
    by name where he has several ways. `waits` are the steps that wait for people, with who must agree; `words` is what
    people say of them, in this order. `status` is how the incident stands when work has come to rest; `steps` are the
    ends by catalogue code, an outcome or what holds the step back, several where they differ by target; `spared` are
    words that no write may hold, such as ids of those whom nobody may touch; `turns`: what must have ended before what,
    as the estate has kept it, until people take it back; `held`: nothing runs before people have
    agreed; `stays` are those that no undo takes back; `round_trips` is the most that may lie one after another between
    the signal (the people's word, where they have to agree) and the answer to the first write, the write included;
    `clocks` are the duties that must run, by days from the day of discovery (None: no day is expected of it);
    `exposed` are the covered entities whose objects the incident names as read, no other; `hunted` is how many findings
    the hunt through the time in which nobody was told gives, all of them one more incident. `brief`: short enough for
    every run of the tests.
    """

    name: str
    title: str
    incident_class: str
    before: Callable[[Clinic], object]
    attack: Callable[[Clinic], Take | Mapping[str, Take]]
    signal: Webhook | EventGrid
    status: str
    steps: Mapping[str, str | tuple[str, ...]]
    round_trips: int
    clocks: Mapping[str, int | None]
    settings: Callable[[Clinic], Mapping[str, str]] = lambda _clinic: {}
    policy: Callable[[Clinic], Mapping[str, object]] = lambda _clinic: {}
    held: bool = False
    exposed: tuple[str, ...] = ()
    hunted: int = 0
    noise: Noise | None = None
    waits: Mapping[str, str] = field(default_factory=dict)
    words: tuple[Word, ...] = ()
    stays: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    brief: bool = False

    @property
    def ends(self) -> set[tuple[str, str]]:
        """Every step by its code, with each of its ends."""
        listed = {code: (end,) if isinstance(end, str) else end for code, end in self.steps.items()}
        return {(code, end) for code, ends in listed.items() for end in ends}
