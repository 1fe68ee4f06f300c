"""The table of all classes, and the comparison of rights behind it."""

import io

import pytest
from rich.console import Console

from detection import rules
from drills import classes, rights_used, scenarios
from drills.estate import Estate
from drills.result import Result, Step
from responders.measure import Tier


def ended_well() -> Result:
    result = Result(name="leak", incident_class="storage.public_container", refused_ms=850.0, undo="restored exactly")
    result.ended, result.waited, result.stays, result.permissions = "contained", "", ("SE-01",), "equal"
    result.steps.append(Step(name="entries and chain", ok=True, told=""))
    return result


def test_every_class_has_a_row_and_what_was_proved_stands_in_it() -> None:
    told = classes.rows([ended_well()], {"leak": 0})

    [leak] = [row for row in told if row["scenario"] == "leak"]
    assert {row["class"] for row in told} == {rule.id for rule in rules.every()}
    assert (leak["ended"], leak["refused"]) == ("contained", "850 ms")
    assert leak["undone"] == "restored exactly; SE-01 stay"
    assert (leak["chain"], leak["permissions"], leak["validator"]) == ("verified", "equal", "0 faults")
    assert {row["scenario"] for row in told} == {"leak", "no drill"}


def test_without_the_validators_material_nothing_is_said_to_be_judged() -> None:
    told = classes.rows([ended_well()], {})

    assert {row["validator"] for row in told} == {"not judged", ""}


def test_a_drill_that_fell_short_does_not_count() -> None:
    written, result = io.StringIO(), ended_well()
    result.steps.append(Step(name="undo", ok=False, told="not as it was"))

    classes.show(Console(file=written, width=300), classes.rows([result], {}))

    assert written.getvalue().splitlines()[-1].startswith("0 of 18 classes")


@pytest.mark.parametrize(
    ("used", "told"),
    [
        (("microsoft.storage/STORAGEACCOUNTS/write",), "equal"),
        ((), "within (1 not needed)"),
        (("x/delete", "microsoft.storage/storageaccounts/write"), "undeclared: x/delete"),
    ],
    ids=["all", "none", "more"],
)
def test_what_was_used_is_held_against_what_the_measures_that_ran_declare(used: tuple[str, ...], told: str) -> None:
    estate = Estate()
    estate.world.directory[Tier.CONTAIN.value].used.update(used)

    assert str(rights_used.compared(estate, {"ST-01"})) == told


def test_one_scenario_of_each_class_is_chosen() -> None:
    chosen = [scenario.incident_class for scenario in scenarios.named("classes")]

    assert sorted(chosen) == sorted({scenario.incident_class for scenario in scenarios.every()})
