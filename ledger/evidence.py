"""Evidence: blobs written once and named by the hash of what is in them.

ePHI has a container of its own, is encrypted before it leaves, and every read of it is an entry in its incident before
the bytes are handed out.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from incident.entry import Draft
from incident.errors import LedgerUnavailable, Unknown
from ledger.blobs import Blobs
from ledger.envelope import Envelope

EVIDENCE, RESTRICTED = "evidence", "restricted"

type Record = Callable[[str, Draft], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A blob: its name, and SHA-256 and size in bytes of what is stored (the sealed form, where it is sealed)."""

    name: str
    sha256: str
    size: int


@dataclass
class Evidence:
    """The container that auditors read: configuration, proofs, prior states; no ePHI."""

    blobs: Blobs
    container: str = EVIDENCE

    async def put(self, incident: str, name: str, data: bytes) -> Ref:
        """The blob's reference. The same bytes under the same name are stored once."""
        digest = hashlib.sha256(data).hexdigest()
        ref = Ref(name=f"{incident}/{digest[:32]}/{plain_name(name)}", sha256=digest, size=len(data))
        await self.blobs.create(self.container, ref.name, data)
        return ref

    async def read(self, ref: Ref) -> bytes:
        """What is stored. Unknown when it is not there, LedgerUnavailable when it is not what was stored."""
        data = await self.blobs.read(self.container, ref.name)
        if data is None:
            raise Unknown(f"there is no evidence {ref.name}")
        if hashlib.sha256(data).hexdigest() != ref.sha256:
            raise LedgerUnavailable(f"evidence {ref.name} is not what was stored: somebody must look")
        return data


@dataclass
class Restricted:
    """ePHI: sealed by the envelope here, so that storage never sees it; each read is recorded first."""

    evidence: Evidence
    envelope: Envelope | None
    record: Record

    async def put(self, incident: str, name: str, data: bytes) -> Ref:
        """The sealed blob's reference; its hash says nothing of the content."""
        sealed = await self._envelope.seal(data, about=incident.encode())
        return await self.evidence.put(incident, name, sealed)

    async def read(self, ref: Ref, *, by: str, why: str, at: datetime) -> bytes:
        """The content, after an entry `evidence_read` with who (object id) and why (a neutral label)."""
        sealed = await self.evidence.read(ref)
        incident = ref.name.split("/")[0]
        body = {"name": ref.name, "sha256": ref.sha256, "why": why}
        await self.record(incident, Draft(kind="evidence_read", at=at, by=by, body=body))
        return await self._envelope.open(sealed, about=incident.encode())

    async def held(self, incident: str) -> list[str]:
        """The names of everything sealed under the incident."""
        return [name async for name in self.evidence.blobs.names(self.evidence.container, f"{incident}/")]

    async def dispose(self, names: Iterable[str]) -> None:
        """The sealed blobs are gone; their hashes stay in the chain."""
        for name in names:
            await self.evidence.blobs.delete(self.evidence.container, name)

    @property
    def _envelope(self) -> Envelope:
        if self.envelope is None:
            raise LedgerUnavailable("there is no key for the restricted container: ePHI is not stored without one")
        return self.envelope


def plain_name(name: str) -> str:
    """The name as it may stand in a blob's path."""
    return re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII)[:80]
