from incident.target import Before
from responders.effective import difference, effective

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"


def account(**properties: object) -> dict[str, object]:
    return effective(Before({"id": ID, "etag": "1", "properties": properties}))


def test_what_the_service_manages_is_no_configuration() -> None:
    assert account(provisioningState="Updating", creationTime="now") == account()
    assert "etag" not in account()


def test_silence_and_its_meaning_are_one() -> None:
    assert account(allowBlobPublicAccess=True) == account() == account(allowBlobPublicAccess=None)
    assert account(allowBlobPublicAccess=False) != account()


def test_what_is_empty_is_not_there() -> None:
    assert account(ipRules=[], tags={}) == account()


def test_the_order_of_a_list_means_nothing() -> None:
    rules = [{"name": "b"}, {"name": "a"}]

    assert account(rules=rules) == account(rules=rules[::-1])


def test_a_difference_shows_before_ours_and_now() -> None:
    before, ours = {"a": {"x": 1, "y": 1}, "b": 1}, {"a": {"x": 2, "y": 1}, "b": 1}

    assert list(difference(before, ours, {"a": {"x": 3, "y": 1}, "c": 4})) == [
        {"at": "a.x", "before": 1, "ours": 2, "now": 3},
        {"at": "b", "before": 1, "ours": 1, "now": None},
        {"at": "c", "before": None, "ours": None, "now": 4},
    ]
    assert list(difference(before, ours, ours)) == []
