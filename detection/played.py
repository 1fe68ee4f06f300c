"""An example of a rule, played: the signal that it claims, what the rule's reads would give, and what the rule finds.

Nothing is read in Azure: what the example does not hold is gone. Times are those of the examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from detection.facts import Facts, Failed, Found, Read
from detection.rule import Example, Rule
from incident.finding import Finding
from incident.policy import Policy
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

RECEIVED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""When the signals of the examples are received: dates in their states are near it."""
ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Played:
    """What came of an example."""

    signal: Signal
    facts: Facts
    finding: Finding


def play(rule: Rule, example: Example, policy: Policy) -> Played:
    """The example, judged by its rule under the policy."""
    about = signal(example.signal)
    known = facts(rule, about, example.state)
    return Played(signal=about, facts=known, finding=rule.judge(about, known, policy))


def signal(written: Mapping[str, Any]) -> Signal:
    """The signal of an example: what it does not say is of no matter to the rule."""
    unsaid: dict[str, Any] = {"source": "eventgrid", "kind": "", "id": "1", "content": "c", "received_at": RECEIVED}
    resources = dict.fromkeys(ResourceId.parse(each) for each in written.get("resources", ()))
    return Signal(**{**unsaid, **written, "resources": tuple(resources)})


def facts(rule: Rule, about: Signal, state: Mapping[str, Any], rounds: int = ROUNDS) -> Facts:
    """What the rule's reads give in this state of Azure, asked for round after round as the desk asks."""
    known = Facts()
    for _ in range(rounds):
        wanted = set(rule.reads(about, known)) - set(known.found)
        known = Facts({**known.found, **{read: _answer(rule, about, state, read) for read in wanted}})
    return known


def _answer(rule: Rule, about: Signal, state: Mapping[str, Any], read: Read) -> Found:
    place, name = rule.place(about), str(read).casefold()
    known = {key.casefold(): value for key, value in state.items()}
    names = [name, *([name.removeprefix(place.key).lstrip("/ ")] if place and name.startswith(place.key) else [])]
    found = next((known[each] for each in names if each in known), Failed("it is not there", gone=True))
    if isinstance(found, Failed):
        return found
    return tuple(Before(item) for item in found) if isinstance(found, tuple | list) else Before(found)
