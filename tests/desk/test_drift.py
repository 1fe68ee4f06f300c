import pytest

from desk import drift
from incident.plan import Outcome
from tests.desk.office import SOC, Office

STORAGE = "2023-05-01"
LOG = "Microsoft.Insights/eventtypes/values/read"


def reverts(office: Office, who: str) -> None:
    """Somebody puts the account back as his template says."""
    change = {"properties": {"allowBlobPublicAccess": True}}
    office.estate.act(who, "PATCH", office.clinic.account("phistore").id, change, version=STORAGE)


@pytest.fixture
def watched(office: Office) -> Office:
    office.estate.grant("read", LOG)
    office.estate.person("deployer", "*").is_person = False
    office.estate.person("janitor", "*")
    return office


async def test_a_containment_that_a_pipeline_takes_back_is_put_in_place_again_and_explained(watched: Office) -> None:
    incident = await watched.leaks()
    reverts(watched, "deployer")

    assert await drift.sweep(watched.parts) == 1

    again = await watched.step(incident, "ST-01")
    assert (again.step.round, again.outcome) == (2, Outcome.CONTAINED)
    assert watched.clinic.stranger.lists("phistore/scans").is_refused
    [entry] = await watched.entries(incident, "drift")
    assert entry.body["kind"] == "pipeline"
    assert entry.body["by"] == watched.estate.world.directory["deployer"].oid
    assert entry.body["operation"] == "Microsoft.Storage/storageAccounts/write"
    assert entry.body["keep"]["bicep"] == "properties.allowBlobPublicAccess: false"
    assert entry.body["keep"]["terraform"] == "allow_nested_items_to_be_public = false"
    assert len(watched.notices("Containment.Reverted")) == 1


async def test_a_second_reversal_asks_a_person_instead_of_fighting(watched: Office) -> None:
    incident = await watched.leaks()
    reverts(watched, "deployer")
    await drift.sweep(watched.parts)
    reverts(watched, "janitor")
    before = watched.writes()

    assert await drift.sweep(watched.parts) == 1
    assert await drift.sweep(watched.parts) == 0

    asked = await watched.step(incident, "ST-01")
    assert (asked.step.round, asked.hold, asked.outcome) == (3, "approval", None)
    assert watched.writes() == before
    last = (await watched.entries(incident, "drift"))[-1]
    assert (last.body["kind"], last.body["by"]) == ("person", "janitor@clinic.example")

    await watched.says(SOC, incident, asked)
    assert (await watched.step(incident, "ST-01")).outcome is Outcome.CONTAINED


async def test_what_still_stands_and_what_people_have_undone_is_no_drift(watched: Office) -> None:
    incident = await watched.leaks()
    assert await drift.sweep(watched.parts) == 0

    await watched.undoes(SOC, incident)

    assert await drift.sweep(watched.parts) == 0
    assert await watched.entries(incident, "drift") == []


async def test_without_the_activity_log_nobody_is_named(office: Office) -> None:
    incident = await office.leaks()
    reads = office.estate.world.directory["read"].grants
    reads -= {right for right in reads if right.casefold().startswith("microsoft.insights/")}
    office.estate.person("janitor", "*")
    reverts(office, "janitor")

    assert await drift.sweep(office.parts) == 1

    [entry] = await office.entries(incident, "drift")
    assert entry.body["kind"] == "unknown"
    assert (await office.step(incident, "ST-01")).outcome is Outcome.CONTAINED
