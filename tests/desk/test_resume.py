"""What a crash has left is taken up, each once."""

from datetime import timedelta

from desk import kept
from ledger import Work
from tests.desk.office import Office


async def open_work(office: Office) -> list[str]:
    due = await office.parts.ledger.due(office.clock() + timedelta(hours=1))
    return sorted(work.kind for work in due if work.kind in ("signal", "incident"))


async def test_the_row_of_a_signal_whose_incident_another_has_in_hand_becomes_the_incidents(
    office: Office,
) -> None:
    incident = await office.leaks()
    [first, *_] = await office.entries(incident, "signal")
    signal = kept.restored(first.body)
    ledger = office.parts.ledger
    await ledger.owe(Work(incident=signal.key, kind="signal", due=office.clock(), body=kept.told(signal)))
    lease = await ledger.take(incident, "another")

    await office.passes(minutes=2)
    assert await open_work(office) == ["incident"]

    await ledger.release(lease)
    await office.passes(minutes=2)
    assert await open_work(office) == []


async def test_of_two_rows_for_an_incident_that_a_crash_has_left_one_stands_for_both(office: Office) -> None:
    incident = await office.leaks()
    ledger = office.parts.ledger
    for minutes in (0, 1):
        due = office.clock() + timedelta(minutes=minutes)
        await ledger.owe(Work(incident=incident, kind="incident", due=due))
    lease = await ledger.take(incident, "another")

    await office.passes(minutes=2)
    assert await open_work(office) == ["incident"]

    await ledger.release(lease)
    await office.passes(minutes=2)
    assert await open_work(office) == []
