"""A resource's compliance with Azure Policy changed; such events come out of order and carry their own timestamp."""

from collections.abc import Mapping
from typing import Any

from detection.envelope import event, of
from detection.fields import at, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from detection.times import utc
from incident.signal import Signal, Standing


def looks_like(body: Mapping[str, Any]) -> bool:
    """All types of `Microsoft.PolicyInsights`."""
    return of(body, "Microsoft.PolicyInsights.")


def read(item: Item) -> Signal:
    """A state that is compliant again, or deleted, is ended."""
    told = event(item.body)
    state = text(told.data, "complianceState")
    over = state == "Compliant" or told.type.endswith("Deleted")
    return Signal(
        source="eventgrid",
        kind=f"{told.schema}-policy",
        id=told.id or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(told.data, "timestamp")) or told.time,
        standing=Standing.ENDED if over else Standing.OPEN,
        title=told.type,
        resources=specific(told.subject) or specific(told.topic),
        hints=hints(
            compliance=state,
            policy_assignment=text(told.data, "policyAssignmentId"),
            policy_definition=text(told.data, "policyDefinitionId"),
            event_type=told.type,
        ),
        body=item.body,
    )


READER = Reader(kind="eventgrid-policy", shape=looks_like, read=read)
