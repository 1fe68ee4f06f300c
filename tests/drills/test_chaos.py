"""The crash campaign: a seeded sample of it, and that it would notice what it is there to notice."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drills import scenarios
from drills.chaos import leaked_key
from drills.chaos.campaign import campaign
from drills.chaos.doors import Crossings
from drills.chaos.points import LEAVES, MARK, RETURNS, STRAYS, Passage, Point, named, traced
from drills.chaos.record import Left

ROTATION = "POST Microsoft.Storage/storageAccounts/phistore/regenerateKey"
STEP = ("step", "ST-06 phistore", "outcome contained")
UNDISTURBED = Left(
    status="contained",
    entries=Counter({STEP: 1}),
    estate={"phistore": "closed"},
    acts=Counter({ROTATION: 2, "PATCH phistore": 1}),
    told=Counter({("Contained", "contained"): 1}),
    fault="",
    owed=Counter(),
)


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    file = tmp_path / "trace"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    yield file, descriptor
    os.close(descriptor)


async def test_a_host_killed_at_any_point_of_a_seeded_sample_ends_as_if_it_had_not_been() -> None:
    told: list[str] = []
    chosen = [*scenarios.named("egress_opened_from_phi_subnet"), leaked_key.SCENARIO]

    counts = await campaign(chosen, sample=5, seed=20261123, tell=told.append)

    assert told == []
    assert sum(count.killed for count in counts) == sum(count.resumed for count in counts) == 5
    assert all(count.points > 100 for count in counts)


@pytest.mark.parametrize(
    ("left", "lost", "repeated"),
    [
        (UNDISTURBED, [], []),
        (replace(UNDISTURBED, acts=Counter({ROTATION: 2, "PATCH phistore": 5})), [], []),
        (
            replace(UNDISTURBED, acts=Counter({ROTATION: 3, "PATCH phistore": 1})),
            [],
            [f"done again: {ROTATION} (1 more)"],
        ),
        (replace(UNDISTURBED, acts=Counter({ROTATION: 2})), ["never done: PATCH phistore"], []),
        (replace(UNDISTURBED, entries=Counter()), [f"entry {' · '.join(STEP)}"], []),
        (replace(UNDISTURBED, entries=Counter({STEP: 2})), [], [f"entry besides {' · '.join(STEP)}"]),
        (replace(UNDISTURBED, told=Counter()), ["notice Contained · contained"], []),
        (replace(UNDISTURBED, estate={"phistore": "open"}), ["another end of phistore: open"], []),
        (replace(UNDISTURBED, status="in progress"), ["the incident is in progress, not contained"], []),
        (replace(UNDISTURBED, owed=Counter(["incident"])), ["still open: incident"], []),
        (replace(UNDISTURBED, fault="removed"), ["the chain: removed"], []),
    ],
)
def test_what_is_lost_or_done_twice_is_named(left: Left, lost: list[str], repeated: list[str]) -> None:
    assert UNDISTURBED.lost(left) == lost
    assert UNDISTURBED.repeated(left) == repeated


def test_a_write_that_sets_the_same_state_again_is_counted_and_no_fault() -> None:
    again = replace(UNDISTURBED, acts=Counter({ROTATION: 2, "PATCH phistore": 3}))
    assert UNDISTURBED.said_again(again) == 2


def test_each_crossing_is_written_down_before_anything_else_happens(trace: tuple[Path, int]) -> None:
    file, descriptor = trace
    crossings = Crossings(descriptor)

    for _ in range(2):
        crossings.come_back("tables POST $batch", crossings.leave("tables POST $batch"))

    sides = [(point.nth, point.side) for point in traced(file)]
    assert sides == [(1, LEAVES), (1, RETURNS), (2, LEAVES), (2, RETURNS)]


def test_points_between_which_nothing_happens_are_struck_once() -> None:
    read, other, write = "arm GET a", "tables GET keys", "tables POST $batch"
    trace = [
        Point(read, 1, LEAVES),
        Point(other, 1, LEAVES),
        Point(read, 1, RETURNS),
        Point(write, 1, LEAVES),
        Point(write, 1, RETURNS),
        Point(other, 2, LEAVES),
        MARK,
        Point(other, 2, RETURNS),
        Point("a connection to ('127.0.0.1', 5)", 1, STRAYS),
    ]

    passage = Passage.of(trace)

    assert len(passage.points) == 7
    assert passage.apart == (trace[0], trace[4], trace[7])


def test_what_is_read_while_a_write_is_on_its_way_stands_apart_from_both_its_ends() -> None:
    read, write = "arm GET Microsoft.Network/operations/*", "tables POST $batch"
    trace = [Point(write, 1, LEAVES), Point(read, 1, LEAVES), Point(read, 1, RETURNS), Point(write, 1, RETURNS)]
    assert Passage.of(trace).apart == tuple(trace)


@pytest.mark.parametrize(
    ("event", "given", "stray"),
    [
        ("socket.connect", (None, ("127.0.0.1", 5)), "a connection to ('127.0.0.1', 5)"),
        ("open", ("/var/kept", "w", 0), "a file written: /var/kept"),
        ("open", ("/var/kept", None, os.O_RDWR), "a file written: /var/kept"),
        ("subprocess.Popen", ("sh",), "subprocess.Popen"),
    ],
)
def test_what_passes_no_door_is_told(
    trace: tuple[Path, int], event: str, given: tuple[object, ...], stray: str
) -> None:
    file, descriptor = trace
    crossings = Crossings(descriptor)

    crossings.audited(event, given)
    crossings.audited("open", ("/var/read", "r", os.O_RDONLY))

    assert traced(file) == [Point(stray, 1, STRAYS)]


@pytest.mark.parametrize(
    ("door", "url", "name"),
    [
        ("tables", "http://127.0.0.1:1/drills7/keys(PartitionKey='a',RowKey='b')", "tables GET keys"),
        ("tables", "http://127.0.0.1:1/drills7/$batch", "tables GET $batch"),
        ("blobs", "http://127.0.0.1:1/drills7/anchors/20261123-0123456789/1", "blobs GET anchors"),
        (
            "arm",
            "https://127.0.0.1:1/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a?api-version=1",
            "arm GET Microsoft.Storage/storageAccounts/a",
        ),
        (
            "arm",
            "https://127.0.0.1:1/subscriptions/s/providers/Microsoft.Network/operations/7d0f6c1e-0000-4000-8000-00000000000f",
            "arm GET Microsoft.Network/operations/*",
        ),
    ],
)
def test_a_crossing_has_the_same_name_in_every_run(door: str, url: str, name: str) -> None:
    assert named(door, "GET", url) == name
