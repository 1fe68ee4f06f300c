import asyncio
from datetime import timedelta

import pytest

from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import when
from incident.plan import Outcome
from responders.measures import by_id
from responders.progress import Progress, StepState
from responders.runner import Pace
from tests.conftest import Ticking
from tests.responders.line import Line, Wish

REFUSE = by_id("refuse_anonymous_readers")


def only(progress: Progress) -> StepState:
    [state] = progress.steps.values()
    return state


async def test_a_proof_is_waited_for_across_invocations_and_given_up_a_minute_after_the_answer(
    line: Line, clinic: Clinic, estate: Estate, clock: Ticking
) -> None:
    line.pace = Pace(look=timedelta(milliseconds=1), looks=1_000_000)
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    estate.faults.add(when(method="PATCH"), estate.faults.lies())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await line.go(incident)
    assert only(await line.told(incident)).outcome is None

    clock.passes(seconds=61)
    progress = await line.go(incident)

    assert only(progress).outcome is Outcome.UNPROVED
    assert only(progress).why == "not so: flag_off, stranger_refused"


async def test_where_nothing_was_changed_one_look_tells(line: Line, clinic: Clinic, estate: Estate) -> None:
    line.pace = Pace(look=timedelta(hours=1))
    account = clinic.account("phistore")
    await line.go(await line.plan(Wish(REFUSE, account.id)))
    again = await line.plan(Wish(REFUSE, account.id))
    account.opens_to_anyone()

    assert only(await line.go(again)).outcome is Outcome.UNPROVED
    assert estate.snapshot() == clinic.before
