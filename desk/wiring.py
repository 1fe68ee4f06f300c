"""Puts the parts together: settings, signed policy, the two doors, the real clock and real ids."""

import base64
import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloud import Cloud
from desk import policy
from desk.parts import Parts
from incident.errors import SettingsIncomplete
from incident.settings import Settings
from ledger import Envelope, Ledger, LocalSigner, LocalWrapping
from ledger.anchors import Signer
from ledger.vault import VaultKey, VaultSigner, VaultWrapping
from ledger.wire import Wire
from responders.runner import Runner


@dataclass(frozen=True, kw_only=True)
class Doors:
    """azure-core policies put last before the wire, by door: what drills count and break. Production has none."""

    arm: Sequence[Any] = ()
    tables: Sequence[Any] = ()
    blobs: Sequence[Any] = ()


NO_DOORS = Doors()


def now() -> datetime:
    """The time, aware UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A new incident's id: its day, for people, and 40 random bits."""
    return f"{now():%Y%m%d}-{secrets.token_hex(5)}"


def owner() -> str:
    """One invocation's name in leases: machine, process, and what tells two invocations of one process apart."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


async def assemble(
    environment: Mapping[str, str], *, now: Callable[[], datetime] = now, doors: Doors = NO_DOORS
) -> Parts:
    """The parts. SettingsIncomplete, PolicyInvalid or LedgerUnavailable when they do not fit together.

    `doors`: pipeline policies that see every request which leaves by the door to Azure, to tables, to blobs.
    """
    settings = Settings.read(environment)
    signed = policy.load(Path(settings.policy))
    cloud = Cloud(settings, policies=doors.arm)
    wire = Wire(settings.ca_bundle)
    ledger = await Ledger.open(
        settings,
        wire=wire,
        signer=_signer(settings, wire),
        envelope=_envelope(settings, wire),
        policies=doors.tables,
        blob_policies=doors.blobs,
    )
    return Parts(
        settings=settings,
        policy=signed,
        cloud=cloud,
        ledger=ledger,
        runner=Runner(cloud, ledger, now=now),
        now=now,
        new_id=new_id,
        owner=owner,
    )


def _signer(settings: Settings, wire: Wire) -> Signer | None:
    """The key that signs anchors, in Key Vault or a PEM file; without one anchors are unsigned, and health says so."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not settings.signing_key:
        return None
    if settings.signing_key.startswith("https://"):
        return VaultSigner(_vault_key("SIGNING_KEY", settings.signing_key, settings, wire))
    key = load_pem_private_key(_file("SIGNING_KEY", settings.signing_key), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsIncomplete("TOURNIQUET_SIGNING_KEY is no Ed25519 key")
    return LocalSigner(key)


def _envelope(settings: Settings, wire: Wire) -> Envelope | None:
    """The key that seals ePHI, in Key Vault or base64 of 32 bytes in a file; without one none is stored."""
    if not settings.wrapping_key:
        return None
    if settings.wrapping_key.startswith("https://"):
        return Envelope(VaultWrapping(_vault_key("WRAPPING_KEY", settings.wrapping_key, settings, wire)))
    try:
        key = base64.b64decode(_file("WRAPPING_KEY", settings.wrapping_key), validate=False)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SettingsIncomplete("TOURNIQUET_WRAPPING_KEY must be the base64 of 32 bytes")
    return Envelope(LocalWrapping(key))


def _vault_key(name: str, uri: str, settings: Settings, wire: Wire) -> VaultKey:
    """The key that the URI names, used under the evidence identity; a version belongs to it, so that it stays known."""
    if not re.fullmatch(r"https://[^/?#]+/keys/[\w-]+/[0-9a-f]{32}", uri):
        raise SettingsIncomplete(f"TOURNIQUET_{name} is no https://VAULT/keys/NAME/VERSION")
    return VaultKey(uri, wire, wire.identity(settings.identity_evidence))


def _file(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as fault:
        raise SettingsIncomplete(f"TOURNIQUET_{name} cannot be read: {type(fault).__name__}") from fault
