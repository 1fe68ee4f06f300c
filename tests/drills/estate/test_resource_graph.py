from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from drills.estate.activity import ActivityLog
from drills.estate.principals import Principal
from drills.estate.resource_graph import ResourceGraph
from drills.estate.wire import Asked, RefusalError, Reply
from drills.estate.world import Delays, World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def index(clock: Callable[[], datetime]) -> ResourceGraph:
    world = World(clock, Delays())
    return ResourceGraph(world, ActivityLog(world))


def asks(graph: ResourceGraph, query: str = "resources | count") -> Reply:
    caller = Principal("reader", grants={"*"})
    return graph.answer(Asked(method="POST", path="/", body={"query": query}, caller=caller))


def test_who_asks_more_than_fifteen_times_in_five_seconds_is_told_when_to_come_again() -> None:
    now = [NOON]
    graph = index(lambda: now[0])
    left = [asks(graph).headers["x-ms-user-quota-remaining"] for _ in range(15)]

    with pytest.raises(RefusalError) as refusal:
        asks(graph)

    assert (left[0], left[-1]) == ("14", "0")
    assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (429, "1")
    now[0] += timedelta(seconds=1)
    assert asks(graph).status == 200


@pytest.mark.parametrize("query", ["resources | what", "secrets | take 1", "print a ="])
def test_a_query_that_means_nothing_is_refused(query: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        asks(index(lambda: NOON), query)

    assert refusal.value.more["details"][0]["code"] == "InvalidQuery"
