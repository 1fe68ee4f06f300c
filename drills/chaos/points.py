"""Fault points: every request that leaves by a door of the responder, by a name that is the same in every run."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

LEAVES, RETURNS, STRAYS = "leaves", "returns", "strays"
ASKED = "asked"
"""The side of a mark between points: somebody has asked the responder something, or has its answer."""
READS = ("GET", "HEAD")
POLLED = re.compile(r"operation", re.IGNORECASE)
"""Reads that may find, and so begin, something new: an operation that has ended."""
VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\d{8}-[0-9a-f]{10}|\b\d{15,}(?![0-9a-f])|(?<![0-9a-f])[0-9a-f]{32}(?:[0-9a-f]{8})?(?![0-9a-f])",
    re.IGNORECASE,
)
"""Ids that are new in every run: GUIDs, incidents, alerts, versions of keys, thumbprints."""


@dataclass(frozen=True, order=True)
class Point:
    """The nth request of this name, as it `leaves` (not sent) or as it `returns` (answered, the answer not read)."""

    name: str
    nth: int
    side: str

    def __str__(self) -> str:
        return f"{self.name} #{self.nth} {self.side}"

    @classmethod
    def of(cls, text: str) -> Self:
        """The point that a line of a trace names."""
        name, nth, side = json.loads(text)
        return cls(name, nth, side)

    def line(self) -> str:
        """A line of a trace."""
        return json.dumps([self.name, self.nth, self.side]) + "\n"


MARK = Point("", 0, ASKED)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What one process came to. `points` are all its points by the doors, `apart` those of them that differ."""

    points: tuple[Point, ...]
    apart: tuple[Point, ...]

    @classmethod
    def of(cls, trace: Iterable[Point]) -> Self:
        """The points of a trace.

        Two in a row differ in nothing where, between them, no write has left or come back and nobody has asked or was
        answered: whoever is killed at the one leaves the same behind as at the other. The first stands for its row.
        """
        known = [MARK, *(point for point in trace if point.side != STRAYS)]
        apart = [point for last, point in pairwise(known) if _something_between(last, point)]
        points, apart = ([point for point in each if point.side != ASKED] for each in (known, apart))
        return cls(points=tuple(points), apart=tuple(apart))


def _something_between(last: Point, point: Point) -> bool:
    sent = last.side == LEAVES and not _is_read(last.name)
    landed = point.side == RETURNS and not _is_read(point.name)
    return sent or landed or last.side == ASKED


def _is_read(name: str) -> bool:
    return name.split()[1] in READS and not POLLED.search(name)


def named(door: str, method: str, url: str) -> str:
    """What a request is called: its door, its method, and what it is about."""
    path = unquote(urlsplit(url).path)
    told = {"tables": _table, "blobs": _container}.get(door, _resource)
    return f"{door} {method} {told(path)}"


def _table(path: str) -> str:
    return path.split("/")[2].partition("(")[0]


def _container(path: str) -> str:
    return path.split("/")[2]


def _resource(path: str) -> str:
    return VARYING.sub("*", path.rpartition("/providers/")[2])


def traced(trace: Path) -> list[Point]:
    """Every point that a process came to, in order, strays among them."""
    return list(_points(trace.read_text())) if trace.exists() else []


def _points(text: str) -> Iterator[Point]:
    for line in text.splitlines():
        yield Point.of(line)


def origin(url: str) -> str:
    """Scheme, host and port."""
    parts: Any = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
