"""Reading JSON that strangers wrote: nothing here raises, whatever the value turns out to be.

Senders spell one field `SystemAlertId`, `systemAlertId` or `"ObjectName "`, and send objects as JSON in a string.
Names are therefore found exactly first, then without regard to case and stray space; strings that hold JSON are opened.
"""

import ipaddress
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

DEEPEST = 64  # levels of nesting in an item; genuine ones have a dozen
LARGEST = 3400  # bits of a whole number
NOTHING = frozenset(["", "null", "none", "n/a", "undefined"])
NIL = re.compile(r"[0-]{8,}")
PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+")


def opened(value: Any) -> Any:
    """What a string of JSON holds; any other value as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return cleaned(json.loads(value))
    except (ValueError, RecursionError):
        return value


def cleaned(value: Any, depth: int = 0) -> Any:
    """The value as canonical JSON can hold it. ValueError when it is nested too deeply or is no JSON at all."""
    if depth > DEEPEST:
        raise ValueError("nested more than 64 levels deep")
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, Mapping):
        return {cleaned(str(key)): cleaned(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(each, depth + 1) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > LARGEST:
        raise ValueError("holds a number of more than a thousand digits")
    if value is None or isinstance(value, int | float):
        return value
    raise ValueError(f"{type(value).__name__} is not JSON")


def whole(written: str) -> str:
    """The text as UTF-8 can write it: a lone half of a surrogate pair becomes a question mark."""
    return written.encode("utf-8", "replace").decode()


def at(value: Any, *path: str) -> Any:
    """The value at the end of the path, None where the path breaks off."""
    for name in path:
        value = _member(opened(value), name)
    return value


def text(value: Any, *path: str) -> str | None:
    """The scalar at the path as text; None for nothing, for `"null"` and for anything that is not a scalar."""
    found = at(value, *path)
    if isinstance(found, bool):
        return str(found).lower()
    written = whole(str(found)).strip() if isinstance(found, str | int | float) else ""
    return None if written.casefold() in NOTHING or written.casefold().startswith("n/a (") else written


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at the path; empty for anything else."""
    found = opened(at(value, *path))
    return found if isinstance(found, Mapping) else {}


def listing(value: Any, *path: str) -> Sequence[Any]:
    """The array at the path; an object or scalar alone counts as an array of one, nothing as an empty one."""
    found = opened(at(value, *path))
    if isinstance(found, list | tuple):
        return found
    return [] if found is None or found == "" else [found]


def texts(value: Any, *path: str) -> tuple[str, ...]:
    """The scalars of the array at the path."""
    return tuple(written for item in listing(value, *path) if (written := text(item)))


def identity(written: str | None) -> str | None:
    """The id, unless it is the nil GUID, which senders write for "not known" and which would merge strangers."""
    return None if written is None or NIL.fullmatch(written) else written


def address(written: str | None) -> str | None:
    """The IP address without its port; None for what is none, such as `00.00.00.00`."""
    found = PORT.fullmatch(written or "")
    try:
        return str(ipaddress.ip_address((found[1] or found[2]) if found else (written or "")))
    except ValueError:
        return None


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    wanted = name.casefold()
    return next((item for key, item in value.items() if str(key).strip().casefold() == wanted), None)
