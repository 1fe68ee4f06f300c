import json
from pathlib import Path
from typing import Any

import pytest

from compliance.__main__ import main
from tests.compliance.incidents import PLAIN

EXPECTED = {
    "effective_discovery": "2026-08-11T14:20:00-06:00",
    "discovery_local_date": "2026-08-11",
    "clocks": [
        {"clock": "CONTRACT:acme", "due_at": "2026-08-13T20:20:00Z"},
        {"clock": "US-HIPAA-IND", "due": "2026-10-15", "due_at": "2026-10-16T05:59:59Z", "not_before": "2026-10-15"},
        {
            "clock": "US-HIPAA-HHS-ANNUAL",
            "due": "2027-03-01",
            "due_at": "2027-03-02T06:59:59Z",
            "not_before": "2026-10-15",
        },
    ],
}
CASE = PLAIN | {
    "contracts": [{"id": "acme", "unit": "hour", "n": 48}],
    "holds": [{"type": "written", "statement_date": "2026-08-20", "release_date": "2026-10-15"}],
}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(command: str, page: object) -> tuple[int, list[str], str]:
        file = tmp_path / "facts.json"
        file.write_text(page if isinstance(page, str) else json.dumps(page), "utf-8")
        status = main([command, str(file)])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err

    return run


def test_one_input_gives_one_line(run: Any) -> None:
    status, lines, complaints = run("clocks", CASE)

    assert (status, complaints) == (0, "")
    assert [json.loads(line) for line in lines] == [EXPECTED]


def test_a_list_gives_a_line_each_with_its_id(run: Any) -> None:
    status, lines, _ = run("clocks", [{"id": "first", "input": CASE, "title": "ignored"}, {"input": PLAIN}, CASE])

    assert status == 0
    assert [json.loads(line).get("id") for line in lines] == ["first", None, None]
    assert json.loads(lines[0]) == {"id": "first"} | EXPECTED


def test_a_wrong_input_is_named_and_the_others_are_answered(run: Any) -> None:
    wrong = PLAIN | {"affected": {"MT": "many"}}
    status, lines, complaints = run("clocks", [{"id": "a", "input": wrong}, 7, {"id": "c", "input": PLAIN}])

    assert status == 2
    assert [json.loads(line)["id"] for line in lines] == ["c"]
    assert "a: affected.MT: a whole number" in complaints
    assert "object 2: input: an object is needed" in complaints


@pytest.mark.parametrize("page", ["", "{", "[1,", "nonsense"])
def test_a_file_that_is_no_json_is_named(run: Any, page: str) -> None:
    status, lines, complaints = run("clocks", page)

    assert (status, lines) == (2, [])
    assert "facts.json" in complaints


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clocks", str(tmp_path / "absent.json")]) == 2
    assert "absent.json" in capsys.readouterr().err


def test_fields_that_are_not_read_are_named_and_the_clocks_are_given(run: Any) -> None:
    status, lines, complaints = run("clocks", PLAIN | {"contract": []})

    assert (status, len(lines)) == (0, 1)
    assert "object 1: not read: contract" in complaints


def test_an_explanation_has_citation_arithmetic_and_what_does_not_run(run: Any) -> None:
    status, lines, _ = run(
        "explain", {"id": "x", "input": CASE | {"affected": {"MT": 1, "CT": 1}, "posture": "deemed"}}
    )
    text = "\n".join(lines)

    assert status == 0
    assert "discovery 2026-08-11 + 60 calendar days = 2026-10-10" in text
    assert "no notice before 2026-10-15, due 2026-10-15" in text
    assert "45 CFR 164.404(b)" in text
    assert "discovery 2026-08-11 20:20Z + 48 hours = 2026-08-13 20:20Z" in text
    assert "MT-IND: affected residents, without unreasonable delay" in text
    assert "CT-IND: does not run" in text


def test_the_page_of_obligations_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obligations"]) == 0
    assert capsys.readouterr().out.startswith("# Who must be told, by when")


def test_the_example_of_the_manual_is_read_whole(run: Any) -> None:
    manual = Path(__file__).parents[2] / "docs" / "facts.md"
    example = manual.read_text("utf-8").split("```json\n")[1].split("```")[0]
    status, lines, complaints = run("clocks", example)

    assert (status, complaints) == (0, "")
    assert len(json.loads(lines[0])["clocks"]) > 10


def test_an_explanation_says_what_stands_in_for_a_trigger_and_what_a_hold_left_alone(run: Any) -> None:
    hold = {"type": "written", "statement_date": "2026-08-20", "release_date": "2026-09-01", "scope": ["TX"]}
    silent = PLAIN | {"affected": {"TX": 1}, "holds": [hold]}
    pronounced = silent | {"events": {"determination": "2026-08-14T09:00:00-06:00"}}

    _, before, _ = run("explain", silent)
    _, after, _ = run("explain", pronounced)

    held = "; held: no notice before 2026-09-01, due date unchanged."
    assert f"  determination taken to be the discovery 2026-08-11 + 60 calendar days = 2026-10-10{held}" in before
    assert f"  determination 2026-08-14 + 60 calendar days = 2026-10-13{held}" in after
