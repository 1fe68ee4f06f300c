"""Out of what was delivered, the single items: strings of JSON, base64, arrays, Logic Apps wrappers, dead letters.

A delivery may hold thousands of items; each comes out alone, so that one that cannot be read never costs the others.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WRAPS = 8  # wrappers around an item
INNER = (
    "body",
    "Body",
    "triggerBody",
    "TriggerBody",
    "triggerOutputs",
    "TriggerOutputs",
    "outputs",
    "records",
    "Records",
    "value",
    "Value",
    "MessageText",
    "messageText",
    "ContentData",
    "$content",
    "payload",
    "message",
)
DEAD_LETTER = frozenset(
    [
        "deadletterreason",
        "deliveryattempts",
        "deliveryresult",
        "lastdeliveryoutcome",
        "lasthttpstatuscode",
        "publishtime",
        "lastdeliveryattempttime",
        "publishutc",
        "deliveryattemptutc",
    ]
)


@dataclass(frozen=True)
class Broken:
    """A piece that is no item, and why; `original` is the piece as it came."""

    reason: str
    original: Any


type Piece = Mapping[str, Any] | Broken


def items(payload: Any, known: Callable[[Mapping[str, Any]], bool], depth: int = 0) -> Iterator[Piece]:
    """Every item of the payload; `known` says whether an object is an item, or may be a wrapper around some."""
    if depth > WRAPS:
        yield Broken("wrapped more than eight times", payload)
    elif isinstance(payload, bytes | bytearray | str):
        yield from _written(payload, known, depth)
    elif isinstance(payload, list | tuple):
        for each in payload:
            yield from items(each, known, depth + 1)
    elif isinstance(payload, Mapping):
        yield from _unwrapped(payload, known, depth)
    else:
        yield Broken(f"not an object but {type(payload).__name__}", payload)


def empty(payload: Any) -> bool:
    """Whether nothing was delivered: what Logic Apps posts on "Run Trigger"."""
    if isinstance(payload, bytes | bytearray | str):
        return payload.strip() in (b"", "", b"null", "null", b"{}", "{}", b"[]", "[]")
    return payload is None or payload in ({}, [], ())


def _unwrapped(payload: Mapping[str, Any], known: Callable[[Mapping[str, Any]], bool], depth: int) -> Iterator[Piece]:
    if known(payload):
        yield {key: each for key, each in payload.items() if str(key).casefold() not in DEAD_LETTER}
        return
    inner = next((name for name in INNER if isinstance(payload.get(name), Mapping | list | str)), None)
    if inner is None:
        yield Broken("of no known format", payload)
        return
    pieces = list(items(payload[inner], known, depth + 1))
    alone = pieces[0] if len(pieces) == 1 else None
    yield from [Broken(alone.reason, payload)] if isinstance(alone, Broken) else pieces


def _written(
    payload: bytes | bytearray | str, known: Callable[[Mapping[str, Any]], bool], depth: int
) -> Iterator[Piece]:
    try:
        written = _text(payload).strip()
        parsed = list(_parsed(written))
    except (ValueError, RecursionError) as fault:
        yield Broken(f"not JSON: {type(fault).__name__}", payload)
        return
    for each in parsed:
        yield from items(each, known, depth + 1)


def _text(payload: bytes | bytearray | str) -> str:
    return payload if isinstance(payload, str) else bytes(payload).decode(json.detect_encoding(payload))


def _parsed(written: str) -> Iterator[Any]:
    """The JSON value, or base64 of one, or one value a line: a line that is none comes back as a broken piece."""
    try:
        yield json.loads(written)
    except ValueError:
        if (decoded := _decoded(written)) is not None:
            yield json.loads(decoded)
        elif len(lines := written.splitlines()) > 1 and _loads(lines[0]) is not None:
            yield from lines
        else:
            raise


def _decoded(written: str) -> bytes | None:
    try:
        found = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if found.lstrip().startswith((b"{", b"[", b'"', b"\xef\xbb\xbf")) else None


def _loads(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
