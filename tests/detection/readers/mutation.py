"""Mutations of payloads: what senders, people in between and attackers do to JSON."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

type Path = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**40,
    1.5,
    float("nan"),
    "",
    "null",
    " ",
    "[]",
    "{}",
    '{"a":',
    "\ud800",
    "\x00",
    "٣",
    "²²²²",
    "1" * 400,
    "9999999999",
    "12/31/9999 11:59:59 PM",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59-23:59",
    "/subscriptions",
    "/subscriptions//providers//",
    "/subscriptions/x/providers",
    "https://[::1",
    "{" * 50,
    [],
    {},
    [[]],
    [None, 1, "x", {}],
    {"$ref": "1"},
    {"$id": "1", "value": {"$ref": "1"}},
    {"properties": None, "kind": 7, "type": []},
)


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """The path to everything inside the value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*here, key)
        yield from paths(inner, (*here, key))


def place(body: Any, path: Path) -> Any:
    """What holds the last step of the path."""
    for step in path[:-1]:
        body = body[step]
    return body


def mutated(body: dict[str, Any], chance: random.Random) -> Any:
    """A copy with one to four things dropped, replaced, renamed, doubled, or turned into strings; sometimes torn."""
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 4)):
        known = list(paths(body))
        if known:
            chance.choice(CHANGES)(body, chance.choice(known), chance)
    return _torn(body, chance) if chance.random() < 0.05 else body


def _drop(body: Any, path: Path, _: random.Random) -> None:
    del place(body, path)[path[-1]]


def _replace(body: Any, path: Path, chance: random.Random) -> None:
    place(body, path)[path[-1]] = copy.deepcopy(chance.choice(ODD))


def _rename(body: Any, path: Path, chance: random.Random) -> None:
    holder = place(body, path)
    if isinstance(holder, dict):
        name = str(path[-1])
        holder[chance.choice([name.upper(), name.lower(), name + " ", "x"])] = holder.pop(name)


def _stringify(body: Any, path: Path, _: random.Random) -> None:
    holder = place(body, path)
    holder[path[-1]] = json.dumps(holder[path[-1]])


def _wrap(body: Any, path: Path, chance: random.Random) -> None:
    holder = place(body, path)
    inner = holder[path[-1]]
    holder[path[-1]] = chance.choice([[inner, inner], {"value": inner}, {str(path[-1]): inner}])


def _borrow(body: Any, path: Path, chance: random.Random) -> None:
    other = chance.choice(list(paths(body)))
    place(body, path)[path[-1]] = copy.deepcopy(place(body, other)[other[-1]])


def _torn(body: Any, chance: random.Random) -> bytes:
    written = bytearray(json.dumps(body).encode("utf-8", "replace"))
    at = chance.randrange(len(written))
    return (
        bytes(written[:at])
        if chance.random() < 0.5
        else bytes(written[:at]) + bytes([chance.randrange(256)]) + bytes(written[at + 1 :])
    )


CHANGES: tuple[Callable[[Any, Path, random.Random], None], ...] = (_drop, _replace, _rename, _stringify, _wrap, _borrow)
