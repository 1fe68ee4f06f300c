import json
from datetime import timedelta
from pathlib import Path

import pytest

from drills import scenarios
from drills.drill import play
from drills.estate import Estate
from drills.estate.faults import refused, when
from drills.scenario import Scenario

FORM = {"name", "class", "ok", "write_ack_ms", "refused_ms", "round_trips", "objects_lost", "steps", "undo"}
STEPS = [
    "signal",
    "intent",
    "write acknowledged",
    "approvals",
    "first refusal",
    "objects lost",
    "verification",
    "entries and chain",
    "clocks",
    "reminders",
    "undo",
]
BRIEF = [scenario for scenario in scenarios.every() if scenario.brief]
SLOW = timedelta(milliseconds=500)
UNHURRIED = timedelta(milliseconds=200)
"""For drills in which people decide: they have five times the round trips."""
SHORT = timedelta(seconds=5)
LEAK = scenarios.named("public_container_found_by_scanner")[0]


@pytest.mark.parametrize("scenario", BRIEF, ids=lambda scenario: scenario.name)
async def test_the_scenario_ends_well(scenario: Scenario, tmp_path: Path) -> None:
    told: list[str] = []

    latency = UNHURRIED if scenario.words else SLOW
    result = await play(scenario, lambda step: told.append(step.name), captures=tmp_path, latency=latency)

    assert result.shortfalls == []
    assert told == STEPS
    assert result.as_json().keys() == FORM
    assert result.round_trips == scenario.round_trips
    assert 0 < (result.write_ack_ms or 0) < (result.refused_ms or 0)
    pairs = [json.loads(line) for line in (tmp_path / f"{scenario.name}.jsonl").read_text().splitlines()]
    assert {"liveRequest", "liveResponse"} <= pairs[0].keys()


async def test_a_write_that_azure_forbids_fails_the_drill_and_needs_a_person(tmp_path: Path) -> None:
    def forbid(estate: Estate) -> None:
        policy = refused(403, "RequestDisallowedByPolicy", "Resource was disallowed by policy.")
        estate.faults.add(when(method="PATCH"), policy)
        estate.faults.add(when(method="PUT"), policy)

    result = await play(LEAK, lambda _: None, trouble=forbid, patience=SHORT, captures=tmp_path, latency=SLOW)

    assert result.shortfalls == ["write acknowledged: Azure acknowledged no write", "the incident: needs a person"]
    assert result.write_ack_ms is None


async def test_an_estate_that_answers_200_without_effect_fails_the_drill(tmp_path: Path) -> None:
    def lie(estate: Estate) -> None:
        estate.faults.add(when(method="PATCH"), estate.faults.lies())

    result = await play(LEAK, lambda _: None, trouble=lie, patience=SHORT, captures=tmp_path, latency=SLOW)

    assert result.shortfalls[0] == "first refusal: the attacker was never refused"
    assert result.undo is None
