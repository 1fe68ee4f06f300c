"""What a person reports: `{"report": "in their words", "resources": [], "class": "", "since": "", "known_since": ""}`.

Only `report` is required. `since` is when it is thought to have begun, `known_since` when one of the workforce first
knew, which starts the clock of discovery (45 CFR 164.404(a)(2)). The words may be PHI: the signal holds their
length and the hash of the whole; the caller keeps them in restricted evidence.
"""

from collections.abc import Mapping
from typing import Any

from detection.fields import address, at, text, texts
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from detection.severity import severity
from detection.times import earliest, utc
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """A `report` in words."""
    return bool(text(body, "report"))


def read(item: Item) -> Signal:
    """The report as a claim of its own kind; one person's word, to be borne out like any other."""
    words = text(item.body, "report") or ""
    known = utc(at(item.body, "known_since"))
    return Signal(
        source="person",
        kind="person-report",
        id=text(item.body, "id") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=earliest(at(item.body, "since"), known),
        first_activity_at=utc(at(item.body, "since")),
        severity=severity(item.body, "severity"),
        title="Reported by a person",
        actor=text(item.body, "actor"),
        ip=address(text(item.body, "ip")),
        resources=specific(*texts(item.body, "resources")),
        hints=hints(
            **{"class": text(item.body, "class")},
            known_since=known and known.isoformat(),
        ),
        body={**item.body, "report": {"characters": len(words)}},
    )


READER = Reader(kind="person-report", shape=looks_like, read=read)
