"""What follows when Azure refuses: something else, at its own level, and a person who is told."""

from drills.estate.clinic import GROUP
from drills.estate.places import PHI
from incident.plan import Outcome
from tests.desk.office import SOC, Office

WRITER = "/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe"
ROLE = "providers/Microsoft.Authorization/roleAssignments/0f0f0f0f-0000-4000-8000-00000000000f"


def made_writer(office: Office) -> str:
    """An application may write the data of an account that nobody may delete anything of."""
    account = office.clinic.account("phistore").id
    given = {"principalId": office.estate.member("stolen-app").oid, "principalType": "ServicePrincipal"}
    body = {"properties": {"roleDefinitionId": WRITER, **given}}
    office.clinic.attacks("PUT", f"{account}/{ROLE}", body, "2022-04-01")
    office.clinic.locked(account)
    return account


async def test_a_lock_that_keeps_a_role_leads_to_the_network_once_people_agree(office: Office) -> None:
    account = made_writer(office)
    incident = await office.told()
    removal = await office.step(incident, "RB-01")
    await office.says(SOC, incident, removal)

    refused, instead = await office.step(incident, "RB-01"), await office.step(incident, "ST-03")
    assert (refused.outcome, refused.code) == (Outcome.REFUSED, "ScopeLocked")
    assert (instead.hold, instead.step.target.resource.text) == ("approval", account)

    await office.says(SOC, incident, instead)

    assert (await office.step(incident, "ST-03")).outcome is Outcome.CONTAINED
    assert office.estate.effective(account)["properties"]["networkAcls"]["defaultAction"] == "Deny"
    [told] = [each["data"] for each in office.notices("Containment.Refused") if each["data"]["measure"] == "RB-01"]
    assert "the owner removes the lock" in told["why"]
    assert told["instead"] == [{"title": instead.step.title, "measure": "ST-03", "needs": "one approver"}]


async def test_an_alternative_that_is_refused_too_has_one_and_then_it_ends(office: Office) -> None:
    office.clinic.account("phistore").opens_to_anyone()
    office.estate.deny("Accounts stay as deployed", "storageAccounts/phistore$")
    incident = await office.told()

    for code in ("ST-03", "ST-04"):
        await office.says(SOC, incident, await office.step(incident, code))
    steps = len(await office.steps(incident))
    await office.goes_on(incident)

    outcomes = {state.step.code: state.outcome for state in await office.steps(incident)}
    assert [outcomes[code] for code in ("ST-01", "ST-03", "ST-04")] == [Outcome.REFUSED] * 3
    assert outcomes["ST-02"] is Outcome.CONTAINED
    assert len(await office.steps(incident)) == steps
    assert await office.status(incident) == "needs a person"
    told = [each["data"]["measure"] for each in office.notices("Containment.Refused")]
    assert sorted(told) == ["ST-01", "ST-03", "ST-04"]
    assert office.estate.effective(f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phistore")["tags"] == PHI
