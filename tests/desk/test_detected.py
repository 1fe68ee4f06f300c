"""The attacker of a drill is found by the very rule that is deployed, asked over the wire, and answered as planned."""

from collections.abc import Callable
from typing import Any

import pytest

from desk.intake import Receipt, deliver
from detection import analytics
from detection.analytics import Analytic
from drills.estate.clinic import GROUP, WORKSPACE, Clinic
from tests.desk.office import Office
from tests.detection.analytics import sentinel

RULES = {rule.name: rule for rule in analytics.every()}


async def found(office: Office, rule: Analytic) -> list[Any]:
    """What Sentinel's run of the rule gives now, over what the drill's traffic has left in the logs."""
    now = office.estate.world.clock()
    return await office.parts.cloud.logs.ask(rule.query, since=now - rule.period, until=now)


async def raised(office: Office, rule: Analytic) -> list[Receipt]:
    """What becomes of the incidents that Sentinel opens, keeps and posts."""
    receipts: list[Receipt] = []
    for row in await found(office, rule):
        kept = sentinel.incident(rule, row, WORKSPACE, office.estate.world.stamp())
        office.estate.world.store.seed(kept)
        [receipt] = await deliver(office.parts, sentinel.posted(kept), "sentinel")
        assert isinstance(receipt, Receipt)
        receipts.append(receipt)
    return receipts


def scanner(clinic: Clinic) -> Callable[[], bool]:
    clinic.account("phistore").opens_to_anyone()
    return lambda: not clinic.stranger.reads("phistore/scans/0001.dcm").is_refused


def shared_link(clinic: Clinic) -> Callable[[], bool]:
    clinic.account("phistore")
    thief = clinic.thief.with_account_sas("phistore")
    for last in range(1, 6):
        thief.through(caller=f"198.51.100.{last}").reads("phistore/scans/0001.dcm")
    return lambda: not thief.reads("phistore/scans/0001.dcm").is_refused


def egress(clinic: Clinic) -> Callable[[], bool]:
    clinic.subnet("phi").opens_egress()
    return clinic.vm("phi-vm").connects("203.0.113.80:443").sends


@pytest.mark.parametrize(
    ("name", "attack", "status"),
    [
        ("anonymous_read", scanner, "contained"),
        ("signature_shared", shared_link, "needs a person"),
        ("egress_opened", egress, "contained"),
    ],
)
async def test_the_deployed_rule_finds_the_attacker_who_is_cut_off_unless_a_person_must_agree(
    office: Office, name: str, attack: Callable[[Clinic], Callable[[], bool]], status: str
) -> None:
    takes, rule = attack(office.clinic), RULES[name]
    office.estate.logs.watchlists["hipaa_assets"] = [GROUP, office.clinic.account("phistore").id]
    assert takes()

    [receipt] = await raised(office, rule)

    assert receipt.classes == (rule.incident_class,)
    assert await office.status(str(receipt.incident)) == status
    assert takes() == (status != "contained")


async def test_the_deployed_rule_finds_nothing_in_what_the_clinic_does_all_day(office: Office) -> None:
    account = office.clinic.account("phistore")
    office.estate.logs.watchlists["hipaa_assets"] = [account.id]
    office.clinic.thief.with_account_sas("phistore").through(caller="10.0.0.4").reads("phistore/scans/0001.dcm")

    assert await found(office, RULES["anonymous_read"]) == []
    assert await found(office, RULES["signature_shared"]) == []
