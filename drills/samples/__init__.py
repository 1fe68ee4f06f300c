"""Bodies as services send them, made for the clinic: genuine in shape, invented in content."""

import json
from pathlib import Path
from typing import Any

SENTINEL_INCIDENT = Path(__file__).with_name("sentinel-incident.json")
TIMES = ("firstActivityTimeUtc", "lastActivityTimeUtc", "lastModifiedTimeUtc", "createdTimeUtc")


def sentinel_incident(kept: dict[str, Any]) -> dict[str, Any]:
    """The webhook of an incident that Sentinel keeps: id, title, times, alerts of its own, in the sample's shape."""
    body: dict[str, Any] = json.loads(SENTINEL_INCIDENT.read_text(encoding="utf-8"))
    about = kept["properties"]
    said = {name: about[name] for name in (*TIMES, "title", "description", "severity", "incidentNumber")}
    body["object"] |= {name: kept[name] for name in ("id", "name", "etag")}
    body["object"]["properties"] |= said | {
        name: about[name] for name in ("alerts", "relatedEntities") if name in about
    }
    return body
