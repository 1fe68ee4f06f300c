"""A signal as the ledger keeps it, and back: redacted already, so that a crash before the first entry loses nothing."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from incident.canonical import plain
from incident.resource import ResourceId
from incident.signal import Severity, Signal, Standing

TIMES = ("received_at", "occurred_at", "first_activity_at")


def row(signal: Signal) -> dict[str, Any]:
    """The whole signal as JSON; `resources` as their texts."""
    return {**plain(signal), "resources": [resource.text for resource in signal.resources]}


def restored(kept: Mapping[str, Any]) -> Signal:
    """The signal that `row` kept."""
    values = {f.name: kept[f.name] for f in fields(Signal) if f.name in kept}
    times = {name: datetime.fromisoformat(values[name]) for name in TIMES if values.get(name)}
    severity = Severity(values["severity"]) if values.get("severity") else None
    return Signal(
        **{
            **values,
            **times,
            "severity": severity,
            "standing": Standing(values["standing"]),
            "alert_types": tuple(values["alert_types"]),
            "alert_ids": tuple(values.get("alert_ids", ())),
            "resources": tuple(ResourceId(text) for text in values["resources"]),
        }
    )


def told(signal: Signal) -> dict[str, Any]:
    """What an entry says of the signal: everything but its body, whose hash is there."""
    return {name: value for name, value in row(signal).items() if name != "body"}
