"""`python -m drills.chaos [NAME]`: kill the responder at every crossing of its doors, and see that nothing is lost.

All of it takes hours. What was struck is kept in build/: an interrupted campaign goes on, on the same code.
The order is drawn by the seed: what a part of it has struck is a fair sample of all.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from drills import scenarios
from drills.chaos import leaked_key
from drills.chaos.campaign import Count, campaign
from drills.chaos.kept import Kept
from drills.scenario import Scenario

COLUMNS = ("points", "apart", "struck", "killed", "resumed", "passed by", "repeated", "lost", "said again", "strays")


def every() -> tuple[Scenario, ...]:
    """The scenarios of the drills, and the one of a key that must not be made anew twice."""
    return (*scenarios.every(), leaked_key.SCENARIO)


def arguments() -> argparse.Namespace:
    """The command line."""
    known = "\n".join(f"  {scenario.name:<40} {scenario.title}" for scenario in every())
    parser = argparse.ArgumentParser(
        prog="python -m drills.chaos",
        description=__doc__,
        epilog=f"scenarios:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", default="all", help="a scenario, or all (the default)")
    parser.add_argument("--sample", type=int, metavar="N", help="so many points of all, instead of every one")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="by which they are drawn (1)")
    parser.add_argument("--minutes", type=float, metavar="M", help="end after so many; the next run goes on there")
    parser.add_argument("--anew", action="store_true", help="from the beginning, although one was interrupted")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts for machines")
    return parser.parse_args()


def main() -> int:
    """0 when every point was survived, 1 when one was not, 2 when there is no such scenario."""
    given, console = arguments(), Console()
    chosen = [scenario for scenario in every() if given.name in ("all", scenario.name)]
    if not chosen:
        console.print(f"there is no scenario {given.name!r}: see python -m drills.chaos --help", highlight=False)
        return 2

    def tell(what: str) -> None:
        console.print(what, style="red", highlight=False, soft_wrap=True, markup=False)

    kept = None if given.sample else Kept.here()
    if kept and given.anew:
        kept.forget()
    until = time.monotonic() + given.minutes * 60 if given.minutes else math.inf
    counts = asyncio.run(campaign(chosen, sample=given.sample, seed=given.seed, tell=tell, kept=kept, until=until))
    console.print(table(counts))
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"scenarios": [count.as_json() for count in counts]}, indent=1) + "\n")
    console.print(last_line(counts), highlight=False, soft_wrap=True)
    return int(not all(count.ok for count in counts))


def table(counts: Sequence[Count]) -> Table:
    """A line for each scenario."""
    shown = Table("scenario", *COLUMNS, "", box=None, padding=(0, 2, 0, 0))
    for count in counts:
        shown.add_row(count.name, *_figures(count), "[green]ok[/]" if count.ok else "[red]failed[/]")
    return shown


def _figures(count: Count) -> list[str]:
    return [str(getattr(count, column.replace(" ", "_"))) for column in COLUMNS]


def last_line(counts: Sequence[Count]) -> str:
    """What was counted."""
    apart, killed, resumed, repeated, lost = (
        sum(getattr(count, name) for count in counts) for name in ("apart", "killed", "resumed", "repeated", "lost")
    )
    told = f"{apart} points apart, {killed} killed, {resumed} resumed, {repeated} repeated acts, {lost} lost"
    return f"{len(counts)} scenarios: {told}"


if __name__ == "__main__":
    sys.exit(main())
