from pathlib import Path

from drills.chaos.campaign import Count
from drills.chaos.kept import Kept

ADDED = {"killed": 1, "resumed": 0, "lost": 2, "faults": ["p-1: lost: a row"]}


def test_what_was_struck_is_known_again_to_the_same_code_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "build" / "chaos.jsonl", "a")
    kept.add("leak", "p-1", ADDED)
    with kept.file.open("a") as file:
        file.write('\n{"code": "a", "scenario": "leak", "po')
    kept.add("leak", "p-2", ADDED)

    assert kept.known() == {("leak", "p-1"): ADDED, ("leak", "p-2"): ADDED}
    assert Kept(kept.file, "b").known() == {}
    kept.forget()
    assert kept.known() == {}


def test_a_count_goes_on_from_what_is_known() -> None:
    count = Count(name="leak", points=2, killed=1, resumed=1)
    before = Count(name="leak", points=2)

    count.add(ADDED)

    assert (count.killed, count.resumed, count.lost, count.ok) == (2, 1, 2, False)
    assert count.since(before)["faults"] == ADDED["faults"]
