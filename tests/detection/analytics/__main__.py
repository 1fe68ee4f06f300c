"""`python -m tests.detection.analytics`: rules by gates, and how many broken copies of each rule a gate rejects.

A cell says `ok` and rejected/made; whatever is wrong is listed below the table. Where Microsoft's analyser or the
tables are not at hand, its column says so; the run then fails unless `--without-analyser` is given.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from detection import analytics
from drills.estate.kusto import Engine
from tests.conformance.arm import material
from tests.conformance.kql import analyser
from tests.detection.analytics import broken, cases, gates, shape

SCHEMAS = material.shared() / "kql" / "schemas.json"
COLUMNS = ("form", "KQL", "rows", "alert")

type Written = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """What one gate says of one rule: what is wrong with it, and which broken copies it let pass of how many."""

    faults: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    made: int = 0
    ran: bool = True

    @property
    def ok(self) -> bool:
        """Whether the rule passed and none of its broken copies did."""
        return not self.faults and not self.passed

    def __str__(self) -> str:
        """As the table shows it."""
        return f"{'ok' if self.ok else 'NO'} {self.made - len(self.passed)}/{self.made}" if self.ran else "not here"


def main() -> int:
    """0 when every rule passes every gate and every broken copy is rejected."""
    parser = argparse.ArgumentParser(prog="python -m tests.detection.analytics", description=__doc__)
    parser.add_argument("--without-analyser", action="store_true")
    lenient = parser.parse_args().without_analyser
    files = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in analytics.files()}
    with Engine() as engine:
        rows = dict(_rows(engine, files))
    print(f"{'rule':<30}" + "".join(f"{column:>10}" for column in COLUMNS))
    for name, cells in rows.items():
        print(f"{name:<30}" + "".join(f"{cell!s:>10}" for cell in cells))
    every = [cell for cells in rows.values() for cell in cells]
    print(*_wrong(rows), sep="\n", end="")
    made, passed = sum(cell.made for cell in every), sum(len(cell.passed) for cell in every)
    print(f"check-content: {len(rows)} rules, {len(COLUMNS)} gates, {made - passed} of {made} broken copies rejected")
    return int(not all(cell.ok and (cell.ran or lenient) for cell in every))


def _rows(engine: Engine, files: Mapping[str, Written]) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    meant = _meanings(files)
    for name, written in files.items():
        case = cases.of(name)
        form, told = partial(shape.faults, name), partial(gates.alert, engine, case)
        found = partial(gates.rows, engine, case)
        yield (
            name,
            (
                _cell(form(written), broken.shapes(written), form),
                meant[name],
                _cell(found(), broken.queries(case.rule), found),
                _cell(told(), broken.alerts(case.rule), told),
            ),
        )


def _cell[T](faults: Iterable[str], copies: Iterable[tuple[str, T]], gate: Callable[[T], Iterable[str]]) -> Cell:
    made = list(copies)
    return Cell(tuple(faults), tuple(title for title, copy in made if not any(gate(copy))), len(made))


def _meanings(files: Mapping[str, Written]) -> Mapping[str, Cell]:
    """One run of the analyser for all rules and their broken copies."""
    if not SCHEMAS.is_file() or not analyser.PACKAGE.is_dir():
        return dict.fromkeys(files, Cell(ran=False))
    copies = {name: dict(broken.meanings(written)) for name, written in files.items()}
    asked = {name: written["query"] for name, written in files.items()}
    asked |= {f"{name}: {title}": copy["query"] for name, made in copies.items() for title, copy in made.items()}
    verdicts = analyser.analysed(asked, SCHEMAS)
    return {
        name: Cell(
            tuple(analyser.faults(written, verdicts[name])),
            tuple(t for t, copy in copies[name].items() if not analyser.faults(copy, verdicts[f"{name}: {t}"])),
            len(copies[name]),
        )
        for name, written in files.items()
    }


def _wrong(rows: Mapping[str, tuple[Cell, ...]]) -> Iterator[str]:
    for name, cells in rows.items():
        for column, cell in zip(COLUMNS, cells, strict=True):
            yield from (f"{name}, {column}: {fault}\n" for fault in cell.faults)
            yield from (f"{name}, {column}: a broken copy passed: {title}\n" for title in cell.passed)


if __name__ == "__main__":
    sys.exit(main())
