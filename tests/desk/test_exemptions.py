"""An exemption from a policy has an end, of which those who allowed it are reminded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.status import status
from drills.estate.settable import resource
from tests.desk.office import OWNER, SOC, Office

GUARD = "/providers/Microsoft.Authorization/policyDefinitions/404c3081-a854-4457-ae30-26a93ef643f9"
VERSION = "2022-07-01-preview"
WAIVED = {"exemptionCategory": "Waiver"}
AGREED = {"metadata": {"approvers": ["oid-soc", "oid-owner"]}}
ALONE = {"metadata": {"approvers": ["oid-soc", "OID-SOC"]}}


@pytest.fixture(autouse=True)
def today(office: Office) -> datetime:
    """The desk's clock is a little ahead of the estate's, so that nothing is of the future."""
    office.clock.at = datetime.now(UTC) + timedelta(minutes=5)
    office.governed(paged=office.clock.at)
    return office.clock.at


def exempts(office: Office, *, days: float | None = None, policy: str = GUARD, **properties: Any) -> str:
    """The account is exempt from a policy on encryption; the exemption's id."""
    account = office.clinic.account("phistore").id
    group = account.partition("/providers/")[0]
    assignment = f"{group}/providers/Microsoft.Authorization/policyAssignments/https-only"
    office.clinic.attacks("PUT", assignment, {"properties": {"policyDefinitionId": policy}}, "2023-04-01")
    ends = {} if days is None else {"expiresOn": (office.clock.at + timedelta(days=days)).isoformat()}
    exemption = f"{account}/providers/Microsoft.Authorization/policyExemptions/for-the-scanner"
    body = {"properties": {"policyAssignmentId": assignment, **WAIVED, **AGREED, **ends, **properties}}
    office.clinic.attacks("PUT", exemption, body, VERSION)
    return exemption


async def words(office: Office, incident: str) -> list[str]:
    return [entry.body["word"] for entry in await office.entries(incident, "exemption")]


def told(office: Office, kind: str) -> list[Any]:
    return [event["data"]["approvers"] for event in office.notices(f"Exemption.{kind}")]


async def test_who_allowed_an_exemption_hears_of_its_end_a_day_before_and_when_it_is_over(office: Office) -> None:
    exempts(office, days=6)
    incident = await office.told()

    for hours in (1, 23, 5 * 24 - 25, 3, 24, 24):
        await office.passes(hours=hours)

    assert await words(office, incident) == ["seen", "soon", "over"]
    assert told(office, "EndsSoon") == told(office, "Over") == [["oid-soc", "oid-owner"]]
    assert [row for row in status(incident, await office.entries(incident))["open"] if row["kind"] == "exemption"] == []


async def test_an_exemption_that_two_have_ended_is_watched_until_it_is_over(office: Office) -> None:
    exempts(office)
    incident = await office.told()
    await office.passes(minutes=2)
    for approver in (SOC, OWNER):
        await office.says(
            approver, incident, *[state for state in await office.steps(incident) if state.step.code == "PO-02"]
        )
    await office.passes(days=1)
    assert await words(office, incident) == ["seen", "seen"]

    await office.passes(days=5)
    await office.passes(days=1)

    assert (await words(office, incident))[-2:] == ["soon", "over"]
    assert told(office, "EndsSoon") == [[SOC.id, OWNER.id]]


async def test_an_exemption_that_is_made_to_last_longer_is_told_of_when_it_should_have_ended(office: Office) -> None:
    exempts(office, days=2)
    incident = await office.told()
    await office.passes(minutes=2)
    exempts(office, days=6)

    await office.passes(days=1, minutes=5)

    assert await words(office, incident) == ["seen", "renewed"]
    assert len(told(office, "Renewed")) == 1
    await office.passes(days=4, minutes=5)
    assert (await words(office, incident))[-1] == "soon"


async def test_an_exemption_that_is_gone_is_not_looked_at_again(office: Office) -> None:
    exemption = exempts(office, days=2)
    incident = await office.told()
    await office.passes(minutes=2)
    office.clinic.attacks("DELETE", exemption, None, VERSION)

    for _ in range(3):
        await office.passes(days=1, minutes=5)

    assert await words(office, incident) == ["seen", "gone"]
    assert [told(office, kind) for kind in ("EndsSoon", "Over", "Renewed")] == [[], [], []]


async def test_an_exemption_that_one_person_has_agreed_to_twice_is_removed_by_two_and_put_back(office: Office) -> None:
    """It names one definition of an initiative that Azure brings along: which one, the initiative says."""
    initiative = "/providers/Microsoft.Authorization/policySetDefinitions/a169a624-5599-4385-a696-c8d643089fab"
    members = [{"policyDefinitionId": GUARD, "policyDefinitionReferenceId": "https"}]
    office.estate.world.store.seed(resource(initiative, policyDefinitions=members))
    exemption = exempts(office, days=3, policy=initiative, policyDefinitionReferenceIds=["https"], **ALONE)
    known = office.estate.world.store.read(exemption)
    incident = await office.told()
    await office.passes(minutes=2)
    steps = [state for state in await office.steps(incident) if state.step.code.startswith("PO-02")]
    assert [state.step.code for state in steps] == ["PO-02b"]

    for approver in (SOC, OWNER):
        await office.says(approver, incident, *steps)
    await office.passes(minutes=2)

    assert office.estate.world.store.read(exemption) is None
    for approver in (SOC, OWNER):
        await office.undoes(approver, incident, [steps[0].step.key])
    await office.goes_on(incident)
    again = office.estate.world.store.read(exemption)
    assert known
    assert again
    assert again["properties"] == known["properties"]
