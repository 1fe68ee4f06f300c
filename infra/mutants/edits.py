"""One change to a JSON document, which shares everything that is not changed."""

import re
from collections.abc import Iterator
from typing import Any

type Path = tuple[str | int, ...]

GONE = object()
"""What a value is replaced with to be taken away."""
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def path_of(written: str) -> Path:
    """`$.resources[2].properties` as its steps."""
    return tuple(name or int(place) for name, place in STEP.findall(written))


def found(body: Any, path: Path) -> Any:
    """The value at the path; GONE where there is none."""
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return GONE
    return body


def edited(body: Any, path: Path, value: object) -> Any:
    """The document with another value at the path."""
    step, rest = path[0], path[1:]
    inner = edited(body[step], rest, value) if rest else value
    if isinstance(body, list):
        return [
            inner if place == step else each for place, each in enumerate(body) if place != step or inner is not GONE
        ]
    changed = {
        name: inner if name == step else each for name, each in body.items() if name != step or inner is not GONE
    }
    return changed if step in body or inner is GONE else {**changed, step: inner}


def renamed(body: Any, path: Path, name: str) -> Any:
    """The document with the property at the path under another name, in its place."""
    parent = found(body, path[:-1])
    changed = {name if each == path[-1] else each: value for each, value in parent.items()}
    return edited(body, path[:-1], changed) if len(path) > 1 else changed


def every(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each value of the document with its path, outermost first."""
    yield path, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in pairs:
        yield from every(inner, (*path, step))
