"""Microsoft's own analyser of KQL, asked once for all queries: what is wrong with each, and the columns it gives."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("analyser.mjs")
ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "node_modules" / "@kusto" / "language-service-next"


@dataclass(frozen=True)
class Analysed:
    """`faults` as `line:column code message`."""

    faults: tuple[str, ...]
    columns: frozenset[str]


def analysed(queries: Mapping[str, str], schemas: Path) -> dict[str, Analysed]:
    """The verdict on each query by its name. RuntimeError when the analyser itself stops."""
    command = [shutil.which("node") or "node", str(SCRIPT), str(schemas)]
    run = subprocess.run(  # noqa: S603 our own script
        command, input=json.dumps(queries), capture_output=True, text=True, check=False, timeout=120, cwd=ROOT
    )
    if run.returncode:
        raise RuntimeError(f"the analyser stopped with {run.returncode}: {run.stderr[-2000:]}")
    found: dict[str, dict[str, list[str]]] = json.loads(run.stdout)
    return {name: Analysed(tuple(one["faults"]), frozenset(one["columns"])) for name, one in found.items()}


def faults(written: Mapping[str, Any], verdict: Analysed) -> list[str]:
    """What is wrong with a rule's query, or with what the rule takes from its result."""
    if verdict.faults:
        return list(verdict.faults)
    return [f"{where} takes the column {name}" for where, name in _taken(written) if name not in verdict.columns]


def _taken(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entity in written["entityMappings"]:
        for field in entity["fieldMappings"]:
            yield entity["entityType"], field["columnName"]
    yield from written["customDetails"].items()
