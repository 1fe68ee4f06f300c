"""Rules broken on purpose, in ways that each gate must notice."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from detection.analytics import Analytic

type Written = dict[str, Any]

THRESHOLD = re.compile(r"^let (\w+) = (\d+);$", re.MULTILINE)
CHANGES: Mapping[str, Any] = {
    "id": "anonymous-read",
    "version": "1",
    "kind": "Fusion",
    "severity": "Critical",
    "tactics": ["Exposure"],
    "relevantTechniques": ["1530"],
    "tags": ["storage.no_such_class"],
    "eventGroupingSettings": {"aggregationKind": "SingleAlert"},
    "customDetails": {"Class": "Operation"},
    "query": "SecurityEvent | where TimeGenerated > ago(1h)",
}


def shapes(written: Mapping[str, Any]) -> Iterator[tuple[str, Written]]:
    """Copies of a file that are not of the form."""
    for name, value in CHANGES.items():
        yield f"{name} says {value}", {**written, name: value}
        yield f"{name} is missing", {key: each for key, each in written.items() if key != name}
    yield "a field nobody knows", {**written, "runbook": "x"}


def meanings(written: Mapping[str, Any]) -> Iterator[tuple[str, Written]]:
    """Copies whose KQL means nothing to Microsoft's analyser, or that name columns which the query does not give."""
    query = written["query"].rstrip()
    yield "a column that the table lacks", {**written, "query": f"{query}\n| where NoSuchColumn == 1"}
    yield "an operator that there is not", {**written, "query": query.replace("| where", "| wherex", 1)}
    yield "a text taken for a number", {**written, "query": f"{query}\n| where IncidentClass > 5"}
    yield "a bracket that is not closed", {**written, "query": f"{query}\n| where (true"}
    yield (
        "a detail without its column",
        {**written, "customDetails": written["customDetails"] | {"Lost": "NoSuchColumn"}},
    )
    mapped = copy.deepcopy(written["entityMappings"])
    mapped[0]["fieldMappings"][0]["columnName"] += "s"
    yield "an entity without its column", {**written, "entityMappings": mapped}


def queries(rule: Analytic) -> Iterator[tuple[str, str]]:
    """Queries that lack one of their conditions, or whose threshold is one too high or too low."""
    for condition in conditions(rule.query):
        kept = ";" if condition.endswith(";") else ""
        yield f"without {condition.strip()}", rule.query.replace(condition, kept, 1)
    for found in THRESHOLD.finditer(rule.query):
        for step in (1, -1):
            changed = f"let {found[1]} = {int(found[2]) + step};"
            yield f"with {changed}", rule.query.replace(found[0], changed, 1)


def conditions(query: str) -> Iterator[str]:
    """Each `| where ...`, over as many lines as its brackets are open."""
    lines = iter(query.splitlines())
    for line in lines:
        if line.lstrip().startswith("| where "):
            whole = line
            while whole.count("(") > whole.count(")"):
                whole += "\n" + next(lines)
            yield whole


def alerts(rule: Analytic) -> Iterator[tuple[str, Analytic]]:
    """Rules whose alerts do not tell what the responder must know."""
    others = {name: column for name, column in rule.details.items() if name != "Class"}
    yield "no class is told", replace(rule, details=others)
    yield "nobody and nothing is named", replace(rule, entities=(), details={"Class": rule.details["Class"]})
