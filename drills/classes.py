"""The table of all classes of incident: how each has ended in its drills, and what was proved of it."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from detection import rules
from drills import commands
from drills.result import Result

NOT_JUDGED = "not judged"
COLUMNS = ("class", "scenario", "ended", "waited for", "refused", "undone", "chain", "permissions", "validator")


async def faults(results: Sequence[Result], captures: Path) -> Mapping[str, int]:
    """How many faults Microsoft's validator finds in each drill's traffic; empty where its material is not here."""
    files = [captures / f"{one.name}.jsonl" for one in results if (captures / f"{one.name}.jsonl").exists()]
    shared = {"SHARED": os.environ["SHARED"]} if "SHARED" in os.environ else {}
    status, said = await commands.run(shared, "tests.conformance.arm", *map(str, files)) if files else (2, "")
    return {} if status == 2 else dict(json.loads(said.splitlines()[-1]))


def rows(results: Sequence[Result], found: Mapping[str, int]) -> list[dict[str, str]]:
    """One row for each drill of each class, and one for a class that has none."""
    return [row for rule in rules.every() for row in _rows(rule.id, results, found)]


def _rows(incident_class: str, results: Sequence[Result], found: Mapping[str, int]) -> list[dict[str, str]]:
    played = [one for one in results if one.incident_class == incident_class]
    told = [_row(one, found) for one in played] or [("no drill", *[""] * (len(COLUMNS) - 2))]
    return [dict(zip(COLUMNS, (incident_class, *row), strict=True)) for row in told]


def _row(one: Result, found: Mapping[str, int]) -> tuple[str, ...]:
    ended = {step.name: step.ok for step in one.steps}
    judged = found.get(one.name)
    return (
        one.name,
        one.ended if one.ok else f"FAILED: {one.status}",
        one.waited or "nobody",
        "-" if one.refused_ms is None else f"{one.refused_ms:,.0f} ms",
        f"{one.undo or '-'}{f'; {", ".join(one.stays)} stay' if one.stays else ''}",
        "verified" if ended.get("entries and chain") and one.undo else "-",
        one.permissions or "-",
        NOT_JUDGED if judged is None else f"{judged} faults",
    )


def show(console: Console, told: Sequence[Mapping[str, Any]]) -> None:
    """The table, and how many classes have a drill that ended well."""
    table = Table(*COLUMNS, box=None, padding=(0, 2, 0, 0))
    for row in told:
        table.add_row(*(str(row[name]) for name in COLUMNS))
    console.print()
    console.print(table)
    every = {row["class"] for row in told}
    good = {row["class"] for row in told if row["ended"] and not str(row["ended"]).startswith("FAILED")}
    console.print(f"{len(good)} of {len(every)} classes contained, or waiting for people, in a drill", highlight=False)
