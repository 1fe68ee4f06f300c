"""Sentinel's incident as Microsoft's Python client dumps it: snake_case, its properties beside its id."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from detection.fields import text
from detection.item import Item, Reader
from detection.readers import sentinel_incident
from incident.signal import Signal

UNDERSCORED = re.compile(r"_([a-z])")


def looks_like(body: Mapping[str, Any]) -> bool:
    """The incident's type with `created_time_utc` or `incident_number` at the top."""
    spelled = {"created_time_utc", "incident_number"} & body.keys()
    return (text(body, "type") or "").casefold() == sentinel_incident.INCIDENTS and bool(spelled)


def read(item: Item) -> Signal:
    """As the same incident over REST; its own content, for it is another delivery."""
    about = _camel(item.body)
    case = {key: about.get(key) for key in ("id", "name", "etag", "type")} | {"properties": about}
    found = sentinel_incident.read(replace(item, body=case))
    return replace(found, kind="sentinel-incident-sdk", body=item.body)


def _camel(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {UNDERSCORED.sub(lambda found: found[1].upper(), key): _camel(each) for key, each in value.items()}
    return [_camel(each) for each in value] if isinstance(value, list) else value


READER = Reader(kind="sentinel-incident-sdk", shape=looks_like, read=read)
