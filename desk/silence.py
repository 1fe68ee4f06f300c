"""Listening in the log, once it has had time to arrive: whether those who were cut off are still served.

It is asked at each turn in which the logs are read again. Silence proves what no canary could be tried for; a bearer
who is still served takes a proof back. What the log cannot tell changes nothing.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from cloud.logs import Row
from desk.parts import Parts
from detection.hunts import Hunt, silence
from detection.hunts.silence import Heard
from incident.entry import Draft
from incident.errors import TourniquetError
from incident.plan import Outcome
from incident.resource import ResourceId
from responders.measure import STORAGE_ACCOUNT
from responders.progress import Progress, StepState
from responders.silence import SILENT, key

KIND = "silence"
LOOKED = (Outcome.CONTAINED, Outcome.UNPROVED)


async def listen(parts: Parts, progress: Progress) -> list[Draft]:
    """An entry for each step of which the log now says something else than it said before."""
    asked = list(_asked(progress))
    heard = await asyncio.gather(*(_heard(parts, state, account, cut) for state, account, cut in asked))
    said = zip(asked, heard, strict=True)
    drafts = [_draft(parts, state, cut, each) for (state, _, cut), each in said if each]
    return [draft for draft in drafts if draft.body["silent"] is not progress.steps[draft.body["step"]].silent]


def _asked(progress: Progress) -> Iterator[tuple[StepState, ResourceId, datetime]]:
    """The steps whose effect a log can tell, each with its account and when Azure had acknowledged it."""
    for state in progress.steps.values():
        account = state.step.target.resource.climb(STORAGE_ACCOUNT)
        answered = [call.answered_at for call in state.calls.values() if call.done and call.answered_at]
        if state.step.measure in SILENT and state.outcome in LOOKED and account and answered:
            yield state, account, max(answered)


async def _heard(parts: Parts, state: StepState, account: ResourceId, cut: datetime) -> Heard | None:
    """What the log says; None where it cannot be read."""
    try:
        wanted = silence.hunt(account, SILENT[state.step.measure], cut, key(state.step))
        found, covered = await asyncio.gather(
            _rows(parts, wanted, cut), _rows(parts, silence.coverage(account, cut), cut)
        )
    except (TourniquetError, ValueError):
        return None
    return silence.read(found, covered)


async def _rows(parts: Parts, hunt: Hunt, cut: datetime) -> list[Row]:
    return await parts.cloud.logs.ask(hunt.query, since=cut - hunt.since, until=parts.now())


def _draft(parts: Parts, state: StepState, cut: datetime, heard: Heard) -> Draft:
    """Counts and times alone: no hash, no address."""
    until = heard.until.isoformat() if heard.until else None
    body = {"step": state.step.key, "title": state.step.title, "silent": heard.silent(cut)}
    counts = {"since": cut.isoformat(), "until": until, "known": heard.known, "alive": heard.alive}
    return Draft(kind=KIND, at=parts.now(), body=body | counts)
