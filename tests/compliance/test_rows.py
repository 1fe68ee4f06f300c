from datetime import date
from typing import Any

import pytest

from compliance.engine import reckon
from compliance.rows import Shelter, Threshold
from compliance.rulebook import LAW, RowInvalid, merged, read_row, read_rows, shipped
from tests.compliance.incidents import facts

OWN: dict[str, Any] = {
    "id": "MT-INSURER",
    "jurisdiction": "MT",
    "obligor": "covered_entity",
    "recipient": "the insurer",
    "trigger": "discovery",
    "threshold": "state >= 40",
    "duration": 3,
    "unit": "business",
    "citation": "policy 17, clause 4",
    "source": "the policy",
    "verified": True,
}


@pytest.mark.parametrize("row", shipped(), ids=lambda row: row.id)
def test_each_row_says_where_it_is_from(row: Any) -> None:
    assert row.citation.strip()
    assert row.source.strip()
    assert not (row.source == "from memory" and row.verified)


def test_a_version_is_in_force_on_one_side_of_its_date() -> None:
    versions = [row for row in shipped() if row.id == "US-FTC-FTC-500"]

    for day in (date(2024, 7, 28), date(2024, 7, 29)):
        assert sum(row.in_force(day) for row in versions) == 1


def test_no_row_is_there_twice_at_one_time() -> None:
    days = (date(2020, 1, 1), date(2026, 11, 1))
    for day in days:
        ids = [row.id for row in shipped() if row.in_force(day)]
        assert len(ids) == len(set(ids))


def test_what_a_row_is_projected_from_is_a_row_that_leans_on_none() -> None:
    rows = {row.id: row for row in shipped()}

    for row in shipped():
        assert all(not rows[name].project_from for name in row.project_from)


def test_proposed_rules_ship_disabled() -> None:
    assert {row.id for row in shipped() if not row.enabled} == {"US-CIRCIA-72H", "US-HIPAA-CURE"}


def test_a_finding_under_hipaa_shelters_only_from_rules_that_know_it() -> None:
    sheltered = {row.id for row in shipped() if Shelter.ASSESSMENT in row.shelter}

    assert all(name.startswith(("US-HIPAA", "US-PART2")) for name in sheltered)


@pytest.mark.parametrize("field", sorted(set(OWN) - {"id"}))
def test_a_row_without_a_field_it_needs_is_refused(field: str) -> None:
    with pytest.raises(RowInvalid, match=f"^MT-INSURER: {field} is missing"):
        read_row({key: value for key, value in OWN.items() if key != field})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"citation": " "}, "citation: a text is needed"),
        ({"jurisdiction": "ZZ"}, "jurisdiction: 'ZZ' is neither US nor a State"),
        ({"threshold": "some"}, "threshold: 'some' is not a threshold"),
        ({"duration": -1}, "duration: -1 is not a whole number"),
        ({"unit": "week"}, "unit: 'week' is not a valid Unit"),
        ({"verified": "yes"}, "verified: 'yes' is neither true nor false"),
        ({"hold": "tolled"}, "hold: 'tolled' is not a hold rule"),
        ({"effective_from": "2026"}, "effective_from: '2026' is not a date"),
        ({"shelter": ["prayer"]}, "shelter: 'prayer' is not a valid Shelter"),
        ({"shelter": "encryption"}, "shelter: a list is needed"),
        ({"project_from": "US-HIPAA-IND"}, "project_from: a list is needed"),
        ({"colour": "red"}, "colour is not a field of a row"),
    ],
)
def test_a_wrong_field_of_a_row_is_named(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RowInvalid, match=f"^MT-INSURER: {complaint}"):
        read_row(OWN | change)


def test_a_row_of_ones_own_runs_like_the_others() -> None:
    clocks = reckon(facts(), merged(shipped(), [OWN])).clocks

    assert {clock.id: str(clock.due) for clock in clocks}["MT-INSURER"] == "2026-08-14"


def test_an_override_changes_what_it_names_and_leaves_the_rest() -> None:
    rows = merged(shipped(), [{"id": "US-HIPAA-IND", "duration": 45, "counsel_reviewed": date(2026, 9, 1)}])
    before = next(row for row in shipped() if row.id == "US-HIPAA-IND")
    after = next(row for row in rows if row.id == "US-HIPAA-IND")

    assert len(rows) == len(shipped())
    assert (after.duration, after.counsel_reviewed) == (45, date(2026, 9, 1))
    assert (before.duration, after.citation) == (60, before.citation)


def test_an_incomplete_row_of_ones_own_is_refused() -> None:
    with pytest.raises(RowInvalid, match=r"^XX-NEW: jurisdiction is missing"):
        merged(shipped(), [{"id": "XX-NEW"}])


def test_thresholds_are_written_as_they_are_read() -> None:
    assert str(Threshold.read("state > 500")) == "state > 500"
    assert str(Threshold.read("none")) == "none"


def test_every_file_of_rows_is_read() -> None:
    files = [path for path in LAW.glob("*.yaml") if path.name != "penalties.yaml"]

    assert sum(len(read_rows(path.read_text("utf-8"))) for path in files) == len(shipped())
