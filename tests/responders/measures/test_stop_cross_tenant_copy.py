from drills.estate.clinic import Clinic
from responders.measures.stop_cross_tenant_copy import MEASURE
from tests.responders.conftest import Run


async def test_the_flag_alone_proves_nothing_while_a_policy_leads_abroad(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").replicates_to(clinic.foreign_account())

    outcome = await run(MEASURE, "phistore")

    assert not outcome.contained


async def test_an_account_that_forbids_it_is_left_alone(clinic: Clinic, run: Run) -> None:
    account = clinic.account("phistore")
    clinic.attacks("PATCH", account.id, {"properties": {"allowCrossTenantReplication": False}}, "2023-05-01")

    assert (await run(MEASURE, "phistore")).noop
