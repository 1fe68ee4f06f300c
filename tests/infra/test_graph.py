"""The script of Graph permissions, run dry: what it would give, and to whom."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "infra" / "graph-permissions.sh"
GRAPH = json.loads((ROOT / "infra" / "roles.json").read_text())["graph"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    bash = ["bash", str(SCRIPT), *words]
    return subprocess.run(bash, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - our own script


@pytest.mark.parametrize("takeover", [False, True])
def test_it_gives_what_the_measures_need_and_takes_over_only_when_asked(takeover: bool) -> None:
    ran = run("reader", "director", "--dry-run", *(["--takeover"] if takeover else []))

    wanted = [f"would give {name} to reader" for name in GRAPH["read"]]
    wanted += [
        f"would give {name} to director" for name in (*GRAPH["directory"], *(GRAPH["takeover"] if takeover else ()))
    ]
    assert (ran.returncode, ran.stdout.splitlines()) == (0, wanted)


@pytest.mark.parametrize("words", [(), ("reader",), ("reader", "director", "--everything")])
def test_it_says_how_it_is_used(words: tuple[str, ...]) -> None:
    ran = run(*words)

    assert (ran.returncode, ran.stderr[:7]) == (2, "usage: ")
