"""A write, delete or action through Resource Manager, as Event Grid tells it: what was called, never what changed."""

from collections.abc import Mapping
from typing import Any

from detection.envelope import event, of
from detection.fields import address, identity, mapping, text
from detection.hints import hints
from detection.identity import from_claims
from detection.item import Item, Reader
from detection.operations import canonical, implied
from detection.resources import specific
from detection.standing import of_operation
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """The nine types `Microsoft.Resources.Resource{Write,Delete,Action}{Success,Failure,Cancel}`."""
    return of(body, "Microsoft.Resources.Resource")


def read(item: Item) -> Signal:
    """The type says whether it succeeded; `status` may contradict it, and then counts too."""
    told = event(item.body)
    data, request = mapping(told.data), mapping(told.data, "httpRequest")
    evidence = mapping(data, "authorization", "evidence")
    who = from_claims(mapping(data, "claims"), identity(text(evidence, "principalId")))
    uri = text(data, "resourceUri") or told.subject
    operation = text(data, "operationName") or text(data, "authorization", "action")
    return Signal(
        source="eventgrid",
        kind=f"{told.schema}-arm",
        id=told.id or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=told.time,
        correlation_id=identity(text(data, "correlationId")),
        request_id=identity(text(request, "clientRequestId")),
        standing=of_operation(told.type, text(data, "status")),
        title=told.type,
        operation=canonical(operation) or implied(told.type, uri),
        actor=who.actor,
        ip=address(text(request, "clientIpAddress")) or who.ip,
        resources=specific(uri, told.subject) or specific(told.topic),
        hints=who.hints
        | hints(
            client_request_id=text(request, "clientRequestId"),
            event_type=told.type,
            method=text(request, "method"),
            principal_type=text(evidence, "principalType"),
            role=text(evidence, "role"),
        ),
        body=item.body,
    )


READER = Reader(kind="eventgrid-arm", shape=looks_like, read=read)
