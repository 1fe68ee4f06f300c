"""From a delivery to its signals: every item is unwrapped, known by its shape and read by one reader."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from detection import envelope
from detection.fields import cleaned
from detection.item import Item, Reader, Unreadable
from detection.readers import (
    activity_log_event,
    activity_log_record,
    cloudevents_other_version,
    defender_alert,
    defender_alert_export,
    defender_assessment,
    entra_log_record,
    eventgrid_arm,
    eventgrid_keyvault,
    eventgrid_other,
    eventgrid_policy,
    eventgrid_resourcenotifications,
    eventgrid_storage,
    eventgrid_validation,
    graph_directory_audit,
    graph_notification,
    graph_security_alert_v1,
    graph_security_alert_v2,
    keyvault_log_record,
    monitor_budget,
    monitor_common_alert,
    monitor_metric_alert,
    nsg_flow_record,
    person_report,
    sentinel_alert,
    sentinel_entity,
    sentinel_incident,
    sentinel_incident_row,
    sentinel_incident_sdk,
    storage_log_record,
)
from detection.unwrap import Broken, Piece, empty, items
from incident.canonical import digest
from incident.errors import SignalRejected
from incident.redaction import redact
from incident.signal import Signal

__all__ = ["READERS", "Unreadable", "read"]

LONGEST_TITLE = 300
READERS: tuple[Reader, ...] = tuple(  # the first whose shape fits reads: the special before the general
    module.READER
    for module in (
        eventgrid_validation,
        eventgrid_arm,
        eventgrid_resourcenotifications,
        eventgrid_storage,
        eventgrid_keyvault,
        eventgrid_policy,
        eventgrid_other,
        cloudevents_other_version,
        sentinel_incident,
        sentinel_incident_sdk,
        sentinel_incident_row,
        defender_alert_export,
        sentinel_alert,
        sentinel_entity,
        defender_alert,
        defender_assessment,
        monitor_common_alert,
        monitor_metric_alert,
        monitor_budget,
        activity_log_event,
        keyvault_log_record,
        storage_log_record,
        nsg_flow_record,
        entra_log_record,
        activity_log_record,
        graph_directory_audit,
        graph_security_alert_v1,
        graph_security_alert_v2,
        graph_notification,
        person_report,
    )
)


def read(
    payload: bytes | str | object, *, received_at: datetime, source: str | None = None
) -> tuple[Signal | Unreadable, ...]:
    """Every signal of the delivery, in its order; `source` is the route, and names unreadable items only.

    Secrets are redacted before a reader sees the item, so no field can hold one.
    SignalRejected when nothing was delivered; nothing else is raised.
    """
    if empty(payload):
        raise SignalRejected("the body is empty: there is nothing to read")
    return tuple(_read(piece, received_at, source) for piece in _pieces(payload))


def reader_of(body: Mapping[str, Any]) -> Reader | None:
    """The reader of the body's format; None where there is none."""
    return next((reader for reader in READERS if reader.shape(body)), None)


def _pieces(payload: Any) -> Iterator[Piece]:
    found = False
    for piece in items(payload, lambda body: reader_of(body) is not None):
        found = True
        yield piece
    if not found:
        yield Broken("nothing inside its wrappers", payload)


def _read(piece: Piece, received_at: datetime, source: str | None) -> Signal | Unreadable:
    if isinstance(piece, Broken):
        return _parked(piece.reason, piece.original, received_at, source)
    try:
        body = cleaned(piece)
    except ValueError as fault:
        return _parked(str(fault), piece, received_at, source)
    item = Item(body=redact(envelope.decoded(body)), content=digest(body), received_at=received_at)
    reader = reader_of(body)
    if reader is None:
        return _parked("of no known format", piece, received_at, source)
    found = reader.read(item)
    if isinstance(found, Signal):
        return replace(found, title=found.title[:LONGEST_TITLE])
    return replace(found, source=source, original=_bytes(piece))


def _parked(reason: str, original: Any, received_at: datetime, source: str | None) -> Unreadable:
    kept = _bytes(original)
    return Unreadable(
        reason=reason, content=hashlib.sha256(kept).hexdigest(), received_at=received_at, source=source, original=kept
    )


def _bytes(original: Any) -> bytes:
    """The piece as bytes for safe keeping: as it came, or as JSON."""
    if isinstance(original, bytes | bytearray):
        return bytes(original)
    if isinstance(original, str):
        return original.encode("utf-8", "surrogatepass")
    try:
        return json.dumps(original, default=repr).encode()
    except (ValueError, TypeError, RecursionError):
        return repr(type(original)).encode()
