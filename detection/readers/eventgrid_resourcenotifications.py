"""A resource's full properties after a change (`Microsoft.ResourceNotifications`): the one event with the state."""

from collections.abc import Mapping
from typing import Any

from detection.envelope import event, of
from detection.fields import at, mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.operations import implied
from detection.resources import specific
from detection.times import utc
from incident.signal import Signal

FLAGS = {"0": "false", "1": "true"}  # booleans are sent as integers


def looks_like(body: Mapping[str, Any]) -> bool:
    """Resources created, updated or deleted, and annotations on their health."""
    return of(body, "Microsoft.ResourceNotifications.")


def read(item: Item) -> Signal:
    """The claimed state stands in the hints; it is a claim, and no reason to act without reading the resource."""
    told = event(item.body)
    info, properties = mapping(told.data, "resourceInfo"), mapping(told.data, "resourceInfo", "properties")
    about = text(properties, "targetResourceId") or text(info, "id") or told.subject
    return Signal(
        source="eventgrid",
        kind=f"{told.schema}-resourcenotifications",
        id=told.id or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(told.data, "operationalInfo", "resourceEventTime")) or told.time,
        title=told.type,
        operation=implied(told.type.replace("CreatedOrUpdated", "write"), about),
        resources=specific(about) or specific(told.subject, told.topic),
        hints=hints(event_type=told.type, annotation=text(properties, "annotationName")) | _state(properties),
        body=item.body,
    )


def _state(properties: Mapping[str, Any]) -> dict[str, str]:
    public, key = text(properties, "allowBlobPublicAccess"), text(properties, "allowSharedKeyAccess")
    return hints(
        allow_blob_public_access=FLAGS.get(public or "", public),
        allow_shared_key_access=FLAGS.get(key or "", key),
        network_default_action=text(properties, "networkAcls", "defaultAction"),
        public_network_access=text(properties, "publicNetworkAccess"),
        key_source=text(properties, "encryption", "keySource"),
        minimum_tls_version=text(properties, "minimumTlsVersion"),
    )


READER = Reader(kind="eventgrid-resourcenotifications", shape=looks_like, read=read)
