"""Anchors: signed statements of where a chain stood, in a write-once container apart from the tables."""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

from incident.canonical import canonical
from incident.errors import LedgerUnavailable
from ledger.blobs import Blobs
from ledger.rows import Head, row_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CONTAINER = "anchors"

type Signed = Callable[["Anchor"], bool]


class Signer(Protocol):
    """A key that signs and does not leave its place."""

    @property
    def id(self) -> str:
        """Which key it is."""
        ...

    async def sign(self, data: bytes) -> bytes:
        """The signature. LedgerUnavailable when there is none to be had."""
        ...


@dataclass(frozen=True)
class LocalSigner:
    """An Ed25519 key in this process: for drills and single machines."""

    key: "Ed25519PrivateKey" = field(repr=False)
    id: str = "local"

    @classmethod
    def fresh(cls) -> Self:
        """A signer with a new key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    async def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self.key.sign(data)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """At `at` the incident's chain had `sequence` entries and the last one's hash was `hash`."""

    incident: str
    sequence: int
    hash: str
    at: datetime
    key: str = ""
    signature: str = ""

    @property
    def said(self) -> bytes:
        """What is signed."""
        return canonical({name: value for name, value in asdict(self).items() if name != "signature"})

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The anchor in the JSON object. KeyError, TypeError or ValueError when it is none."""
        return cls(**{**body, "at": datetime.fromisoformat(body["at"])})


@dataclass
class Anchors:
    """The container `anchors`; without a signer anchors are written unsigned."""

    blobs: Blobs
    signer: Signer | None

    async def put(self, head: Head, *, at: datetime) -> Anchor:
        """The anchor. LedgerUnavailable when another hash is anchored at that sequence: the chain was rewritten."""
        anchor = Anchor(incident=head.incident, sequence=head.sequence, hash=head.hash, at=at)
        anchor = await sealed(anchor, self.signer) if self.signer else anchor
        name = f"{head.incident}/{row_key(head.sequence)}.json"
        if await self.blobs.create(CONTAINER, name, canonical(anchor)):
            return anchor
        there = await self._read(name)
        if there.hash != head.hash:
            raise LedgerUnavailable(f"{name} anchors another hash: run `python -m ledger verify`, somebody must look")
        return there

    async def _read(self, name: str) -> Anchor:
        data = await self.blobs.read(CONTAINER, name)
        if data is None:
            raise LedgerUnavailable(f"the anchor {name} cannot be read; try again")
        try:
            return Anchor.of(json.loads(data))
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerUnavailable(f"the anchor {name} is none: somebody must look") from error

    async def of(self, incident: str) -> tuple[Anchor, ...]:
        """The incident's anchors, by sequence."""
        return tuple([await self._read(name) async for name in self.blobs.names(CONTAINER, f"{incident}/")])

    async def incidents(self) -> AsyncIterator[str]:
        """Every incident that has an anchor, whether or not its chain is left."""
        last = ""
        async for name in self.blobs.names(CONTAINER):
            incident = name.split("/")[0]
            if incident != last:
                yield incident
            last = incident


async def sealed(anchor: Anchor, signer: Signer) -> Anchor:
    """The anchor with the signer's name and signature."""
    named = replace(anchor, key=signer.id)
    return replace(named, signature=base64.b64encode(await signer.sign(named.said)).decode())


def signed_by(keys: Iterable["Ed25519PublicKey | EllipticCurvePublicKey"]) -> Signed:
    """Whether one of the keys signed an anchor: Ed25519, or ES256 as Key Vault signs."""
    from cryptography.exceptions import InvalidSignature

    trusted = tuple(keys)

    def signed(anchor: Anchor) -> bool:
        for key in trusted:
            try:
                _verify(key, base64.b64decode(anchor.signature, validate=True), anchor.said)
            except (InvalidSignature, binascii.Error):
                continue
            return True
        return False

    return signed


def _verify(key: "Ed25519PublicKey | EllipticCurvePublicKey", signature: bytes, said: bytes) -> None:
    """InvalidSignature when the key did not sign it; an ES256 signature is r and s (RFC 7518, 3.4)."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(key, EllipticCurvePublicKey):
        key.verify(signature, said)
        return
    r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
    key.verify(encode_dss_signature(r, s), said, ECDSA(SHA256()))
