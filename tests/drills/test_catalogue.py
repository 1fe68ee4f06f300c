import io
from pathlib import Path

import pytest
from rich.console import Console

from drills import scenarios, timeline
from drills.result import Result, Step
from drills.scenario import Scenario
from responders import measures

FOLDER = Path(scenarios.__file__).parent


def test_every_file_is_a_scenario_of_its_name() -> None:
    files = {file.stem for file in FOLDER.glob("*.py")} - {"__init__"}

    assert {scenario.name for scenario in scenarios.every()} == files


@pytest.mark.parametrize("scenario", scenarios.every(), ids=lambda scenario: scenario.name)
def test_a_scenario_expects_steps_that_the_catalogue_has(scenario: Scenario) -> None:
    assert scenario.steps.keys() <= {measure.code for measure in measures.every()}
    assert scenario.steps


def test_a_scenario_is_found_by_its_name_and_all_by_all() -> None:
    one = scenarios.every()[0]

    assert scenarios.named(one.name) == (one,)
    assert scenarios.named("all") == scenarios.every()
    with pytest.raises(KeyError):
        scenarios.named("nothing_ever_happened")


def test_the_last_line_counts_what_held_and_what_fell_short() -> None:
    written = io.StringIO()
    good, bad, empty = (Result(name=name, incident_class="c") for name in ("good", "bad", "empty"))
    good.steps.append(Step(name="signal", ok=True, told="sent", ms=0))
    bad.steps.append(Step(name="undo", ok=False, told="not as it was"))

    timeline.summary(Console(file=written, width=100), [good, bad, empty])

    assert written.getvalue().splitlines()[-1] == "3 scenarios: 1 ok, 2 failed"
    assert "bad: undo: not as it was" in written.getvalue()


@pytest.mark.parametrize("live", [True, False])
def test_the_timeline_tells_every_step(*, live: bool) -> None:
    written = io.StringIO()

    with timeline.told(Console(file=written, width=100), scenarios.every()[0], live=live) as tell:
        tell(Step(name="signal", ok=True, told="it came", ms=0))
        tell(Step(name="clocks", ok=False, told="none runs"))

    lines = written.getvalue().splitlines()
    assert [line.split() for line in lines if "signal" in line] == [["0", "ms", "✓", "signal", "it", "came"]]
    assert any("✗ clocks" in line for line in lines)
