"""Faults found in systems of this kind, by their numbers; the others are named where their part is tested."""

from uuid import uuid4

import pytest

from desk import replay, resume
from desk.intake import Left
from drills.estate.faults import cut_before, when
from incident.errors import LedgerUnavailable
from incident.person import Person, Role
from tests.desk.conftest import storage_account  # noqa: F401 - a fixture
from tests.desk.signals.conftest import incoming  # noqa: F401 - a fixture
from tests.desk.signals.incoming import Incoming, alert

ANALYST = Person(id="a001", name="analyst@clinic.example", roles=frozenset({Role.OPERATE.value}))


async def test_fault_2_a_target_is_found_by_its_exact_id_or_not_at_all(incoming: Incoming) -> None:  # noqa: F811
    for name in ("phistore", "phistore2", "oldphistore"):
        incoming.clinic.account(name).opens_to_anyone()
    account = incoming.clinic.account("phistore").id

    await incoming.one("defender", alert(account))
    await incoming.one("defender", alert(account.removesuffix("store")))

    assert incoming.acts
    assert all("/storageAccounts/phistore" in act and "/phistore2" not in act for act in incoming.acts)
    assert incoming.clinic.account("phistore2").has("allowBlobPublicAccess") is True
    assert incoming.clinic.account("oldphistore").has("allowBlobPublicAccess") is True


async def test_fault_8_what_cannot_be_read_is_parked_counted_and_somebody_is_paged(
    incoming: Incoming,  # noqa: F811
) -> None:
    incoming.parts.recent.paged = ""
    results = await incoming.delivered("defender", {"odd": uuid4().hex}, {"odd": uuid4().hex})

    assert all(isinstance(result, Left) for result in results)
    names = {each.id for each in await replay.parked(incoming.parts)}
    assert {result.parked for result in results if isinstance(result, Left)} <= names
    assert len(incoming.told("Signal.Parked")) == 1


async def test_fault_8_a_signal_that_could_not_be_kept_is_refused_and_one_that_was_kept_is_gone_on_with(
    incoming: Incoming,  # noqa: F811
) -> None:
    body = alert(incoming.clinic.account("phistore").opens_to_anyone().id)
    with incoming.ledger_away(), pytest.raises(LedgerUnavailable):
        await incoming.one("defender", body)
    assert incoming.acts == []

    incoming.estate.faults.add(when(method="PATCH", path="storageAccounts/phistore$", nth=1), cut_before())
    await incoming.one("defender", body)
    incoming.clock.passes(minutes=5)
    while await resume.resume(incoming.parts):
        incoming.clock.passes(minutes=5)

    assert incoming.clinic.account("phistore").has("allowBlobPublicAccess") is False


async def test_fault_9_only_what_the_incident_names_is_touched(incoming: Incoming) -> None:  # noqa: F811
    others = [incoming.clinic.account(name).opens_to_anyone() for name in ("labstore", "archive")]

    await incoming.one("defender", alert(incoming.clinic.account("phistore").opens_to_anyone().id))

    assert all("/storageAccounts/phistore" in act for act in incoming.acts)
    assert [other.has("allowBlobPublicAccess") for other in others] == [True, True]


async def test_fault_10_one_cause_makes_one_incident_however_often_it_is_told(incoming: Incoming) -> None:  # noqa: F811
    account = incoming.clinic.account("phistore").opens_to_anyone().id

    receipts = [await incoming.one("defender", alert(account)) for _ in range(50)]

    assert len({receipt.incident for receipt in receipts}) == 1
    await incoming.settled()
