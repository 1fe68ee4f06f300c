"""What a plan needs besides what the rules have read: read once the first wave has left; then the plan grows.

It goes by the chain alone, so that it happens after a crash as well.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from desk import occasion
from desk.parts import Parts
from incident.entry import Entry
from incident.finding import Disposition, Finding, Made
from incident.resource import ResourceId
from responders import planner, prior
from responders.runner import Act


async def grow(parts: Parts, act: Act, entries: Sequence[Entry]) -> bool:
    """Whether the plan has grown: by every step whose target could be read now."""
    incident, findings = act.progress.incident, tuple(contained(entries))
    known = prior.known(act.progress)
    wanted = planner.unread(incident, findings, known, parts.policy)
    if not wanted:
        return False
    read, at = await asyncio.gather(prior.read(parts.cloud, wanted), circumstances(parts, act, entries, findings))
    drafts = planner.drafts(act.progress, findings, known | read, at) if read else []
    if drafts:
        await act.enter(parts.ledger, drafts)
    await occasion.tally(parts, incident, actor(entries), drafts)
    return bool(drafts)


async def circumstances(
    parts: Parts, act: Act, entries: Sequence[Entry], findings: Iterable[Finding]
) -> planner.Circumstances:
    """As when the signal was judged, by the chain; counts and pauses are those of now."""
    now = parts.now()
    classes = sorted({finding.incident_class for finding in findings})
    judged = next((entry for entry in reversed(entries) if entry.kind == "plan" and entry.body.get("known")), None)
    known = dict(judged.body["known"]) if judged else {}
    return planner.Circumstances(
        policy=parts.policy,
        now=now,
        read_at=entries[0].at,  # no reading here shows that a containment was taken back
        actors=frozenset(act.progress.actors),
        acted=await occasion.acted(parts, classes, actor(entries)),
        pauses=act.gate.pauses if act.gate else (),
        **known,
    )


def actor(entries: Iterable[Entry]) -> str | None:
    """Who is said to have caused it, by the latest signal that names somebody."""
    named = [entry.body.get("actor") for entry in entries if entry.kind == "signal"]
    return next((actor for actor in reversed(named) if actor), None)


def contained(entries: Sequence[Entry]) -> Iterator[Finding]:
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
        posture=body.get("posture", False),
        made=_made(body.get("made")),
    )


def _made(body: Mapping[str, Any] | None) -> Made | None:
    return Made(at=datetime.fromisoformat(body["at"]), by=tuple(body["by"])) if body else None
