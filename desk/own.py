"""Our own writes, coming back as events.

They are known by their request id, which stands in an intent of the resource's incident; where the event tells none, by
identity, target and a state that is what we wrote. Never by identity alone: our identity with a foreign write is an
alarm.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from desk import leads, tell
from desk.parts import Parts
from incident.canonical import digest
from incident.errors import Interrupted, Postponed, Refused
from incident.finding import Disposition, Finding
from incident.settings import Settings
from incident.signal import Signal, Standing
from ledger.tables import together
from responders import measures
from responders.progress import Progress, StepState

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASS = "identity.compromised"
MISUSED = "Tourniquet.Identity.Misused"
LOOKS = (0.0, 1.0)  # seconds: the event may be here before the row that leads from the resource to its incident
BEFORE = timedelta(hours=1)  # at most, from an intent to its write


@dataclass(frozen=True, kw_only=True)
class Echo:
    """`incident`: the write is one of its own. `alarm`: our identity wrote, and we did not."""

    incident: str | None = None
    alarm: Finding | None = None
    causes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What it adds to what the rules find."""
        return (self.alarm,) if self.alarm else ()


def claimed(settings: Settings, signal: Signal) -> bool:
    """Whether one of our identities is said to have written; the reading one asks much by POST, which is no write."""
    verb = (signal.operation or "").casefold().rpartition("/")[2]
    writers = {settings.identity_contain, settings.identity_directory, settings.identity_evidence}
    ours = writers | ({settings.identity_read} if verb in ("write", "delete") else set())
    wrote = verb in ("write", "delete", "action") and signal.standing is Standing.OPEN
    return wrote and bool(_named(signal) & {each.casefold() for each in ours if each})


async def recognised(parts: Parts, signal: Signal) -> Echo:
    """Whether the signal tells of a write of ours, or of one that another made under our identity."""
    if not claimed(parts.settings, signal):
        return Echo()
    for pause in LOOKS:
        await asyncio.sleep(pause)
        if incident := await _incident(parts, signal):
            return Echo(incident=incident)
    if incident := await _unled(parts, signal):
        return Echo(incident=incident)
    reason = "one of our own identities has written what no intent of ours tells of: somebody else acts with it"
    alarm = Finding(incident_class=CLASS, disposition=Disposition.REVIEW, reason=reason)
    return Echo(alarm=alarm, causes=(f"cause:{digest([CLASS, 'our own', *sorted(_named(signal))])}",))


async def alarm(parts: Parts, incident: str | None, signal: Signal, echo: Echo) -> None:
    """Somebody is told at once."""
    if echo.alarm and incident:
        said = {"class": CLASS, "reason": echo.alarm.reason}
        event = tell.notice(parts, incident, MISUSED, signal.key[:32], said)
        await parts.ledger.append(incident, await tell.send(parts, [event]))


def _named(signal: Signal) -> set[str]:
    said = (signal.actor, signal.hints.get("actor_app_id"), signal.hints.get("actor_object_id"))
    return {each.casefold() for each in said if each}


async def _incident(parts: Parts, signal: Signal) -> str | None:
    """The incident of one of the signal's resources that intended the write."""
    found = await together(parts.ledger.keys.find(leads.key(resource.key)) for resource in signal.resources)
    return await _that_intended(parts, signal, (each for each in found if each))


async def _unled(parts: Parts, signal: Signal) -> str | None:
    """The incident that intended the write, where a crash came before the row that leads to it."""
    return await _that_intended(parts, signal, await parts.ledger.intending(signal.earliest - BEFORE))


async def _that_intended(parts: Parts, signal: Signal, incidents: Iterable[str]) -> str | None:
    for incident in dict.fromkeys(incidents):
        entries = await parts.ledger.whole(await parts.ledger.chain(incident))
        if await _intended(parts, signal, Progress.of(incident, entries)):
            return incident
    return None


async def _intended(parts: Parts, signal: Signal, progress: Progress) -> bool:
    if signal.request_id:
        return signal.request_id.casefold() in progress.requests
    written = [state for state in progress.steps.values() if state.step.target.resource in signal.resources]
    return any(await together(_as_written(parts, state) for state in written))


async def _as_written(parts: Parts, state: StepState) -> bool:
    """Whether the resource is, in all that the measure answers for, what we read after writing it."""
    after: Mapping[str, Any] | None = (state.proof or {}).get("after")
    if after is None:
        return False
    measure = measures.by_id(state.step.measure)
    try:
        return dict(measure.own(await measure.read(parts.cloud, state.step.target))) == dict(after)
    except (Refused, Interrupted, Postponed):
        return False
