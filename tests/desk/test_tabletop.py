import base64
import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desk import __main__ as command
from desk.tabletop import class_of, packet, page, quarter_of
from detection import rules
from drills.azurite import Azurite
from drills.estate import Estate
from incident.errors import Unknown
from incident.person import Role
from responders.plans import PLANS
from tests.conftest import START, policy_of

POLICY = "{version: 1, entity: {name: Clinic, zone: America/New_York, role: covered_entity}}"

QUARTER = "2026-Q4"


def test_every_class_has_its_turn_once_in_as_many_quarters_as_there_are_classes() -> None:
    every = [rule.id for rule in rules.every()]
    turns = [class_of(f"{2026 + number // 4}-Q{number % 4 + 1}") for number in range(len(every))]

    assert sorted(turns) == every
    assert class_of(quarter_of(START.date())) == class_of(QUARTER)


@pytest.mark.parametrize("incident_class", sorted(PLANS))
def test_a_class_has_a_packet_with_plan_levels_clocks_and_questions(incident_class: str) -> None:
    found = packet(policy_of(scope={"tags": {"own": "tag"}}), QUARTER, START, incident_class)

    planned = {name for wave in PLANS[incident_class] for name in wave.measures}
    assert found["steps"]
    assert len({step["code"] for step in found["steps"]}) <= len(planned)
    assert all(step["breaks"] for step in found["steps"])
    asked = [step for step in found["steps"] if step["approval"] in ("one approver", "two approvers")]
    assert all(step["approvers"] for step in asked)
    told = "\n".join(page(found))
    assert all(f"{step['code']} {step['title']}" in told for step in found["steps"])


def test_the_clocks_are_those_of_the_law_for_the_example_facts() -> None:
    found = packet(policy_of(), QUARTER, START)

    due = {clock["id"]: clock["due"] for clock in found["clocks"]}
    assert found["begins"] == "2026-10-02T16:45:00-04:00"
    assert due["US-HIPAA-IND"] == due["US-HIPAA-HHS-500"] == "2026-12-01"
    assert found == packet(policy_of(), QUARTER, START)


def test_what_the_policy_only_watches_is_said_to_be_held_back() -> None:
    steps = packet(policy_of("watch"), QUARTER, START)["steps"]

    assert {step["hold"] for step in steps} == {"watch"}


@pytest.mark.parametrize(("quarter", "named"), [("2026-Q5", ""), ("soon", ""), (QUARTER, "no.class")])
def test_what_is_no_quarter_or_class_is_refused(quarter: str, named: str) -> None:
    with pytest.raises(Unknown):
        packet(policy_of(), quarter, START, named)


def test_the_command_records_an_exercise_for_whom_a_token_of_the_role_shows(
    azurite: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    at = [(began + timedelta(minutes=minutes)).isoformat() for minutes in (0, 1, 30)]
    held = {
        "quarter": quarter_of(began.astimezone(ZoneInfo("America/New_York")).date()),
        "scenario": "phi.exfiltration",
        "began_at": at[0],
        "ended_at": at[2],
        "participants": [{"role": "ciso"}],
        "decisions": [{"of": "ciso", "asked": "Who is told?", "asked_at": at[1]}],
    }
    files = {"policy.yaml": POLICY, "key": base64.b64encode(bytes(32)).decode(), "held.json": json.dumps(held)}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    place = azurite.fresh().connection_string
    stores = {"TABLES": place, "EVIDENCE": place, "POLICY": tmp_path / "policy.yaml", "WRAPPING_KEY": tmp_path / "key"}
    with Estate.in_thread() as estate:
        for name, value in {**estate.environment(), **{f"TOURNIQUET_{key}": stores[key] for key in stores}}.items():
            monkeypatch.setenv(name, str(value))

        def says(role: Role, file: str) -> int:
            token = estate.person_token("oid-officer", "officer@clinic.example", [role.value])
            monkeypatch.setattr(sys, "argv", ["desk", "tabletop", "record", str(tmp_path / file)])
            monkeypatch.setattr(sys, "stdin", io.StringIO(f"{token}\n"))
            return command.main()

        assert (says(Role.READ, "held.json"), says(Role.COMPLIANCE, "key")) == (1, 1)
        refused = capsys.readouterr().err
        assert "needs the role Compliance.Record" in refused
        assert "key: " in refused
        assert says(Role.COMPLIANCE, "held.json") == 0
        assert f"the exercise of {held['quarter']} is recorded, with 0 gaps" in capsys.readouterr().out
