"""The examples that stand in the rules, executed; and what justifies `contain`, taken away piece by piece.

The oracle asks no rule: an example lists the paths without which nothing justifies containment, and the test removes
each of them.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detection import rules
from detection.played import signal
from detection.rule import Example, Rule
from incident.finding import Disposition
from tests.detection.readers.mutation import place
from tests.detection.rules.azure import judged

CATALOGUE = Path(__file__).parents[3] / "detection" / "rules"
EVERY = [(rule, example) for rule in rules.every() for example in rule.examples]


def named(case: Any) -> str:
    return case.id if isinstance(case, Rule) else getattr(case, "title", str(case))


def removals() -> Iterator[tuple[Rule, Example, tuple[str | int, ...]]]:
    for rule, example in EVERY:
        for path in example.because:
            yield rule, example, path


def without(example: Example, path: tuple[str | int, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Signal and state of the example without what stands at the path."""
    state = json.loads(json.dumps(dict(example.state)))
    claim = copy.deepcopy(dict(example.signal))
    holder = place(state if path[0] in state else claim, path)
    del holder[path[-1]]
    return claim, state


@pytest.mark.parametrize(("rule", "example"), EVERY, ids=named)
def test_an_example_is_judged_as_it_says(rule: Rule, example: Example) -> None:
    claim = signal(example.signal)

    assert rule.match(claim)
    assert judged(rule, claim, example.state).disposition == example.disposition


@pytest.mark.parametrize(("rule", "example"), EVERY, ids=named)
def test_a_containment_says_what_it_aims_at_and_what_it_rests_on(rule: Rule, example: Example) -> None:
    finding = judged(rule, signal(example.signal), example.state)

    assert finding.incident_class == rule.id
    assert finding.reason
    if finding.disposition is Disposition.CONTAIN:
        assert finding.targets
        assert finding.corroborated_by
        assert all(target.addressable for target in finding.targets)


@pytest.mark.parametrize(("rule", "example", "path"), [*removals()], ids=named)
def test_without_what_justifies_it_nothing_is_contained(
    rule: Rule, example: Example, path: tuple[str | int, ...]
) -> None:
    claim, state = without(example, path)
    about = signal(claim)

    finding = judged(rule, about, state) if rule.match(about) else None

    assert finding is None or finding.disposition is not Disposition.CONTAIN


@pytest.mark.parametrize("rule", rules.every(), ids=named)
def test_a_rule_has_examples_of_both_kinds_and_names_its_law(rule: Rule) -> None:
    dispositions = [example.disposition for example in rule.examples]

    assert "contain" in dispositions
    assert len(dispositions) - dispositions.count("contain") >= 2
    assert all(example.because for example in rule.examples if example.disposition == "contain")
    assert all(citation.startswith("45 CFR 164.") for citation in rule.hipaa)
    assert all(technique.startswith("T1") for technique in rule.attack)


def test_a_rule_is_found_in_the_file_that_bears_the_last_word_of_its_class() -> None:
    files = {path.stem for path in CATALOGUE.glob("*.py")} - {"__init__"}

    assert {rule.id.rpartition(".")[2] for rule in rules.every()} == files
    assert len(rules.every()) == 18


@pytest.mark.parametrize(("rule", "example"), EVERY, ids=named)
@pytest.mark.parametrize("closure", [{"standing": "false_positive"}, {"standing": "ended"}, {"drill": True}], ids=str)
def test_a_closure_outweighs_every_claim_and_no_sight(rule: Rule, example: Example, closure: dict[str, Any]) -> None:
    seen = judged(rule, signal(example.signal), example.state)
    closed = judged(rule, signal({**example.signal, **closure}), example.state)

    assert closed.disposition is (Disposition.CONTAIN if seen.exposed else Disposition.RECORD)
