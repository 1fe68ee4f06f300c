"""`python -m drills [NAME|classes|all|run]`: play scenarios against the simulated estate, or keep a clinic leaking."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console

from drills import a_year_of_clocks, classes, scenarios, timeline
from drills.by_hand import serve
from drills.drill import CAPTURES, play
from drills.result import Result
from drills.scenario import Scenario

MANY = ("all", "classes")


def arguments() -> argparse.Namespace:
    """The command line."""
    year = a_year_of_clocks.Headline()
    listed = [*((scenario.name, scenario.title) for scenario in scenarios.every()), (year.name, year.title)]
    known = "\n".join(f"  {name:<40} {title}" for name, title in listed)
    parser = argparse.ArgumentParser(
        prog="python -m drills",
        description="Leaks, attackers, containment, proof, clocks and undo, on this machine alone.",
        epilog=f"scenarios:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    says = "a scenario, classes (the default: one of each), all, or run: by hand"
    parser.add_argument("name", nargs="?", default="classes", help=says)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results for machines")
    parser.add_argument("--live", action="store_true", help="redraw the timeline in place")
    parser.add_argument("--port", type=int, default=7071, help="with run: the host's port (7071)")
    return parser.parse_args()


def main() -> int:
    """0 when everything held, 1 when something fell short, 2 when there is no such scenario."""
    given, console = arguments(), Console()
    if given.name == "run":
        return asyncio.run(serve(console, port=given.port))
    try:
        chosen = () if given.name == a_year_of_clocks.NAME else scenarios.named(given.name)
    except KeyError:
        console.print(f"there is no scenario {given.name!r}: see python -m drills --help", highlight=False)
        return 2
    results = asyncio.run(_played(chosen, console, live=given.live))
    if given.name in (*MANY, a_year_of_clocks.NAME):
        results.append(asyncio.run(_year(console, live=given.live)))
    told = classes.rows(results, asyncio.run(classes.faults(results, CAPTURES))) if given.name in MANY else []
    if told:
        classes.show(console, told)
    timeline.summary(console, results)
    if given.json:
        _write(given.json, results, told)
    return int(not all(result.ok for result in results))


def _write(file: Path, results: list[Result], told: list[dict[str, str]]) -> None:
    said = {"scenarios": [one.as_json() for one in results]} | ({"classes": told} if told else {})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said, indent=1) + "\n")


async def _played(chosen: tuple[Scenario, ...], console: Console, *, live: bool) -> list[Result]:
    results = []
    for scenario in chosen:
        with timeline.told(console, scenario, live=live) as tell:
            results.append(await play(scenario, tell))
    return results


async def _year(console: Console, *, live: bool) -> Result:
    with timeline.told(console, a_year_of_clocks.Headline(), live=live) as tell:
        return await a_year_of_clocks.play(tell)


if __name__ == "__main__":
    sys.exit(main())
