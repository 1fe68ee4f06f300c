"""Every query of ours before Microsoft's own analyser, against the real tables; broken copies of rules fall there."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from detection import analytics
from detection.hunts import callers, disclosure, silence
from detection.sweeps import SWEEPS
from drills.estate import graph_tables
from drills.estate.log_tables import TABLES
from incident.resource import ResourceId
from incident.trace import Trace
from infra.content import queries
from tests.conformance.arm import material
from tests.conformance.kql.analyser import PACKAGE, Analysed, analysed, faults
from tests.detection.analytics import broken

SCHEMAS = material.shared() / "kql" / "schemas.json"
ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/phistore")
NETWORK = ResourceId("/subscriptions/s/resourceGroups/clinic/providers/Microsoft.Network/virtualNetworks/hospital")
CUT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HUNTS = {
    "disclosure": disclosure.hunt(ACCOUNT),
    "coverage": disclosure.coverage(ACCOUNT),
    "users": callers.of_storage(ACCOUNT),
    "silence of one key": silence.hunt(ACCOUNT, Trace.KEY, CUT, "key1"),
    "silence of delegations": silence.hunt(ACCOUNT, Trace.DELEGATION, CUT),
    "silence covered": silence.coverage(ACCOUNT, CUT),
    "talkers": callers.of_network(callers.place(network=NETWORK)),
}
FILES = {path.stem: path for path in analytics.files()}

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not SCHEMAS.is_file(), reason="the tables of Log Analytics are not here: SHARED names the folder"
    ),
    pytest.mark.skipif(not PACKAGE.is_dir(), reason="Microsoft's analyser is not here: run make setup"),
]


@cache
def written(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(FILES[name].read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def verdicts() -> Mapping[str, Analysed]:
    """All verdicts of one run of the analyser, by the rule's name and the title of the broken copy."""
    asked = {name: written(name)["query"] for name in FILES}
    asked |= {f"hunt {name}": hunt.query for name, hunt in HUNTS.items()}
    asked |= {f"workbook {title}": query for title, query in queries().items()}
    for name in FILES:
        asked |= {f"{name}: {title}": copy["query"] for title, copy in broken.meanings(written(name))}
    return analysed(asked, SCHEMAS)


@pytest.mark.parametrize("name", FILES)
def test_a_rule_means_something_and_gives_the_columns_that_it_takes(
    verdicts: Mapping[str, Analysed], name: str
) -> None:
    assert faults(written(name), verdicts[name]) == []


@pytest.mark.parametrize("name", HUNTS)
def test_a_hunt_means_something(verdicts: Mapping[str, Analysed], name: str) -> None:
    assert verdicts[f"hunt {name}"].faults == ()


@pytest.mark.parametrize("title", queries())
def test_a_query_of_the_workbook_means_something(verdicts: Mapping[str, Analysed], title: str) -> None:
    assert verdicts[f"workbook {title}"].faults == ()


@pytest.mark.parametrize("name", FILES)
def test_a_copy_that_means_nothing_is_rejected(verdicts: Mapping[str, Analysed], name: str) -> None:
    accepted = [
        title for title, copy in broken.meanings(written(name)) if not faults(copy, verdicts[f"{name}: {title}"])
    ]

    assert accepted == []


def test_the_questions_of_the_sweep_mean_something_and_name_a_resource(tmp_path: Path) -> None:
    columns = dict.fromkeys(graph_tables.TEXTS, "string") | dict.fromkeys(graph_tables.OBJECTS, "dynamic")
    index = tmp_path / "index.json"
    index.write_text(json.dumps(dict.fromkeys(graph_tables.TABLES, columns)), "utf-8")

    found = analysed({each.id: each.query for each in SWEEPS}, index)

    assert {name: one.faults for name, one in found.items() if one.faults} == {}
    assert [name for name, one in found.items() if "id" not in one.columns] == []


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_of_the_drills_have_columns_that_are_real(table: str) -> None:
    real = json.loads(Path(SCHEMAS).read_text("utf-8"))[table]

    assert {name: kind for name, kind in TABLES[table].items() if real.get(name) != kind} == {}
