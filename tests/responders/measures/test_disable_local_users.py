from drills.estate.clinic import Clinic
from responders.measures.disable_local_users import MEASURE
from tests.responders.conftest import Run


async def test_a_local_user_that_neither_key_nor_flag_reaches_is_shut_out(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").local_user("courier")
    courier = clinic.thief.with_local_user("phistore", "courier")
    assert not courier.lists("phistore/scans").is_refused

    outcome = await run(MEASURE, "phistore")

    assert outcome.contained
    assert courier.lists("phistore/scans").is_refused
    assert await run.undone(outcome) == clinic.before


async def test_an_account_without_local_users_is_left_alone(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore")

    assert (await run(MEASURE, "phistore")).noop
