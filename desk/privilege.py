"""Counsel's workspace: drafts and advice, apart from the incident's chain and never in a packet unless released.

Documents are sealed under `privileged-{incident}` in the restricted container; a chain of that name holds their hashes
and labels, and who read them. A litigation hold is no law-enforcement delay: it moves no clock, it stops disposal, and
counsel alone lifts it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from compliance.counting import years_after
from compliance.record import token
from desk import carry
from desk.parts import Parts
from incident.entry import Draft, Entry
from incident.errors import Refused, Unknown
from incident.person import Person
from ledger import Ref

HOLDS = "litigation-holds"
EVERYTHING = "*"
YEARS = 6
NO_DOCUMENT = frozenset({"evidence_read", "status", "notice", "disposal"})
"""Entries that say who was told or has looked, and document nothing themselves."""


def workspace(incident: str) -> str:
    """The chain of the incident's privileged documents."""
    return f"privileged-{incident}"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A privileged document: one neutral word for what it is, and where it is sealed."""

    label: str
    ref: Ref
    by: str


async def keep(parts: Parts, person: Person, incident: str, label: str, words: str) -> Document:
    """The document, sealed. FactsInvalid when the label is more than a word; Unknown without the incident."""
    if await parts.ledger.head(incident) is None:
        raise Unknown(f"there is no incident {incident}")
    room = workspace(incident)
    ref = await parts.ledger.restricted.put(room, token(label, "label"), words.encode())
    body = {"label": label, "name": ref.name, "sha256": ref.sha256, "size": ref.size}
    await parts.ledger.note(room, Draft(kind="privileged", at=parts.now(), by=person.id, body=body))
    await carry.anchor(parts, room)
    return Document(label=label, ref=ref, by=person.id)


async def documents(parts: Parts, incident: str) -> list[Document]:
    """What counsel has put there, oldest first."""
    return [_document(entry) for entry in await parts.ledger.entries(workspace(incident), "privileged")]


def _document(entry: Entry) -> Document:
    body = entry.body
    ref = Ref(name=body["name"], sha256=body["sha256"], size=body["size"])
    return Document(label=body["label"], ref=ref, by=entry.by)


async def read(parts: Parts, person: Person, incident: str, sha256: str) -> str:
    """The words of one document; the reading is entered in its chain. Unknown."""
    found = await _find(parts, incident, sha256)
    words = await parts.ledger.restricted.read(found.ref, by=person.id, why="counsel", at=parts.now())
    return words.decode()


async def release(parts: Parts, person: Person, incident: str, sha256: str) -> None:
    """Counsel gives the privilege of one document up: an entry in the incident's own chain says so."""
    found = await _find(parts, incident, sha256)
    body = {"label": found.label, "name": found.ref.name, "sha256": found.ref.sha256, "size": found.ref.size}
    await parts.ledger.append(incident, [Draft(kind="privilege_released", at=parts.now(), by=person.id, body=body)])
    await carry.anchor(parts, incident)


async def _find(parts: Parts, incident: str, sha256: str) -> Document:
    for document in await documents(parts, incident):
        if document.ref.sha256 == sha256:
            return document
    raise Unknown("there is no such document")


@dataclass(frozen=True, kw_only=True)
class LitigationHold:
    """A duty to keep: its matter and custodians are sealed, its scope is incidents, or `*`."""

    id: str
    scope: tuple[str, ...]


async def hold(parts: Parts, person: Person, matter: str, custodians: str, scope: Sequence[str]) -> LitigationHold:
    """Hold everything of the incidents in scope (none named: all). Disposal stops with the entry."""
    kept = tuple(token(name, "scope") for name in scope) or (EVERYTHING,)
    refs = {
        name: await parts.ledger.restricted.put(HOLDS, name, words.encode())
        for name, words in (("matter", matter), ("custodians", custodians))
    }
    found = LitigationHold(id=refs["matter"].sha256[:16], scope=kept)
    body = {
        "id": found.id,
        "scope": list(kept),
        **{name: {"name": ref.name, "sha256": ref.sha256, "size": ref.size} for name, ref in refs.items()},
    }
    await parts.ledger.note(HOLDS, Draft(kind="litigation_hold", at=parts.now(), by=person.id, body=body))
    await carry.anchor(parts, HOLDS)
    return found


async def lift(parts: Parts, person: Person, hold_id: str) -> None:
    """Counsel lifts a hold. Unknown when there is none of that id."""
    if hold_id not in {held.id for held in await holds(parts)}:
        raise Unknown("there is no such litigation hold")
    await parts.ledger.note(HOLDS, Draft(kind="litigation_release", at=parts.now(), by=person.id, body={"id": hold_id}))
    await carry.anchor(parts, HOLDS)


async def holds(parts: Parts) -> list[LitigationHold]:
    """The holds that have not been lifted."""
    entries = await parts.ledger.entries(HOLDS, "litigation_hold", "litigation_release")
    lifted = {entry.body["id"] for entry in entries if entry.kind == "litigation_release"}
    found = [entry.body for entry in entries if entry.kind == "litigation_hold"]
    return [LitigationHold(id=b["id"], scope=tuple(b["scope"])) for b in found if b["id"] not in lifted]


async def check_disposal(parts: Parts, incident: str) -> None:
    """Refused while a litigation hold covers the incident, or the years of retention (45 CFR 164.530(j)) run.

    They run from the youngest document in its chain as well: what was recorded late is kept as long as all else.
    """
    if any(EVERYTHING in held.scope or incident in held.scope for held in await holds(parts)):
        raise Refused("a litigation hold covers this incident: counsel lifts it", code="LitigationHold")
    chain = await parts.ledger.chain(incident)
    entries = [entry for entry in chain.entries if entry.kind not in NO_DOCUMENT]
    clocks = [datetime.fromisoformat(e.body["due_at"]) for e in entries if e.kind == "clock" and _retains(e)]
    written = [datetime.combine(years_after(e.at.date(), YEARS), time.max, UTC) for e in entries]
    last = max([*clocks, *written], default=None)
    if last and last > parts.now():
        raise Refused(f"it is to be kept until {last:%Y-%m-%d}", code="Retention")


def _retains(entry: Entry) -> bool:
    return str(entry.body["row"]).startswith("US-HIPAA-RETAIN")
