import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.resource import ResourceId

ACCOUNT = "/subscriptions/S1/resourceGroups/Clinic/providers/Microsoft.Storage/storageAccounts/PhiStore"
BLOB = f"{ACCOUNT}/blobServices/default/containers/scans"
NAMES = st.from_regex(r"[A-Za-z0-9_.()-]{1,20}", fullmatch=True).filter(lambda name: name.casefold() != "providers")
KIND = "microsoft.storage/storageaccounts"


def test_two_spellings_of_one_resource_are_one() -> None:
    assert ResourceId.parse(ACCOUNT.upper()) == ResourceId.parse(f"  {ACCOUNT}/ ")
    assert len({ResourceId(ACCOUNT), ResourceId(ACCOUNT.lower())}) == 1
    assert str(ResourceId(ACCOUNT)) == ACCOUNT
    assert ResourceId(ACCOUNT) != ACCOUNT


def test_its_parts_have_names() -> None:
    resource = ResourceId(BLOB)

    assert (resource.subscription, resource.group, resource.name) == ("S1", "Clinic", "scans")
    assert resource.type == "microsoft.storage/storageaccounts/blobservices/containers"
    assert resource.after("BLOBSERVICES") == "default"
    assert resource.after("queues") is None
    assert resource.child("blobs", "x").text == f"{BLOB}/blobs/x"


def test_a_group_and_a_subscription_have_no_type_and_no_parent() -> None:
    group = ResourceId.parse("/subscriptions/S1/resourceGroups/Clinic")

    assert (group.type, group.parent, group.named) == ("", None, False)
    assert ResourceId.parse("/subscriptions/S1").group == ""


@pytest.mark.parametrize("text", ["", "/", "subscriptions", "https://example.org/x", "/providers/Microsoft.Storage"])
def test_what_names_no_subscription_is_no_resource_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a resource id"):
        ResourceId.parse(text)


@pytest.mark.parametrize(
    "text",
    [ACCOUNT, BLOB, f"{ACCOUNT}/blobServices", f"{ACCOUNT}/blobServices/default", f"{BLOB}/blobs", BLOB.upper()],
)
def test_whatever_lies_in_an_account_climbs_to_the_account(text: str) -> None:
    assert ResourceId.parse(text).climb("Microsoft.Storage/storageAccounts") == ResourceId(ACCOUNT)


@pytest.mark.parametrize(
    "text",
    [
        ACCOUNT.rpartition("/")[0],
        "/subscriptions/S1/providers/Microsoft.Storage",
        "/subscriptions/S1",
        ACCOUNT.replace("storageAccounts", "queues"),
    ],
)
def test_what_lies_in_no_account_climbs_nowhere(text: str) -> None:
    assert ResourceId.parse(text).climb(KIND) is None


def test_an_extension_is_of_its_own_type_and_not_of_what_it_extends() -> None:
    lock = ResourceId(f"{ACCOUNT}/providers/Microsoft.Authorization/locks/keep")

    assert lock.type == "microsoft.authorization/locks"
    assert lock.climb(KIND) is None


@pytest.mark.parametrize("odd", ["..", ".", "a b", "a?b", "a#b", "a%2fb", "a\\b", "é", "a:b", "x" * 261])
def test_what_may_not_stand_in_a_url_is_not_addressable(odd: str) -> None:
    assert not ResourceId(f"/subscriptions/S1/resourceGroups/{odd}").addressable


def test_what_azure_itself_names_is_addressable() -> None:
    assert ResourceId(f"{ACCOUNT}/blobServices/default/containers/$web").addressable
    assert ResourceId("/subscriptions/S1/resourceGroups/a.b_(c)-d").addressable


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_every_child_has_its_parent(names: list[str]) -> None:
    here = ResourceId(ACCOUNT)
    for name in names:
        child = here.child("things", name)
        assert child.parent == here
        assert child.climb(KIND) == ResourceId(ACCOUNT)
        here = child


@given(st.text())
def test_any_text_is_read_or_refused_and_stays_itself(text: str) -> None:
    try:
        resource = ResourceId.parse(text)
    except ValueError:
        return
    assert ResourceId.parse(resource.text) == resource
    assert resource.climb(KIND) is None or resource.climb(KIND) == resource.climb(KIND.upper())
