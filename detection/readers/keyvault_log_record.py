"""A Key Vault audit record: who did what to which vault. Names of keys are read, those of secrets are not."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from detection.fields import address, at, identity, mapping, text
from detection.hints import hints
from detection.identity import from_claims
from detection.item import Item, Reader
from detection.resources import specific
from detection.standing import of_operation
from detection.times import utc
from incident.signal import Signal

VAULTS = "/providers/microsoft.keyvault/vaults/"


def looks_like(body: Mapping[str, Any]) -> bool:
    """The category AuditEvent, of a vault."""
    about = (text(body, "resourceId") or "").casefold()
    return text(body, "category") == "AuditEvent" and isinstance(body.get("operationName"), str) and VAULTS in about


def read(item: Item) -> Signal:
    """`resultType` says Success for refused calls too: the HTTP status decides."""
    body = item.body
    who = from_claims(mapping(body, "identity", "claim") or mapping(body, "identity", "claims"))
    outcome = (text(body, "properties", "httpStatusCode"), text(body, "resultSignature"), text(body, "resultType"))
    return Signal(
        source="keyvault",
        kind="keyvault-log-record",
        id=text(body, "correlationId") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "time")),
        correlation_id=identity(text(body, "correlationId")),
        request_id=identity(text(body, "properties", "clientRequestId")),
        standing=of_operation(*outcome),
        title=text(body, "operationName") or "",
        operation=text(body, "operationName"),
        actor=who.actor,
        ip=address(text(body, "callerIpAddress")) or who.ip,
        resources=specific(text(body, "resourceId")),
        hints=who.hints
        | _object(text(body, "properties", "id") or text(body, "properties", "requestUri"))
        | hints(
            user_agent=text(body, "properties", "clientInfo"),
            network_default_action=text(body, "properties", "properties", "networkAcls", "defaultAction"),
        ),
        body=body,
    )


def _object(uri: str | None) -> dict[str, str]:
    """`/keys/{name}` of a vault's address; a Resource Manager address holds none."""
    parts = _path(uri).strip("/").split("/")
    kind = parts[0].casefold().removeprefix("deleted")
    name = parts[1] if kind == "keys" and len(parts) > 1 else None
    return hints(object_type=kind if kind in ("keys", "secrets", "certificates") else None, object_name=name)


def _path(uri: str | None) -> str:
    try:
        return urlsplit(uri or "").path
    except ValueError:
        return ""


READER = Reader(kind="keyvault-log-record", shape=looks_like, read=read)
