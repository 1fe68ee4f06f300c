"""A person's report, taken in like any other claim; the words, which may be PHI, go to restricted evidence."""

from collections.abc import Mapping
from typing import Any

from desk.intake import Left, Receipt, deliver
from desk.parts import Parts
from incident.canonical import digest
from incident.entry import Draft
from incident.person import Person

LABEL = "a report in a person's words"


async def report(parts: Parts, person: Person, body: Mapping[str, Any]) -> list[Receipt | Left]:
    """What became of the report. The ledger holds who reported and the hash of the sealed words."""
    results = await deliver(parts, {**body, "actor": person.id}, "person")
    for result in results:
        if isinstance(result, Receipt) and result.incident and not result.duplicate:
            await _keep(parts, person, result.incident, str(body.get("report", "")))
    return results


async def _keep(parts: Parts, person: Person, incident: str, words: str) -> None:
    kept = await parts.ledger.restricted.put(incident, f"report-{digest(words)[:16]}", words.encode())
    body = {"name": kept.name, "sha256": kept.sha256, "size": kept.size, "label": LABEL}
    await parts.ledger.append(incident, [Draft(kind="evidence", at=parts.now(), by=person.id, body=body)])
