"""The packet of an incident: its chain and anchors, its clocks, and every draft, in one zip for counsel and auditors.

By default words of people stand there by their hash alone, and privileged documents not at all; with `words` they are
read from the restricted container, each reading entered first, and released documents are added.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from compliance.answers import in_words
from compliance.notices import Matter, sheets
from desk import carry, clocks
from desk.clocks import Reckoned
from desk.duties import OWN, Side, duties
from desk.parties import Party, known_entity, local_today
from desk.parts import Parts
from desk.register import register
from incident.canonical import plain
from incident.entry import Entry
from incident.errors import Unknown
from incident.person import Person
from ledger import Ref
from ledger.audit import exported, record

FILED_AT = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip: the same content is the same zip."""


async def packet(parts: Parts, person: Person, incident: str, *, words: bool = False) -> bytes:
    """The zip. Unknown when there is no such incident."""
    chain = await parts.ledger.chain(incident)
    entries = await parts.ledger.whole(chain)
    files: dict[str, str] = {}
    if clocks.owed(entries):
        files |= await _drafts(parts, person, incident, entries, words=words)
    if words:
        files |= await _released(parts, person, entries)
    await carry.anchor(parts, incident)
    files["chain.jsonl"] = "".join(f"{line}\n" for line in exported(await record(parts.ledger, incident)))
    files["clocks.json"] = _json([duty.body() for duty in duties(entries).values()])
    return _zip({"README.txt": _readme(incident, files), **files})


async def _drafts(
    parts: Parts, person: Person, incident: str, entries: Sequence[Entry], *, words: bool
) -> dict[str, str]:
    found = clocks.restate(parts.policy, entries, await register(parts), parts.now())
    files = {}
    for one in found.reckoned:
        if one.answer is None or not one.party.law:
            continue
        folder = f"{one.party.entity or 'own'}-{one.party.side.value}"
        files[f"{folder}/why.txt"] = "\n".join(in_words(one.party.read(), one.answer)) + "\n"
        said = await _words(parts, person, one.party.facts, words=words)
        for sheet in sheets(_matter(parts, incident, one, said)):
            files[f"{folder}/{sheet.name}.txt"] = sheet.text
            files[f"{folder}/{sheet.name}.html"] = sheet.html
            files[f"{folder}/{sheet.name}.json"] = _json({"missing": sheet.missing, "rows": plain(sheet.rows)})
    return files


def _matter(parts: Parts, incident: str, one: Reckoned, words: Mapping[str, str]) -> Matter:
    if one.answer is None:
        raise Unknown("nothing is owed by this entity")
    party, us = one.party, _ourselves(parts)
    ours = party.side is Side.WE and party.entity != OWN and party.role.value == "business_associate"
    return Matter(
        incident=incident,
        entity=_details(parts, party) if party.entity != OWN else us,
        associate=us if ours or party.side is Side.THEY else {},
        facts=party.facts,
        words=words,
        discovered_on=one.answer.discovered_on,
        written_on=local_today(parts.policy, parts.now()),
    )


def _ourselves(parts: Parts) -> dict[str, str]:
    """Our own name and, where the policy lists us among its entities, our details."""
    name = parts.policy.entity.name
    own = next((entity for entity in parts.policy.covered_entities if entity.name == name), None)
    return {"name": name, **({"kind": own.kind, **own.details} if own else {})}


def _details(parts: Parts, party: Party) -> dict[str, str]:
    known = known_entity(parts.policy, party.entity)
    return {"name": known.name, "kind": known.kind, **known.details} if known else {}


async def _words(parts: Parts, person: Person, facts: Mapping[str, Any], *, words: bool) -> dict[str, str]:
    """The words of people by path, or in their place the hash under which they are sealed."""
    places = list(_places(facts, ""))
    if not words:
        return {path: f"[SEALED {ref.sha256[:16]}]" for path, ref, _ in places}
    said = {}
    for ref in {ref.name: ref for _, ref, _ in places}.values():
        sealed = await parts.ledger.restricted.read(ref, by=person.id, why="packet", at=parts.now())
        said[ref.name] = json.loads(sealed)
    return {path: said[ref.name][at] for path, ref, at in places}


def _places(value: Any, path: str) -> Iterator[tuple[str, Ref, str]]:
    """Where words stand in the facts: the path there, the blob, and their path when they were recorded."""
    if isinstance(value, Mapping):
        if {"label", "name", "sha256", "size", "at"} == set(value):
            yield path, Ref(name=value["name"], sha256=value["sha256"], size=value["size"]), value["at"]
            return
        for key, item in value.items():
            yield from _places(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _places(item, f"{path}[{place}]")


async def _released(parts: Parts, person: Person, entries: Sequence[Entry]) -> dict[str, str]:
    """Privileged documents that counsel has released."""
    files = {}
    for body in (entry.body for entry in entries if entry.kind == "privilege_released"):
        ref = Ref(name=body["name"], sha256=body["sha256"], size=body["size"])
        said = await parts.ledger.restricted.read(ref, by=person.id, why="packet", at=parts.now())
        files[f"released/{body['label']}-{body['sha256'][:8]}.txt"] = said.decode()
    return files


def _readme(incident: str, files: Mapping[str, str]) -> str:
    head = f"Packet of incident {incident}. Drafts are for counsel; nothing here has been sent.\n"
    check = "Check the chain: python -m ledger verify --export chain.jsonl\n\n"
    return head + check + "".join(f"{name}\n" for name in sorted(files))


def _zip(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, FILED_AT), text)
    return packed.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
