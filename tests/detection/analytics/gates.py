"""The gates that run a rule: its rows, and the alert that they lead to. Each gives what is wrong, in words."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from detection import rules
from detection.analytics import Analytic
from detection.readers import read
from detection.rule import Rule
from detection.specimens import phi
from drills.estate.kusto import Engine, FaultyQueryError
from incident.resource import ResourceId
from incident.signal import Signal
from tests.detection.analytics import sentinel
from tests.detection.analytics.cases import NOW, SHARED, Cases, of, raised, tables
from tests.detection.rules.azure import judged


def rows(engine: Engine, cases: Cases, query: str | None = None) -> Iterator[str]:
    """What the rule finds although it should not, or does not find."""
    old = ("it lies before the period", cases.aged, 0)
    for title, given, expected in (*cases.every(), old):
        try:
            found = raised(engine, cases.rule, given, query)
        except FaultyQueryError as fault:
            yield f"{title}: {fault}"
            return
        if len(found) != expected:
            yield f"{title}: {len(found)} alerts instead of {expected}"
        if any(row.get("IncidentClass") != cases.rule.incident_class for row in found):
            yield f"{title}: of another class than the tag says"


def alert(engine: Engine, cases: Cases, rule: Analytic | None = None) -> Iterator[str]:
    """What is wrong with the way in which the rule's alerts are read and judged."""
    meant = rule or cases.rule
    for row in _found(engine, cases.rule.name):
        kept = sentinel.incident(meant, row)
        (signal,) = read(sentinel.posted(kept), received_at=NOW)
        if not isinstance(signal, Signal):
            yield f"it is not read: {signal.reason}"
            continue
        yield from _misread(signal, cases)
        yield from _misjudged(signal, cases, sentinel.read_back(kept))


@cache
def _found(engine: Engine, name: str) -> Sequence[dict[str, Any]]:
    """The rows of the alerts; a copy that tells something else of them has the same."""
    meant = of(name)
    return raised(engine, meant.rule, tables(meant.rule, meant.found))


def _misread(signal: Signal, cases: Cases) -> Iterator[str]:
    classes = [rule.id for rule in rules.every() if rule.match(signal)]
    if classes != [cases.rule.incident_class]:
        yield f"it is taken for {', '.join(classes) or 'nothing'}"
    if not signal.resources and not signal.actor and not signal.ip:
        yield "it names nobody and nothing"
    for name in ("class", "analytic_rules", "sentinel_incident"):
        if not signal.hints.get(name):
            yield f"the hint {name} is missing"


def _misjudged(signal: Signal, cases: Cases, answers: dict[str, Any]) -> Iterator[str]:
    rule = _by_class(cases.rule.incident_class)
    place = rule.cause(signal)
    if (place.key if place else None) != cases.place:
        yield f"it is about {place}, not {cases.place}"
        return
    finding = judged(rule, signal, answers | (_state(place, cases) if place else {}))
    if finding.disposition != cases.finding:
        yield f"it is {finding.disposition}, not {cases.finding}: {finding.reason}"


def _state(place: ResourceId, cases: Cases) -> dict[str, Any]:
    """The place, tagged as holding PHI, and what the case says of it; nothing where it is gone."""
    if cases.state is None:
        return {}
    below = {path: value for path, value in cases.state.items() if path}
    return below | {"": phi(str(place)) | cases.state.get("", {})}


def _by_class(incident_class: str) -> Rule:
    return next(rule for rule in rules.every() if rule.id == incident_class)


def cut(engine: Engine, cases: Cases) -> bool:
    """Whether it is the cut to the period, and nothing in the query, that keeps old rows out."""
    found = engine.run(cases.rule.query, cases.aged, now=NOW, watchlists=SHARED["watchlists"])
    return len(found.rows) == cases.alerts
