"""Scope from logs: the incident's disclosure list joined with the customer's index proposes whose data were taken.

The index, the objects and the persons are sealed in the restricted container, and each reading of them is entered. The
ledger and the answer hold counts, the customers' ids, and who has read: nothing that names a patient.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance import scope as scopes
from compliance.scope import Index, Scope, read_index
from desk import carry, evidence
from desk.parts import Parts
from detection.hunts.disclosure import ANONYMOUS
from incident.canonical import canonical
from incident.entry import Draft, Entry
from incident.errors import Refused, Unknown
from incident.person import Person
from ledger import Ref

CHAIN = "object-index"
WHY = "scope"
ITSELF = Person(id="tourniquet", name="tourniquet", roles=frozenset())

type Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who has read: an object id, an app id or an address, how they came in, and how much they took."""

    identity: str
    entered: str
    objects: int
    reads: int
    size: int
    counted: bool


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a person may record as facts. `objects`: those that the counted readers have read."""

    objects: int
    readers: tuple[Reader, ...]
    scope: Scope


async def take_in(parts: Parts, person: Person, page: str) -> Mapping[str, Any]:
    """The new version of the index. FactsInvalid names line and column; nothing is kept then."""
    found = read_index(page)
    ref = await parts.ledger.restricted.put(CHAIN, "index", page.encode())
    number = len(await parts.ledger.entries(CHAIN, "object_index")) + 1
    body = {"version": number, "rows": found.rows, **_kept(ref)}
    await parts.ledger.note(CHAIN, Draft(kind="object_index", at=parts.now(), by=person.id, body=body))
    await carry.anchor(parts, CHAIN)
    return body


async def standing(parts: Parts) -> Mapping[str, Any]:
    """The entry of the index in force: version, rows, hash. Unknown before the first."""
    versions = await parts.ledger.entries(CHAIN, "object_index")
    if not versions:
        raise Unknown("there is no index of objects yet: POST one to /api/object-index")
    return versions[-1].body


async def propose(parts: Parts, person: Person, incident: str, identities: Collection[str] = ()) -> Proposal:
    """The proposal, entered and sealed. It counts what strangers have read, or those whom a person names.

    Unknown without the incident or an index; Refused without a disclosure list.
    """
    lists = await _lists(parts, incident)
    index = await _index(parts, person)
    rows = [row for entry in lists for row in await _rows(parts, person, entry)]
    paths = sorted({row["path"] for row in rows if _counts(row, identities)})
    found = scopes.scope(paths, index)
    unmatched = [path for path in paths if not index.of(path)]
    sealed = {"persons": found.persons, "paths": paths, "unmatched": unmatched, "identities": sorted(identities)}
    ref = await parts.ledger.restricted.put(incident, WHY, canonical(sealed))
    body = {"objects": len(paths), "unmatched": found.unmatched, "affected": found.affected, **_kept(ref)}
    await parts.ledger.append(incident, [Draft(kind="scope", at=parts.now(), by=person.id, body=body)])
    return Proposal(objects=len(paths), readers=_readers(rows, identities), scope=found)


async def propose_again(parts: Parts, incident: str) -> None:
    """What was proposed last is proposed anew, by the lists as they are now; nothing where nobody has asked."""
    proposals = await parts.ledger.entries(incident, "scope")
    if proposals:
        sealed = json.loads(await _read(parts, ITSELF, proposals[-1]))
        await propose(parts, ITSELF, incident, sealed.get("identities", ()))


async def persons(parts: Parts, person: Person, incident: str, customer: str) -> Sequence[str]:
    """The opaque ids of the last proposal at that customer. Unknown where there is none."""
    proposals = await parts.ledger.entries(incident, "scope")
    if not proposals:
        raise Unknown("there is neither a list of persons nor a scope yet")
    sealed = json.loads(await _read(parts, person, proposals[-1]))
    found: Sequence[str] = sealed["persons"].get(customer, ())
    return found


async def _lists(parts: Parts, incident: str) -> list[Entry]:
    if await parts.ledger.head(incident) is None:
        raise Unknown(f"there is no incident {incident}")
    entries = await parts.ledger.entries(incident, "evidence")
    latest = {entry.body["resource"]: entry for entry in entries if entry.body["label"] == evidence.DISCLOSURE}
    if not latest:
        raise Refused("no disclosure list could be collected: nothing can be proposed", code="NoDisclosureList")
    return list(latest.values())


async def _index(parts: Parts, person: Person) -> Index:
    await standing(parts)
    versions = await parts.ledger.entries(CHAIN, "object_index")
    return read_index((await _read(parts, person, versions[-1])).decode())


async def _rows(parts: Parts, person: Person, entry: Entry) -> list[Row]:
    """The rows about contents; a listing has told names only."""
    found = json.loads(await _read(parts, person, entry))["rows"]
    return [row for row in found if not row["path"].endswith("/")]


async def _read(parts: Parts, person: Person, entry: Entry) -> bytes:
    ref = Ref(name=entry.body["name"], sha256=entry.body["sha256"], size=entry.body["size"])
    return await parts.ledger.restricted.read(ref, by=person.id, why=WHY, at=parts.now())


def _counts(row: Row, identities: Collection[str]) -> bool:
    return _identity(row) in identities if identities else row["entered"].casefold() == ANONYMOUS


def _identity(row: Row) -> str:
    return str(row["object_id"] or row["app_id"] or row["address"])


def _readers(rows: Iterable[Row], identities: Collection[str]) -> tuple[Reader, ...]:
    """By identity and way in, those who took most first."""
    apart: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        apart[_identity(row), row["entered"]].append(row)
    found = [
        Reader(
            identity=identity,
            entered=entered,
            objects=len({row["path"] for row in theirs}),
            reads=sum(row["reads"] for row in theirs),
            size=sum(row["size"] for row in theirs),
            counted=_counts(theirs[0], identities),
        )
        for (identity, entered), theirs in apart.items()
    ]
    return tuple(sorted(found, key=lambda reader: (-reader.objects, reader.identity, reader.entered)))


def _kept(ref: Ref) -> dict[str, Any]:
    return {"name": ref.name, "sha256": ref.sha256, "size": ref.size}
