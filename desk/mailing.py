"""What came of the letters: counted by opaque person id; the tenth bad address starts substitute notice."""

from dataclasses import dataclass

from compliance.mailing import Tally, read_outcomes, tally
from desk import tell
from desk.clocks import Restated
from desk.duties import OWN
from desk.facts import record_facts
from desk.parties import recorded
from desk.parts import Parts
from desk.register import legal
from incident.entry import Draft
from incident.person import Person

SUBSTITUTE = "Tourniquet.Notice.SubstituteDue"


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """Where the mailing stands, and what that changed."""

    tally: Tally
    restated: Restated


async def mailed(parts: Parts, person: Person, incident: str, page: str, entity: str | None = None) -> Mailed:
    """Take in the whole list of outcomes so far (CSV). FactsInvalid names line and column; nothing is kept then."""
    found = tally(read_outcomes(page))
    ref = await parts.ledger.restricted.put(incident, f"mailing-{entity or 'own'}", page.encode())
    known = recorded(await legal(parts, incident)).get(entity or OWN, {}).get("substitute") or {}
    facts = {"entity": entity, "substitute": {**known, "bad_contacts": found.bad}}
    restated = await record_facts(parts, person, incident, facts)
    body = {"label": "mailing", "entity": entity or "", "mailed": found.mailed, "bad": found.bad}
    kept = {"name": ref.name, "sha256": ref.sha256, "size": ref.size}
    drafts = [Draft(kind="mailing", at=parts.now(), by=person.id, body={**body, **kept})]
    if found.substitute:
        event = tell.notice(parts, incident, SUBSTITUTE, entity or "own", {"entity": entity or "", "bad": found.bad})
        drafts += await tell.send(parts, [event])
    await parts.ledger.append(incident, drafts)
    return Mailed(tally=found, restated=restated)
