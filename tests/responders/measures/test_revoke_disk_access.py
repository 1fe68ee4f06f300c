from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Target
from responders.measures.revoke_disk_access import MEASURE
from tests.responders.line import Line, Wish


async def test_an_export_that_is_under_way_breaks_off(line: Line, clinic: Clinic) -> None:
    disk = clinic.disk("pacs")
    export = disk.exported()
    assert not export.reads().is_refused
    incident = await line.plan(Wish(MEASURE, disk.id))

    await line.go(incident)

    assert export.reads().is_refused


def test_snapshots_are_lent_out_too() -> None:
    group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
    named = [
        Target(resource=ResourceId(f"{group}/{kind}/x"), incident="i") for kind in ("disks", "snapshots", "images")
    ]

    assert [len(MEASURE.targets(each)) for each in named] == [1, 1, 0]
