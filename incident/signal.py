"""A signal: what somebody claims has happened, in one form whatever wire it came over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from incident.canonical import digest
from incident.resource import ResourceId


class Severity(StrEnum):
    """Severity as the sender gave it, on one scale. It never decides alone."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFORMATIONAL = "informational"


class Standing(StrEnum):
    """What the sender says of the matter. Only `open` may lead to containment.

    `ended`: resolved or dismissed. `failed`: the operation was denied or did not succeed.
    """

    OPEN = "open"
    ENDED = "ended"
    FALSE_POSITIVE = "false_positive"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A claim. Times are aware UTC; `body` is redacted, `content` is the SHA-256 of the original bytes."""

    source: str  # sentinel, defender, monitor, eventgrid, activity, entra, graph, keyvault, storage, network, person
    kind: str  # the wire format, e.g. sentinel-incident
    id: str  # the sender's id of this message
    content: str
    received_at: datetime
    occurred_at: datetime | None = None
    first_activity_at: datetime | None = None
    system_alert_id: str | None = None
    alert_ids: tuple[str, ...] = ()  # every id under which senders know the same alert, system_alert_id included
    correlation_id: str | None = None
    request_id: str | None = None  # x-ms-client-request-id of the write that caused it
    severity: Severity | None = None
    standing: Standing = Standing.OPEN
    drill: bool = False
    title: str = ""
    alert_types: tuple[str, ...] = ()
    operation: str | None = None  # e.g. Microsoft.Storage/storageAccounts/write
    actor: str | None = None
    ip: str | None = None
    resources: tuple[ResourceId, ...] = ()  # most specific first
    hints: Mapping[str, str] = field(default_factory=dict)  # authentication type, container, access key used...
    body: Any = None

    @property
    def key(self) -> str:
        """Two deliveries of one signal share it: kind, id and content; never the time of receipt."""
        return digest([self.source, self.kind, self.id, self.content])

    @property
    def earliest(self) -> datetime:
        """The first time at which this is said to have been going on."""
        return min(t for t in (self.first_activity_at, self.occurred_at, self.received_at) if t is not None)
