"""What a plan needs besides what the rules have read: read once the first wave has left; then the plan grows.

It goes by the chain alone, so that it happens after a crash as well.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from desk.parts import Parts
from incident.entry import Entry
from incident.finding import Disposition, Finding
from incident.resource import ResourceId
from responders import planner, prior
from responders.runner import Act


async def grow(parts: Parts, act: Act, entries: Sequence[Entry]) -> bool:
    """Whether the plan has grown: by every step whose target could be read now."""
    incident, findings = act.progress.incident, tuple(_contained(entries))
    known = {state.step.target.resource: state.prior for state in act.progress.steps.values() if state.prior}
    read = await prior.read(parts.cloud, planner.unread(incident, findings, known, parts.policy))
    if not read:
        return False
    at = planner.Circumstances(
        policy=parts.policy,
        now=parts.now(),
        read_at=entries[0].at,  # no reading here shows that a containment was taken back
        actors=frozenset(act.progress.actors),
        pauses=act.gate.pauses if act.gate else (),
    )
    drafts = planner.drafts(act.progress, findings, known | read, at)
    for entry in await parts.ledger.append(incident, drafts, lease=act.lease) if drafts else ():
        act.progress.add(entry)
    return bool(drafts)


def _contained(entries: Sequence[Entry]) -> Iterator[Finding]:
    """The findings that are acted upon, one of each kind."""
    found = {finding: None for entry in entries if entry.kind == "finding" if (finding := _finding(entry.body))}
    yield from found


def _finding(body: Any) -> Finding | None:
    if body["disposition"] != Disposition.CONTAIN.value:
        return None
    return Finding(
        incident_class=body["incident_class"],
        disposition=Disposition.CONTAIN,
        reason=body["reason"],
        targets=tuple(ResourceId(target) for target in body["targets"]),
        exposed=body["exposed"],
        corroborated_by=tuple(body["corroborated_by"]),
        parameters=dict(body.get("parameters") or {}),
    )
