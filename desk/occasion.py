"""What is known besides the findings when a plan is made: pauses, actors, and how much was done already.

The tables are read beside the reads of Azure, so that no turn is added to the way from signal to containment.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk import pauses
from desk.parts import Parts
from detection.rule import Facts, Rule
from incident.entry import Draft
from incident.pause import Pause
from incident.policy import Policy
from incident.signal import Signal
from incident.target import Before
from responders.planner import Circumstances

HOUR = timedelta(hours=1)
STRANGERS = ("Storage.Blob_AnonymousAccessAnomaly", "Storage.Blob_OpenContainersScanning")
LEAVING = ("phi.exfiltration", "tenant.isolation_failure")


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What the ledger says: the pauses that run, and the automatic actions of the last hour by class."""

    pauses: tuple[Pause, ...]
    acted: Mapping[str, int]
    callers_unknown: str = ""  # why nobody could say who would lose access


async def beside(parts: Parts, signal: Signal, matching: Iterable[Rule]) -> Beside:
    """Read from the tables, side by side."""
    classes = [rule.id for rule in matching]
    running, counts = await asyncio.gather(pauses.running(parts), acted(parts, classes, signal.actor))
    unknown = "" if parts.settings.workspace else "no workspace is set, so that no log can say who would lose access"
    return Beside(pauses=running, acted=counts, callers_unknown=unknown)


async def acted(parts: Parts, classes: Sequence[str], actor: str | None) -> dict[str, int]:
    """The automatic actions of the last hour for each class and this actor."""
    since = parts.now() - HOUR
    counts = await asyncio.gather(*(parts.ledger.tallies.since(cause(each, actor), since) for each in classes))
    return dict(zip(classes, counts, strict=True))


def cause(incident_class: str, actor: str | None) -> str:
    """What actions are counted by: the class, and who is said to have caused it."""
    return f"{incident_class}|{(actor or '').casefold()}"


async def tally(parts: Parts, incident: str, actor: str | None, planned: Iterable[Draft]) -> None:
    """The steps that run by themselves are counted."""
    rows = [row for draft in planned if draft.kind == "plan" for row in draft.body["steps"] if not row["hold"]]
    counts = Counter(row["class"] for row in rows)
    at = parts.now()
    await asyncio.gather(
        *(parts.ledger.tallies.add(cause(each, actor), incident, counts[each], at=at) for each in sorted(counts))
    )


def circumstances(policy: Policy, signal: Signal, facts: Facts, known: Beside, now: datetime) -> Circumstances:
    """The circumstances of this signal. `read_at` is for the caller to set."""
    return Circumstances(
        policy=policy,
        now=now,
        read_at=now,
        actors=actors(signal),
        severe=any(_is_severe(body, signal) for body in _bodies(facts)),
        abroad=_abroad(signal, known.acted),
        callers_unknown=known.callers_unknown,
        acted=known.acted,
        pauses=known.pauses,
    )


def actors(signal: Signal) -> frozenset[str]:
    """Who is said to have made the change, under every name."""
    named = (signal.actor, signal.hints.get("actor_object_id"), signal.hints.get("actor_app_id"))
    return frozenset(name for name in named if name)


def _is_severe(body: Mapping[str, Any], signal: Signal) -> bool:
    """Whether the body is the signal's own alert, as Defender has it, and of high severity."""
    properties = body.get("properties") or {}
    return properties.get("severity") == "High" and properties.get("systemAlertId") in signal.alert_ids


def _abroad(signal: Signal, classes: Iterable[str]) -> str:
    """Why no planned change covers this: strangers read, or PHI goes elsewhere."""
    if signal.hints.get("authentication_type", "").casefold() == "anonymous":
        return "somebody has read without signing in"
    if any(kind.startswith(STRANGERS) for kind in signal.alert_types):
        return "strangers have found it"
    if signal.source == "network" or any(each in LEAVING for each in classes):
        return "PHI goes to a foreign place"
    return ""


def _bodies(facts: Facts) -> Iterator[Mapping[str, Any]]:
    for found in facts.found.values():
        yield from (item.body for item in _each(found))


def _each(found: object) -> tuple[Before, ...]:
    if isinstance(found, Before):
        return (found,)
    return found if isinstance(found, tuple) else ()
