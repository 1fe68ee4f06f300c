"""`python -m drills [NAME|all|run]`: play scenarios against the simulated estate, or keep a leaking clinic running."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console

from drills import a_year_of_clocks, scenarios, timeline
from drills.by_hand import serve
from drills.drill import play
from drills.result import Result
from drills.scenario import Scenario


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
    parser.add_argument("name", nargs="?", default="all", help="a scenario, all (the default), or run: by hand")
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
    if given.name in ("all", a_year_of_clocks.NAME):
        results.append(asyncio.run(_year(console, live=given.live)))
    timeline.summary(console, results)
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"scenarios": [one.as_json() for one in results]}, indent=1) + "\n")
    return int(not all(result.ok for result in results))


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
