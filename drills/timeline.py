"""What a drill shows on a terminal: its timeline as it happens, then a table of all, then one line that counts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from drills.result import Result, Step


class Named(Protocol):
    """What is played: a scenario, or anything else with a name and a title."""

    @property
    def name(self) -> str:
        """As it is asked for."""
        ...

    @property
    def title(self) -> str:
        """As a headline."""
        ...


@contextmanager
def told(console: Console, scenario: Named, *, live: bool) -> Iterator[Callable[[Step], None]]:
    """Where a drill tells its steps: a line each; or, `live`, one picture that is drawn anew."""
    console.print(f"\n[bold]{scenario.name}[/bold]  {scenario.title}", soft_wrap=True)
    if not live:
        yield lambda step: console.print(_line(step), soft_wrap=True)
        return
    steps: list[Step] = []
    with Live(_picture(steps), console=console) as picture:

        def tell(step: Step) -> None:
            steps.append(step)
            picture.update(_picture(steps))

        yield tell


def _line(step: Step) -> Text:
    moment = f"{step.ms:>9,.0f} ms" if step.ms is not None else " " * 12
    mark, colour = ("✓", "green") if step.ok else ("✗", "red")
    return Text.assemble((moment, "cyan"), " ", (mark, colour), f" {step.name:<20}", f" {step.told}")


def _picture(steps: Sequence[Step]) -> Table:
    table = Table.grid()
    for step in steps:
        table.add_row(_line(step))
    return table


def summary(console: Console, results: Sequence[Result]) -> None:
    """All scenarios in a table, every shortfall, and the last line."""
    console.print()
    console.print(_table(results))
    for result in results:
        for shortfall in result.shortfalls:
            console.print(Text(f"{result.name}: {shortfall}", style="red"), soft_wrap=True)
    ok = sum(result.ok for result in results)
    console.print(f"{len(results)} scenarios: {ok} ok, {len(results) - ok} failed", highlight=False)


def _table(results: Sequence[Result]) -> Table:
    table = Table("scenario", "acknowledged", "refused", "trips", "lost", "undone", "", box=None, padding=(0, 2, 0, 0))
    for one in results:
        figures = (_ms(one.write_ack_ms), _ms(one.refused_ms), _or_dash(one.round_trips), _or_dash(one.objects_lost))
        table.add_row(
            one.name, *figures, "exactly" if one.undo else "-", "[green]ok[/]" if one.ok else "[red]failed[/]"
        )
    return table


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)
