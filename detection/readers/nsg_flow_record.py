"""Flows that a network security group, or a virtual network, logged: one record, or one denormalised flow tuple."""

from collections.abc import Mapping, Sequence
from typing import Any

from detection.fields import address, at, listing, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from detection.standing import of_operation
from detection.times import utc
from incident.signal import Signal

OPERATIONS = ("networksecuritygroupflowevents", "flowlogflowevent")


def looks_like(body: Mapping[str, Any]) -> bool:
    """By its operation."""
    return (text(body, "operationName") or "").casefold() in OPERATIONS


def read(item: Item) -> Signal:
    """The first tuple says from where to where: time, source, destination, ports, protocol, direction, decision."""
    body = item.body
    flow = next(iter(_tuples(body)), ())
    part = dict(enumerate(flow))
    return Signal(
        source="network",
        kind="nsg-flow-record",
        id=text(body, "systemId") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "time")) or utc(part.get(0)),
        standing=of_operation("denied" if part.get(7) == "D" else None),
        title=text(body, "operationName") or "",
        operation=text(body, "operationName"),
        ip=address(part.get(1)),
        resources=specific(text(body, "resourceId"), text(body, "targetResourceID"), text(body, "targetResourceId")),
        hints=hints(
            rule=text(body, "rule"),
            destination=address(part.get(2)),
            port=part.get(4),
            direction={"I": "inbound", "O": "outbound"}.get(part.get(6, "")),
        ),
        body=body,
    )


def _tuples(body: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Tuples of a raw record's `properties.flows[].flows[].flowTuples[]`, or of `flow.0` where it was taken apart."""
    found = [text(each) for key, each in body.items() if key.startswith("flow.")]
    for rule in listing(body, "properties", "flows"):
        for mac in listing(rule, "flows"):
            found += [text(each) for each in listing(mac, "flowTuples")]
    return [each.split(",") for each in found if each]


READER = Reader(kind="nsg-flow-record", shape=looks_like, read=read)
