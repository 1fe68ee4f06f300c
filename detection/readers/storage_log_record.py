"""A storage account's data-plane record (StorageBlobLogs and its siblings): who read, wrote or deleted, and how.

The record's `uri` may hold a living SAS and names objects: neither leaves the reader. What stays is account, container,
way of signing in, which key signed, the names of the SAS's fields and the stored access policy that it names.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from detection.fields import address, at, identity, mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import container_in, container_of, specific
from detection.severity import severity
from detection.standing import of_operation
from detection.times import utc
from incident.redaction import GONE
from incident.signal import Signal

CATEGORIES = ("storageread", "storagewrite", "storagedelete")
KEY = re.compile(r"\b(key[12])\(", re.IGNORECASE)
FIELDS = frozenset(["sv", "ss", "srt", "sr", "sp", "st", "se", "si", "skoid", "sktid", "sig"])
"""Of an address's parameters, those of a SAS that tell its kind and terms."""
NAMING = frozenset(["uri", "objectkey", "destinationuri", "sourceuri", "referrerheader"])


def looks_like(body: Mapping[str, Any]) -> bool:
    """One of the three categories."""
    return (text(body, "category") or "").casefold() in CATEGORIES


def read(item: Item) -> Signal:
    """`SAS` by `identity.type` or by a signature in the address. The account's name stands even without an id."""
    body, properties = item.body, mapping(item.body, "properties")
    uri, key = text(body, "uri"), text(properties, "objectKey")
    container = container_in(key) or container_in(uri)
    share = "fileservices" in (text(body, "resourceId") or "").casefold() or ".file." in (uri or "")
    entered = text(body, "identity", "type") or text(body, "authenticationType")
    signed = _signed(uri)
    token = KEY.search(text(body, "identity", "tokenHash") or "")
    return Signal(
        source="storage",
        kind="storage-log-record",
        id=text(body, "correlationId") or text(properties, "clientRequestId") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "time")),
        correlation_id=identity(text(body, "correlationId")),
        severity=severity(body, "level"),
        standing=of_operation(text(body, "statusCode"), text(properties, "metricResponseType")),
        title=text(body, "operationName") or "",
        operation=text(body, "operationName"),
        actor=_actor(body),
        ip=address(text(body, "callerIpAddress")),
        resources=specific(
            container_of(text(body, "resourceId"), container, share=share),
            text(body, "resourceId"),
        ),
        hints=hints(
            authentication_type=entered or ("SAS" if signed else None),
            sas_fields=", ".join(signed),
            identifier=signed.get("si"),
            access_key=token and token[1].casefold(),
            account=text(properties, "accountName"),
            client_request_id=text(properties, "clientRequestId"),
            user_agent=text(properties, "userAgentHeader"),
            extracted_size=text(properties, "responseBodySize"),
            **{"share" if share else "container": container},
        ),
        body=_without_objects(body),
    )


def _signed(uri: str | None) -> dict[str, str]:
    """The fields of the SAS in the address, lower case; empty where it has no signature."""
    fields = {name.casefold(): value for name, value in parse_qsl((uri or "").partition("?")[2])}
    return {name: value for name, value in fields.items() if name in FIELDS} if "sig" in fields else {}


def _actor(body: Mapping[str, Any]) -> str | None:
    requester = mapping(body, "identity", "requester")
    return text(requester, "upn") or identity(text(requester, "objectId")) or identity(text(requester, "appId"))


def _without_objects(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: GONE if key.casefold() in NAMING else _without_objects(each) for key, each in value.items()}


READER = Reader(kind="storage-log-record", shape=looks_like, read=read)
