"""Cases of the analytics rules: rows of the logs, written small, and how a rule is run over them as Sentinel does.

`cases/<rule>.yaml` holds `found` (rows that must raise `alerts` alerts, one unless it says otherwise) and `quiet` (rows
by a title, that must raise none), `place` (the resource that the alert is about), `finding` (what follows once incident
and place are read) and `state`, where it matters: the place (null: it is gone) and, by path, what lies below.

A row says only what differs from its table's row in `rows.yaml`; `in` names another table than the rule's first, `ago`
its age, `times` makes many of it, in which `{n}` counts. Under `quiet`, a mapping instead of rows is `found`
with these changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from detection import analytics
from detection.analytics import Analytic, span
from drills.estate import kusto
from drills.estate.world import stamp

type Row = Mapping[str, Any]
type Tables = dict[str, list[dict[str, Any]]]

FOLDER = Path(__file__).with_name("cases")
NOW = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)
MOMENT = timedelta(seconds=20)  # the age of a row that says none
RULES = {rule.name: rule for rule in analytics.every()}
SHARED = yaml.safe_load(Path(__file__).with_name("rows.yaml").read_text("utf-8"))


@dataclass(frozen=True, kw_only=True)
class Cases:
    """What one rule must find and what it must not."""

    rule: Analytic
    found: Sequence[Row]
    quiet: Mapping[str, Sequence[Row]]
    alerts: int
    place: str | None
    finding: str
    state: Mapping[str, Any] | None

    def every(self) -> Iterator[tuple[str, Tables, int]]:
        """Title, rows and how many alerts they must raise; first what tells a broken copy soonest."""
        for title, rows in self.quiet.items():
            yield title, tables(self.rule, rows), 0
        yield "found", tables(self.rule, self.found), self.alerts

    @property
    def aged(self) -> Tables:
        """What must be found, one period too old."""
        return tables(self.rule, [{**row, "ago": _age(row) + self.rule.period} for row in self.found])


@cache
def of(name: str) -> Cases:
    """The cases of the rule, and those that its table brings along."""
    written = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    rule, found = RULES[name], written["found"]
    shared = {title: _changed(found, change) for title, change in _brought(rule).items()}
    own = {
        title: rows if isinstance(rows, list) else _changed(found, rows)
        for title, rows in written.get("quiet", {}).items()
    }
    return Cases(
        rule=rule,
        found=found,
        quiet=own | {title: rows for title, rows in shared.items() if title not in own},
        alerts=written.get("alerts", 1),
        place=written["place"],
        finding=written["finding"],
        state=written.get("state", {}),
    )


def raised(engine: kusto.Engine, rule: Analytic, found: Tables, query: str | None = None) -> Sequence[dict[str, Any]]:
    """The rows that the rule gives at NOW, each of which Sentinel makes an alert of; tables are cut to its period."""
    cut = kusto.clipped(found, (NOW - rule.period, NOW))
    return engine.run(query or rule.query, cut, now=NOW, watchlists=SHARED["watchlists"]).rows


def tables(rule: Analytic, rows: Sequence[Row]) -> Tables:
    """The rows, whole, by table; every table of the rule is there."""
    found: Tables = {name: [] for name in rule.tables}
    for row in rows:
        name = row.get("in", rule.tables[0])
        found[name] += [_whole(name, row, number) for number in range(row.get("times", 1))]
    return found


def _whole(table: str, row: Row, number: int) -> dict[str, Any]:
    said = {name: value for name, value in row.items() if name not in ("in", "ago", "times")}
    numbered = {name: _numbered(value, number) for name, value in (SHARED["rows"][table] | said).items()}
    return {"TimeGenerated": stamp(NOW - _age(row))} | numbered


def _numbered(value: Any, number: int) -> Any:
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


def _age(row: Row) -> timedelta:
    ago = row.get("ago", MOMENT)
    return ago if isinstance(ago, timedelta) else span(ago)


def _changed(rows: Sequence[Row], change: Row) -> list[Row]:
    """The rows with the change; `in` says of which table it speaks, all where it says none."""
    table = change.get("in")
    return [{**row, **change} if table in (None, row.get("in")) else row for row in rows]


def _brought(rule: Analytic) -> Mapping[str, Row]:
    scoped = "hipaa_assets" in rule.query
    changes = SHARED["quiet"].get(rule.tables[0], {})
    return {title: change for title, change in changes.items() if scoped or "_ResourceId" not in change}
