"""Azure as the examples of the rules describe it: answers to reads, by their text; what is not there is gone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from detection.facts import Facts, Failed, Found, Read
from detection.rule import Rule
from incident.finding import Finding
from incident.policy import Entity, Policy
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

RECEIVED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HUB = "/subscriptions/s/resourceGroups/clinic/providers/Microsoft.Network/virtualNetworks/hub"
BREAK_GLASS = "0c0c0c0c-0000-4000-8000-000000000003"
POLICY = Policy(
    entity=Entity(name="Clinic", zone="America/New_York", role="covered_entity"),
    tags={"data-classification": "phi"},
    approved_peerings=(HUB,),
    break_glass=(BREAK_GLASS,),
)


def signal(written: Mapping[str, Any]) -> Signal:
    """The signal of an example: what it does not say is of no matter to the rule."""
    plain: dict[str, Any] = {"source": "eventgrid", "kind": "", "id": "1", "content": "c", "received_at": RECEIVED}
    resources = tuple(ResourceId.parse(each) for each in written.get("resources", ()))
    return Signal(**{**plain, **written, "resources": tuple(_with_holders(resources))})


def _with_holders(resources: tuple[ResourceId, ...]) -> dict[ResourceId, None]:
    return dict.fromkeys(resources)


def facts(rule: Rule, about: Signal, state: Mapping[str, Any], rounds: int = 3) -> Facts:
    """What the rule's reads give, asked for as the desk asks."""
    known = Facts()
    for _ in range(rounds):
        wanted = set(rule.reads(about, known)) - set(known.found)
        known = Facts({**known.found, **{read: _answer(rule, about, state, read) for read in wanted}})
    return known


def judged(rule: Rule, about: Signal, state: Mapping[str, Any], policy: Policy = POLICY) -> Finding:
    """What the rule says of the signal in this state of Azure."""
    return rule.judge(about, facts(rule, about, state), policy)


def _answer(rule: Rule, about: Signal, state: Mapping[str, Any], read: Read) -> Found:
    place = rule.place(about)
    known = {key.casefold(): value for key, value in state.items()}
    names = [str(read).casefold()]
    if place and str(read).casefold().startswith(place.key):
        names.append(str(read).casefold().removeprefix(place.key).lstrip("/ "))
    found = next((known[name] for name in names if name in known), Failed("it is not there", gone=True))
    if isinstance(found, Failed):
        return found
    return tuple(Before(item) for item in found) if isinstance(found, tuple | list) else Before(found)
