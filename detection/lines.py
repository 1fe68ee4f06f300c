"""Payloads as lines: what readers and rules make of each signal, as far as it alone allows, and the counts of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from detection.item import Unreadable
from detection.outlook import outlook
from detection.readers import read
from incident.errors import SignalRejected
from incident.finding import Disposition
from incident.signal import Signal

type Line = dict[str, Any]
type Payload = bytes | Mapping[str, Any]

PARKED = (
    "file",
    "source",
    "kind",
    "signal_id",
    "system_alert_id",
    "correlation_id",
    "occurred_at",
    "received_first_activity_at",
    "severity",
    "drill",
    "resource_ids",
    "actor",
)


def lines(payloads: Iterable[tuple[str, Payload]], *, now: datetime) -> Iterator[Line]:
    """One object per signal or unreadable item, in the order of the payloads; each is named as its `file`."""
    for name, payload in payloads:
        try:
            found = read(payload, received_at=now)
        except SignalRejected as fault:
            yield parked(name, str(fault))
            continue
        for each in found:
            yield parked(name, each.reason) if isinstance(each, Unreadable) else line_of(name, each)


def line_of(name: str, signal: Signal) -> Line:
    """What is said of a signal, as far as it alone allows."""
    ahead = outlook(signal)
    return {
        "file": name,
        "source": signal.source,
        "kind": signal.kind,
        "signal_id": signal.id,
        "system_alert_id": signal.system_alert_id,
        "correlation_id": signal.correlation_id,
        "occurred_at": signal.occurred_at and signal.occurred_at.isoformat(),
        "received_first_activity_at": signal.first_activity_at and signal.first_activity_at.isoformat(),
        "severity": signal.severity,
        "drill": signal.drill,
        "resource_ids": [str(each) for each in signal.resources],
        "actor": signal.actor,
        "classes": list(ahead.classes),
        "disposition": ahead.disposition,
        "reason": ahead.reason,
        "needs_live_read": ahead.needs_live_read,
    }


def parked(name: str, reason: str) -> Line:
    """What is said of an item that nobody can read."""
    line: Line = dict.fromkeys(PARKED) | {"file": name, "drill": False, "resource_ids": [], "classes": []}
    return line | {"disposition": Disposition.PARKED, "reason": reason, "needs_live_read": False}


def summary(found: Iterable[Line]) -> Line:
    """Counts: signals, dispositions, classes, drills, and signals that a live read would have decided."""
    dispositions, classes, others = Counter[str](), Counter[str](), Counter[str]()
    for line in found:
        dispositions[line["disposition"]] += 1
        classes.update(line["classes"])
        others.update({"signals": 1, "drills": line["drill"], "needs_live_read": line["needs_live_read"]})
    return {**others, "dispositions": dict(dispositions), "classes": dict(classes)}
