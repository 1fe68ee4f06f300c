"""What signals about one cause share: an alert, a correlation, or a class on a resource for as long as it goes on."""

from collections.abc import Iterable
from dataclasses import dataclass

from detection.rule import Rule
from incident.canonical import digest
from incident.signal import Signal
from ledger import Spell


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The keys of a signal: those that stay, and those of its causes, which pass."""

    signal: Signal
    lasting: frozenset[str]
    causes: frozenset[str]

    @property
    def every(self) -> list[str]:
        """All of them; a signal that shares nothing has one of its own."""
        return sorted(self.lasting | self.causes) or [f"signal:{self.signal.key}"]

    @property
    def spell(self) -> Spell:
        """The causes, told of when the signal was received."""
        return Spell(keys=self.causes, at=self.signal.received_at)


def shared(signal: Signal, matching: Iterable[Rule], *more: str) -> Shared:
    """The keys; `more` are further causes."""
    lasting = {f"alert:{alert.casefold()}" for alert in signal.alert_ids}
    lasting |= {f"correlation:{signal.correlation_id.casefold()}"} if signal.correlation_id else set()
    causes = {f"cause:{digest(_cause(signal, rule))}" for rule in matching} | {*more}
    return Shared(signal=signal, lasting=frozenset(lasting), causes=frozenset(causes))


def _cause(signal: Signal, rule: Rule) -> list[str]:
    """The class, the resource (its parent, where that is what can be contained), and for some classes the actor."""
    resource = rule.cause(signal)
    actor = (signal.actor or "").casefold() if rule.by_actor else ""
    return [rule.id, resource.key if resource else signal.key, actor]
