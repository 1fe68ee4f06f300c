"""Secrets, keys and certificates of a vault renewed or near expiry, and its access policies changed."""

from collections.abc import Mapping
from typing import Any

from detection.envelope import event, of
from detection.fields import text
from detection.hints import hints
from detection.item import Item, Reader
from detection.operations import canonical
from detection.resources import specific
from incident.signal import Signal

POLICY = "microsoft.keyvault.vaultaccesspolicychanged"


def looks_like(body: Mapping[str, Any]) -> bool:
    """All types of `Microsoft.KeyVault`."""
    return of(body, "Microsoft.KeyVault.")


def read(item: Item) -> Signal:
    """The vault is the topic; the subject is a bare name. Some senders put a space behind the names of `data`."""
    told = event(item.body)
    changed = told.type.casefold() == POLICY
    return Signal(
        source="eventgrid",
        kind=f"{told.schema}-keyvault",
        id=told.id or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=told.time,
        title=told.type,
        operation=canonical("Microsoft.KeyVault/vaults/accessPolicies/write") if changed else None,
        resources=specific(told.topic),
        hints=hints(
            vault=text(told.data, "VaultName"),
            object_type=text(told.data, "ObjectType"),
            object_name=text(told.data, "ObjectName"),
            event_type=told.type,
        ),
        body=item.body,
    )


READER = Reader(kind="eventgrid-keyvault", shape=looks_like, read=read)
