"""Fault points: every request that leaves by a door of the responder, by a name that is the same in every run."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

LEAVES, RETURNS, STRAYS = "leaves", "returns", "strays"
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\d{8}-[0-9a-f]{10}|\b\d{15,}", re.IGNORECASE)
"""Ids that are new in every run: GUIDs, incidents, alerts."""


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
