import pytest

from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.hold_container import LONGEST, MEASURE, tag
from tests.conftest import policy_of

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
CONTAINER = ResourceId(f"{ACCOUNT}/blobServices/default/containers/scans")


def held(*tags: str, **properties: object) -> Before:
    hold = {"hasLegalHold": bool(tags), "tags": [{"tag": one} for one in tags]}
    return Before({"id": CONTAINER.text, "properties": {"legalHold": hold, **properties}})


def target(incident: str = "2026-11-22-A/7") -> Target:
    return Target(resource=CONTAINER, incident=incident)


@pytest.mark.parametrize("incident", ["2026-11-22-A/7", "x", "t-" + "0123456789abcdef" * 4])
def test_the_incident_is_squeezed_into_what_azure_takes_as_a_tag(incident: str) -> None:
    squeezed = tag(target(incident))

    assert squeezed.isalnum()
    assert squeezed == squeezed.casefold()
    assert 3 <= len(squeezed) <= LONGEST


def test_a_container_that_we_hold_already_is_left_alone() -> None:
    assert MEASURE.contain(target(), held(tag(target()))) == ()
    assert MEASURE.undo(target(), held(tag(target()))) == ()


def test_version_level_immutability_and_an_eleventh_tag_are_refused() -> None:
    versions = held(immutableStorageWithVersioning={"enabled": True})

    assert MEASURE.guard(target(), versions, policy_of()) is not None
    assert MEASURE.guard(target(), held(*(f"tag{n}" for n in range(10))), policy_of()) is not None
    assert MEASURE.guard(target(), held("other"), policy_of()) is None
