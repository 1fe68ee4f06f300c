"""The engine against the worked examples of the shared material, whole sets and in their order."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from compliance.answers import as_json
from compliance.engine import reckon
from compliance.reading import read_facts
from compliance.rulebook import shipped

ROOT = Path(__file__).parents[2]
EXAMPLES = (ROOT / os.environ.get("SHARED", "../shared") / "law" / "vectors.json").resolve()

pytestmark = pytest.mark.conformance


def examples() -> list[Any]:
    if not EXAMPLES.is_file():
        why = f"{EXAMPLES} is not there: set SHARED to the folder of shared material"
        return [pytest.param(None, marks=pytest.mark.skip(reason=why), id="absent")]
    return [pytest.param(example, id=example["id"]) for example in json.loads(EXAMPLES.read_text("utf-8"))]


@pytest.mark.parametrize("example", examples())
def test_a_worked_example_comes_out_exactly(example: dict[str, Any]) -> None:
    assert as_json(reckon(read_facts(example["input"]), shipped())) == example["expect"]
