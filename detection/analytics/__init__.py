"""Analytics rules of Microsoft Sentinel, one YAML file each in Azure-Sentinel's own format, and what they become.

What a rule must keep, besides the format: the class of incident it speaks of stands in `tags` and, as the column
`IncidentClass`, in the custom detail `Class`, by which the rules of `detection.rules` know it. Its query never says
`ago(...)`: Sentinel cuts every table to the period, and `now()` is the end of the period, which a hunt moves.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml

FOLDER = Path(__file__).parent
MINUTE = timedelta(minutes=1)  # how often a near-real-time rule runs, and how far back it looks
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
SPAN = re.compile(r"(\d+)([mhd])")
NOW = re.compile(r"\bnow\(\)")


@dataclass(frozen=True, kw_only=True)
class Analytic:
    """One rule. `name` is its file's; `entities` and `details` lead to columns of the query's result."""

    name: str
    id: str
    title: str
    description: str
    kind: str  # Scheduled or NRT
    severity: str
    incident_class: str
    tables: tuple[str, ...]
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    query: str
    period: timedelta
    frequency: timedelta
    entities: tuple[tuple[str, Mapping[str, str]], ...]
    details: Mapping[str, str]

    @classmethod
    def of(cls, name: str, written: Mapping[str, Any]) -> Self:
        """The rule that is written. KeyError or ValueError where it lacks what no rule can lack."""
        (incident_class,) = written["tags"]
        return cls(
            name=name,
            id=written["id"],
            title=written["name"],
            description=" ".join(written["description"].split()),
            kind=written["kind"],
            severity=written["severity"],
            incident_class=incident_class,
            tables=tuple(table for each in written["requiredDataConnectors"] for table in each["dataTypes"]),
            tactics=tuple(written["tactics"]),
            techniques=tuple(written["relevantTechniques"]),
            query=written["query"],
            period=span(written["queryPeriod"]) if "queryPeriod" in written else MINUTE,
            frequency=span(written["queryFrequency"]) if "queryFrequency" in written else MINUTE,
            entities=tuple(
                (each["entityType"], {field["identifier"]: field["columnName"] for field in each["fieldMappings"]})
                for each in written["entityMappings"]
            ),
            details=written["customDetails"],
        )

    @property
    def is_pinned(self) -> bool:
        """Whether the query looks at the end of its period in particular, against all that came before."""
        return bool(NOW.search(self.query))

    def ending(self, until: datetime) -> str:
        """The query as if it were `until` now."""
        return NOW.sub(f"datetime({until:%Y-%m-%dT%H:%M:%SZ})", self.query)


def span(written: str) -> timedelta:
    """`5m`, `1h` or `14d`. ValueError for anything else."""
    found = SPAN.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no time such as 5m, 1h or 14d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def files() -> tuple[Path, ...]:
    """The files of the rules, by name."""
    return tuple(sorted(FOLDER.glob("*.yaml")))


@cache
def every() -> tuple[Analytic, ...]:
    """All rules, by name."""
    return tuple(Analytic.of(file.stem, yaml.safe_load(file.read_text("utf-8"))) for file in files())
