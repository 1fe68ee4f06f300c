"""The ledger: one object with everything that is recorded, over one table door and two blob doors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import starmap
from typing import TYPE_CHECKING, Any, Self

from incident.canonical import plain
from incident.entry import Draft, Entry
from incident.settings import Settings
from ledger.anchors import Anchors, Signer
from ledger.blobs import Blobs
from ledger.chain import Chains
from ledger.deadlines import Deadlines
from ledger.digests import Digests
from ledger.envelope import Envelope
from ledger.evidence import RESTRICTED, Evidence, Restricted
from ledger.keys import Keys, Spell
from ledger.lease import Leases
from ledger.parked import Lot, Parked
from ledger.rows import Chain, Head, Lease
from ledger.tables import Tables, together
from ledger.tallies import Tallies
from ledger.wire import Wire
from ledger.work import Desk, IndexRow, Work

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

TTL = timedelta(seconds=60)
CALL_TIMEOUT = timedelta(seconds=30)


@dataclass
class Ledger:
    """Chains, leases, keys, hints, deadlines, evidence, anchors.

    Whatever cannot do what it says raises LedgerUnavailable.
    """

    wire: Wire
    tables: Tables
    chains: Chains
    leases: Leases
    keys: Keys
    desk: Desk
    deadlines: Deadlines
    digests: Digests
    evidence: Evidence
    restricted: Restricted
    anchors: Anchors
    lot: Lot
    tallies: Tallies

    @classmethod
    async def open(  # noqa: PLR0913 - what wiring may choose, each with its default
        cls,
        settings: Settings,
        *,
        wire: Wire | None = None,
        signer: Signer | None = None,
        envelope: Envelope | None = None,
        credential: "AsyncTokenCredential | None" = None,
        policies: Sequence[Any] = (),
        blob_policies: Sequence[Any] = (),
        ttl: timedelta = TTL,
        call_timeout: timedelta = CALL_TIMEOUT,
    ) -> Self:
        """The ledger that the settings name, its tables made where missing; containers are made on first use.

        `wire`: the connections, closed with the ledger; `policies`, `blob_policies`: azure-core pipeline policies that
        see every request, closest to the wire. `ttl`: how long a lease lasts; `call_timeout`: the longest call then.
        """
        wire = wire or Wire(settings.ca_bundle)
        if credential is None and settings.tables.startswith("https://"):
            credential = wire.identity(settings.identity_evidence)
        tables = Tables(settings.tables, wire, credential, policies)
        evidence = Evidence(Blobs(settings.evidence, wire, credential, blob_policies))
        anchors = Anchors(Blobs(settings.anchors, wire, credential, blob_policies), signer)
        chains = Chains(tables, evidence, ttl)
        restricted = Restricted(Evidence(evidence.blobs, RESTRICTED), envelope, chains.note)
        ledger = cls(
            wire=wire,
            tables=tables,
            chains=chains,
            leases=Leases(tables, chains, ttl, call_timeout),
            keys=Keys(tables),
            desk=Desk(tables),
            deadlines=Deadlines(tables),
            digests=Digests(tables),
            evidence=evidence,
            restricted=restricted,
            anchors=anchors,
            lot=Lot(tables, restricted),
            tallies=Tallies(tables),
        )
        await ledger._ready()
        return ledger

    async def _ready(self) -> None:
        try:
            await self.tables.create()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """What is being written is waited for, then the connections are closed."""
        await self.chains.close()
        await self.desk.close()
        await self.keys.close()
        await self.wire.close()

    async def begin(
        self, incident: str, drafts: Sequence[Draft], *, state: Mapping[str, Any], owner: str = ""
    ) -> Chain:
        """Head, entries, and a lease unless `owner` is empty, in one transaction. LeaseLost when there is a head."""
        return await self.chains.begin(incident, drafts, state=state, owner=owner)

    async def append(
        self,
        incident: str,
        drafts: Sequence[Draft],
        *,
        state: Mapping[str, Any] | None = None,
        lease: Lease | None = None,
    ) -> tuple[Entry, ...]:
        """The drafts as entries, up to 98 in one transaction; `state` is merged into the head's. LeaseLost, Unknown.

        What comes back has its body whole, also where the row has but a reference to it.
        """
        entries = await self.chains.append(incident, drafts, state=state, lease=lease)
        return tuple(starmap(_whole, zip(entries, drafts, strict=True)))

    async def chain(self, incident: str) -> Chain:
        """Head and entries. Unknown."""
        return await self.chains.chain(incident)

    async def entries(self, incident: str, *kinds: str) -> tuple[Entry, ...]:
        """The entries of these kinds alone; none when there is no such incident."""
        return await self.chains.entries(incident, *kinds)

    async def intending(self, since: datetime) -> list[str]:
        """The incidents of about a week that have intended a call since then. It reads through all of them."""
        return await self.chains.intending(since)

    async def note(self, incident: str, *drafts: Draft) -> None:
        """The drafts are in the chain, which is begun with them where there is none."""
        await self.chains.note(incident, *drafts)

    async def head(self, incident: str) -> Head | None:
        """Where the chain stands now, or None."""
        return await self.chains.head(incident)

    async def anchor(self, incident: str, *, at: datetime) -> None:
        """Put the chain's head, as it stands, into the write-once container."""
        if head := await self.head(incident):
            await self.anchors.put(head, at=at)

    async def body(self, entry: Entry) -> Mapping[str, Any]:
        """The entry's body, fetched from evidence where it was too long for the row."""
        return await self.chains.body(entry)

    async def whole(self, chain: Chain) -> list[Entry]:
        """The chain's entries with their bodies, those that were too long for a row fetched from evidence."""
        bodies = await together(self.body(entry) for entry in chain.entries)
        return [replace(entry, body=body) for entry, body in zip(chain.entries, bodies, strict=True)]

    async def take(self, incident: str, owner: str) -> Lease:
        """The lease, under a new term. LeaseLost while another owner's lives."""
        return await self.leases.take(incident, owner)

    async def renew(self, lease: Lease) -> Lease:
        """The lease, running anew. LeaseLost."""
        return await self.leases.renew(lease)

    async def release(self, lease: Lease) -> None:
        """Anybody may take it."""
        await self.leases.release(lease)

    async def claim(self, keys: Sequence[str], incident: str, spell: Spell | None = None) -> str:
        """The incident that the keys belong to: this one, or the earliest that has one of them; some keys pass."""
        return await self.keys.claim(keys, incident, spell)

    async def seen(self, signal_key: str, row: Mapping[str, Any], incident: str = "") -> str | None:
        """None when the signal is new; else its incident, "" when it has none yet."""
        return await self.keys.seen(signal_key, row, incident)

    async def belongs(self, signal_key: str, incident: str) -> None:
        """The signal is in the incident's chain."""
        await self.keys.belongs(signal_key, incident)

    async def owe(self, work: Work) -> None:
        """Something unfinished is noted."""
        await self.desk.owe(work)

    async def settle(self, work_id: str, *, then: Work | None = None) -> None:
        """It is finished, or followed by `then`."""
        await self.desk.settle(work_id, then=then)

    async def due(self, now: datetime, limit: int = 100) -> list[Work]:
        """Work that is due, most overdue first."""
        return await self.desk.due(now, limit)

    async def index(self, row: IndexRow) -> None:
        """The incident stands in the list as given."""
        await self.desk.index(row)

    async def newest(self, limit: int = 50, *, before: IndexRow | None = None, after: str = "") -> list[IndexRow]:
        """The incidents opened last, newest first, after `before` or a row's place."""
        return await self.desk.newest(limit, before=before, after=after)

    async def park(self, source: str, body: bytes, *, reason: str, at: datetime) -> Parked:
        """A signal that cannot be read is kept, sealed, with its reason."""
        return await self.lot.park(source, body, reason=reason, at=at)

    async def parked(self, limit: int = 100) -> list[Parked]:
        """What is parked, longest first."""
        return await self.lot.parked(limit)


def _whole(entry: Entry, draft: Draft) -> Entry:
    return replace(entry, body=plain(draft.body)) if set(entry.body) == {"evidence"} else entry
