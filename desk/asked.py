"""What only looks weak is asked about once: while an incident asks, or since a person found it meant, no other does."""

from dataclasses import replace

from desk.judged import Judged
from desk.parts import Parts
from desk.verdict import Verdict
from incident.canonical import digest
from incident.finding import Disposition, Finding
from incident.signal import Signal
from ledger.tables import together


async def once(parts: Parts, incident: str, judged: Judged) -> Judged:
    """The same, with what another incident asks already as records; what this one asks leads to it from now on."""
    found = await together(_once(parts, incident, judged.signal, finding) for finding in judged.findings)
    return replace(judged, findings=found)


async def _once(parts: Parts, incident: str, signal: Signal, finding: Finding) -> Finding:
    if not finding.posture or finding.disposition is Disposition.RECORD:
        return finding
    key = _key(signal, finding)
    asking = await parts.ledger.keys.find(key)
    if asking and asking != incident and await _stands(parts, asking):
        reason = f"{finding.reason}; the incident {asking} asks about it"
        return replace(finding, disposition=Disposition.RECORD, reason=reason, targets=(), posture=False)
    await parts.ledger.keys.lead(key, incident)
    return finding


async def _stands(parts: Parts, incident: str) -> bool:
    """Whether the incident was begun, and nobody has found it true: what is true and not mended is asked again."""
    head = await parts.ledger.head(incident)
    return head is not None and head.state.get("verdict") != Verdict.TRUE


def _key(signal: Signal, finding: Finding) -> str:
    """One class about one resource."""
    about = next(iter(finding.targets or signal.resources)).key
    return f"asked:{digest([finding.incident_class, about])}"
