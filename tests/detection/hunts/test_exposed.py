from datetime import UTC, datetime

from detection.hunts.disclosure import Disclosed
from detection.hunts.exposed import Foreign, by_entity, holding, improper, summed
from incident.contacts import CoveredEntity
from incident.resource import ResourceId

ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/phistore")
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
AT = datetime(2026, 3, 2, tzinfo=UTC)


def entity(name: str, held: str) -> CoveredEntity:
    return CoveredEntity.of({"id": name, "name": name, "zone": "America/Denver", "holds": [held]})


NORTH, SOUTH = entity("north", f"{CONTAINERS}/north"), entity("south", f"{CONTAINERS}/SOUTH")


def read(path: str, who: str = "", entered: str = "OAuth", reads: int = 1) -> Disclosed:
    named = {"object_id": who, "entered": entered, "address": "", "app_id": ""}
    return Disclosed(path=path, reads=reads, size=1, first=AT, last=AT, **named)


def finding(disposition: str = "contain", **parameters: str) -> dict[str, object]:
    return {"disposition": disposition, "parameters": parameters}


def test_an_identity_is_foreign_in_the_container_that_the_finding_names_and_at_home_elsewhere() -> None:
    foreign = Foreign.of([finding(principals="SP-1", container="south")])
    rows = [read("south/a", "sp-1"), read("north/a", "sp-1"), read("south/b", "sp-2"), read("south/", "sp-1")]

    assert [each.path for each in improper(rows, foreign)] == ["south/a"]


def test_without_a_container_or_unless_it_is_borne_out_nobody_is_foreign() -> None:
    said = [finding(principals="sp-1"), finding("review", principals="sp-1", container="south")]

    assert Foreign.of(said) == Foreign()


def test_objects_are_counted_once_and_readings_each_for_the_entity_that_holds_them() -> None:
    rows = [read("south/a", entered="Anonymous", reads=3), read("south/a", "sp-1"), read("other/x"), read("southern/x")]

    assert by_entity(rows, ACCOUNT, [NORTH, SOUTH]) == {"south": {"objects": 1, "reads": 4}}


def test_an_entity_holds_something_in_its_account_and_all_that_lies_in_its_container() -> None:
    inside = ResourceId(f"{CONTAINERS}/south")

    assert holding(ACCOUNT, [NORTH, SOUTH]) == ["north", "south"]
    assert holding(inside, [NORTH, SOUTH]) == ["south"]


def test_lists_of_several_accounts_add_up() -> None:
    one, other = (
        {"south": {"objects": 1, "reads": 4}},
        {"south": {"objects": 2, "reads": 2}, "north": {"objects": 1, "reads": 1}},
    )

    assert summed([one, other]) == {"north": {"objects": 1, "reads": 1}, "south": {"objects": 3, "reads": 6}}
