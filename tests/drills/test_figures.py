from datetime import UTC, datetime, timedelta

import pytest

from drills import figures
from drills.figures import Exchange

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(ms: float) -> datetime:
    return START + timedelta(milliseconds=ms)


def exchange(method: str, began: float, ended: float, status: int = 200) -> Exchange:
    request = {"method": method, "url": "https://arm/x", "headers": {"X-Ms-Client-Request-Id": f"{method}-{began}"}}
    return {
        "began": at(began).isoformat(),
        "ended": at(ended).isoformat(),
        "liveRequest": request,
        "liveResponse": {"statusCode": str(status), "headers": {}, "body": None},
    }


@pytest.mark.parametrize(
    ("reads", "count"),
    [
        pytest.param([], 1, id="a write alone"),
        pytest.param([(0, 100)], 2, id="a read, then the write"),
        pytest.param([(0, 100), (5, 110)], 2, id="reads side by side count once"),
        pytest.param([(0, 100), (105, 190)], 3, id="a read that waited for another"),
        pytest.param([(0, 100), (5, 110), (105, 190)], 3, id="a short and a long way count as the long one"),
        pytest.param([(0, 100), (150, 250)], 2, id="a read still running when the write left is beside it"),
        pytest.param([(-200, -100), (0, 100)], 2, id="what came before the signal does not count"),
    ],
)
def test_round_trips_are_counted_one_after_another(reads: list[tuple[float, float]], count: int) -> None:
    write = exchange("PATCH", 200, 300)
    exchanges = [exchange("GET", *moments) for moments in reads] + [write, exchange("GET", 310, 400)]

    assert figures.round_trips(exchanges, at(0), write) == count


def test_what_concerns_a_write_is_said_of_its_resource_and_what_lies_in_it() -> None:
    group = "https://arm/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts"
    told = {"PATCH": "one?api-version=1", "GET": "ONE/blobServices/default", "PUT": "another", "DELETE": "one-more"}
    exchanges = [exchange(method, 0, 1) for method in told]
    for each, path in zip(exchanges, told.values(), strict=True):
        each["liveRequest"]["url"] = f"{group}/{path}"

    assert figures.concerning(exchanges, exchanges[0]) == exchanges[:2]


def test_the_first_write_is_the_first_that_was_acknowledged() -> None:
    asked = exchange("POST", 0, 10)
    refused, second, first = (
        exchange("PUT", 0, 50, 403),
        exchange("PATCH", 0, 90),
        exchange("PUT", 20, 80, 202),
    )

    assert figures.first_write([asked, refused, second, first]) == first
    assert figures.first_write([asked, refused]) is None
    assert figures.request_id(first) == "PUT-20"
