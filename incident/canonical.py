"""One byte form for every value that is hashed: sorted keys, no spaces, UTF-8, times in ISO 8601."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

WRITTEN = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
ATOMS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """The value as JSON knows it: dataclasses become objects, enums their values, sets sorted lists."""
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is dict:
        return {str(key): plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [plain(item) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(plain(item) for item in value)
    return {f.name: plain(getattr(value, f.name)) for f in fields(value)} if is_dataclass(value) else value


def canonical(value: Any) -> bytes:
    """The canonical JSON of the value."""
    return WRITTEN.encode(plain(value)).encode()


def digest(value: Any) -> str:
    """SHA-256 over the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()
