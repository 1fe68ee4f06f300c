from drills.estate.clinic import GROUP, Clinic
from responders.measures.snapshot_disk import MEASURE
from tests.responders.line import Line, Wish


async def test_the_copy_lies_in_the_evidence_group_and_nobody_reaches_it(line: Line, clinic: Clinic) -> None:
    incident = await line.plan(Wish(MEASURE, clinic.disk("pacs").id, parameters={"forensic_group": GROUP}))

    await line.go(incident)

    [copy] = line.estate.world.store.of_type("Microsoft.Compute/snapshots", GROUP)
    assert copy["name"] == f"hir-{incident}-pacs"
    assert copy["properties"]["networkAccessPolicy"] == "DenyAll"
    assert copy["properties"]["creationData"]["sourceResourceId"] == clinic.disk("pacs").id
