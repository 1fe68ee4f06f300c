"""What is only detected is named as such, in the incident and to people, with the commands for it."""

import pytest

from desk.intake import Receipt, deliver
from drills.estate.clinic import GROUP
from tests.desk.office import Office
from tests.desk.signals.incoming import alert

PROVIDERS = f"{GROUP}/providers"
FHIR = f"{PROVIDERS}/Microsoft.HealthcareApis/workspaces/records/fhirservices/patients"
COSMOS = f"{PROVIDERS}/Microsoft.DocumentDB/databaseAccounts/charts"


@pytest.mark.parametrize(
    ("place", "store", "kind"),
    [(FHIR, "FHIR service", "Nobody.KnowsThis"), (COSMOS, "Cosmos DB", "AzureCosmosDB_DataExfiltration")],
)
async def test_a_store_that_no_measure_contains_is_named_with_its_commands(
    office: Office, place: str, store: str, kind: str
) -> None:
    [receipt] = await deliver(office.parts, alert(place, kind=kind), "defender")

    assert isinstance(receipt, Receipt)
    incident = str(receipt.incident)
    [left, *_] = (await office.entries(incident, "finding"))[0].body["uncontained"]
    assert (left["store"], left["resource"]) == (store, place)
    assert left["by_hand"][0] == f"az resource update --ids {place} --set properties.publicNetworkAccess=Disabled"
    assert await office.status(incident) == "needs a person"
    [told] = office.notices("NeedsPerson")
    assert told["data"]["uncontained"] == [store]
    assert office.writes() == []


async def test_a_data_lake_is_contained_as_an_account_and_its_acls_are_named(office: Office) -> None:
    lake, plain = office.clinic.account("lake"), office.clinic.account("plain")
    state = office.estate.world.store.read(lake.id) or {}
    office.estate.world.store.seed({**state, "properties": {**state["properties"], "isHnsEnabled": True}})
    lake.opens_to_anyone()
    lakes = await office.told()
    plain.opens_to_anyone()
    plains = await office.told()

    named = [entry.body.get("uncontained", []) for entry in await office.entries(lakes, "finding")]
    assert [each["store"] for each in named[0]] == ["Data Lake Storage (hierarchical namespace)"]
    assert await office.status(lakes) == "contained"
    assert not any("uncontained" in entry.body for entry in await office.entries(plains, "finding"))
