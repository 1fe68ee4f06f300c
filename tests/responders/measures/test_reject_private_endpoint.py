from cloud import Cloud
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.reject_private_endpoint import MEASURE, STATE

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
CONNECTION = Target(resource=ResourceId(f"{ACCOUNT}/privateEndpointConnections/theirs"), incident="i-1")


def standing(status: str) -> Before:
    return Before({"properties": {STATE: {"status": status, "description": "Auto-Approved", "actionRequired": "None"}}})


async def test_it_is_rejected_in_the_name_of_the_incident_and_approved_as_it_stood(cloud: Cloud) -> None:
    [reject] = MEASURE.contain(CONNECTION, standing("Approved"))
    [approve] = MEASURE.undo(CONNECTION, standing("Approved"))  # type: ignore[misc] # it has an undo

    rejected = (await cloud.rehearse(reject.send)).body["properties"][STATE]
    approved = (await cloud.rehearse(approve.send)).body["properties"][STATE]

    assert rejected == {"status": "Rejected", "description": "Containment of incident i-1"}
    assert approved == standing("Approved").properties[STATE]


def test_one_that_is_rejected_is_left_alone() -> None:
    assert MEASURE.contain(CONNECTION, standing("Rejected")) == ()
    assert MEASURE.undo(CONNECTION, standing("Rejected")) == ()
