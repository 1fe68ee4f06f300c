"""Facts: a person records what is known of an incident at one entity, and every clock is reckoned anew.

Words of people go to the restricted container; the ledger holds a neutral label and the hash of what is sealed there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from compliance.closing import lacking
from compliance.contracts import Agreement
from compliance.fields import FactsInvalid
from compliance.record import Access, Ground, Record, read_record
from desk import carry, clocks, rungs
from desk.clocks import Restated
from desk.duties import OWN, Side
from desk.parties import Party, recorded
from desk.parts import Parts
from desk.register import legal, register
from incident.entry import Draft, Entry
from incident.errors import Refused, Unknown
from incident.person import Person
from ledger import Ref, Work

LABEL = "words of a person"


async def record_facts(parts: Parts, person: Person, incident: str, body: Mapping[str, Any]) -> Restated:
    """The duties after the record. FactsInvalid names a wrong field, Refused what is lacking for a closing.

    A closing that the record leaves without its grounds is open again. Nothing is stored of a record that is wrong or
    refused. Unknown when there is no such incident.
    """
    record = read_record(body)
    entries, agreements = await legal(parts, incident), await register(parts)
    if not any(entry.kind == "signal" for entry in entries):
        raise Unknown(f"there is no incident {incident}")
    entity = _entity(parts, record, agreements)
    trial = Draft(kind="facts", at=parts.now(), by=person.id, body={"entity": entity, "facts": record.facts})
    if missing := _missing(parts, incident, entries, agreements, trial):
        if record.facts.get("closing"):
            raise Refused(f"it cannot be closed: {'; '.join(missing)}", code="ClosingIncomplete")
        record = replace(record, facts={**record.facts, "closing": None})
        trial = replace(trial, body={"entity": entity, "facts": record.facts})
    found = clocks.restate(parts.policy, [*entries, clocks.pending(incident, trial)], agreements, trial.at)
    sealed = await _sealed(parts, incident, record)
    draft = Draft(kind="facts", at=trial.at, by=person.id, body={"entity": entity, "facts": sealed})
    owed = await _asked_about(parts, incident) if "closing" in record.facts else None
    overdue = await clocks.keep(parts, incident, found, draft)
    if overdue:
        await rungs.settle(parts, [await rungs.tell_due(parts, incident, overdue)])
    if owed is None or not await carry.go_on(parts, incident, owed):
        await carry.anchor(parts, incident)
    return found


async def _asked_about(parts: Parts, incident: str) -> Work | None:
    """The work that ends the offers of the incident, or makes them again; None where nothing is planned."""
    if not (await carry.progress(parts, incident)).steps:
        return None
    owed = carry.work(parts, incident)
    await parts.ledger.owe(owed)
    return owed


def _entity(parts: Parts, record: Record, agreements: Sequence[Agreement]) -> str:
    known = {entity.id for entity in parts.policy.covered_entities} | {a.entity for a in agreements if a.entity}
    if record.entity is not None and record.entity not in known:
        raise FactsInvalid("entity", "is no covered entity of the policy or the contracts register")
    return record.entity or OWN


def _missing(
    parts: Parts, incident: str, entries: Sequence[Entry], agreements: Sequence[Agreement], trial: Draft
) -> tuple[str, ...]:
    """What the closing, of the record or from before, lacks as the facts are with the record; nothing without one."""
    entity, facts = trial.body["entity"], trial.body["facts"]
    closing = facts.get("closing", recorded(entries).get(entity, {}).get("closing"))
    if not closing:
        return ()
    still = replace(trial, body={"entity": entity, "facts": {**facts, "closing": None}})
    chain = [*entries, clocks.pending(incident, still)]
    found = clocks.restate(parts.policy, chain, agreements, trial.at)
    party = next(one.party for one in found.reckoned if one.party.entity == entity and one.party.side is Side.WE)
    seen = any(each.get("access") in clocks.ACCESSED for each in recorded(chain).values()) or _logged(entries)
    return lacking(
        {**party.facts, "closing": closing},
        since=min(one.at for one in party.read().knowledge),
        unproved=_running_on(found, party, Ground(closing["ground"])),
        seen=seen,
    )


def _running_on(found: Restated, party: Party, ground: Ground) -> list[str]:
    """The duties that the ground leaves: without access, those of the contracts that ask for every incident."""
    unproved = clocks.unproved(found, party)
    every = {f"CONTRACT:{contract.id}" for contract in party.contracts if not contract.breach_only}
    return [key for key in unproved if ground is not Ground.NO_ACCESS or found.duties[key].clock.id in every]


def _logged(entries: Sequence[Entry]) -> bool:
    """Whether the logs themselves show access."""
    return any(entry.kind == "disclosure" and entry.body["access"] == Access.SEEN for entry in entries)


async def _sealed(parts: Parts, incident: str, record: Record) -> dict[str, Any]:
    """The facts with every place of words holding their label, and where in which sealed blob they are."""
    if not record.words:
        return dict(record.facts)
    ref = await parts.ledger.restricted.put(incident, "words", json.dumps(dict(record.words)).encode())
    return {key: _with_ref(value, ref) for key, value in record.facts.items()}


def _with_ref(value: Any, ref: Ref) -> Any:
    if isinstance(value, dict) and set(value) == {"words"}:
        return {"label": LABEL, "name": ref.name, "sha256": ref.sha256, "size": ref.size, "at": value["words"]}
    if isinstance(value, dict):
        return {key: _with_ref(item, ref) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_ref(item, ref) for item in value]
    return value
