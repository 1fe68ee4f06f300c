"""Each kind of clock, whole: who owes what to whom, by which text, from when to when, and the arithmetic in words."""

import time
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import pytest

from compliance.engine import reckon
from compliance.reckoning import Clock
from compliance.rulebook import merged, shipped
from tests.compliance.incidents import facts, oral, reckoned, written

INDIVIDUAL = {
    "id": "US-HIPAA-IND",
    "kind": "deadline",
    "obligor": "covered_entity",
    "recipient": "each affected individual",
    "citation": "45 CFR 164.404(b)",
    "start": "2026-08-11T20:20:00+00:00",
    "due": "2026-10-10",
    "due_at": "2026-10-11T05:59:59+00:00",
    "not_before": None,
    "by_hour": False,
    "basis": "discovery 2026-08-11 + 60 calendar days = 2026-10-10",
    "verified": True,
    "counsel_reviewed": None,
}
CONTRACT = INDIVIDUAL | {
    "id": "CONTRACT:acme",
    "recipient": "the other party of contract acme",
    "citation": "contract acme",
    "due": "2026-08-21",
    "due_at": "2026-08-22T05:59:59+00:00",
    "basis": "discovery 2026-08-11 + 10 calendar days = 2026-08-21",
}


def said(clock: Clock) -> dict[str, Any]:
    """The clock in plain words; an instant tells its zone, too."""
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(clock).items()}
    return plain | {"kind": clock.kind.value, "obligor": str(clock.obligor)}


def whole(name: str, **changes: object) -> dict[str, Any]:
    return said(next(clock for clock in reckoned(**changes).clocks if clock.id == name))


def test_a_duty_in_days() -> None:
    assert whole("US-HIPAA-IND") == INDIVIDUAL


def test_a_duty_in_hours_from_an_event_that_was_told_in_another_zone() -> None:
    contract = {"id": "acme", "unit": "hour", "n": 24, "trigger": "confirmation"}
    at = {"confirmation": "2026-08-12T10:00:00+02:00"}

    assert whole("CONTRACT:acme", contracts=[contract], events=at) == CONTRACT | {
        "start": "2026-08-12T08:00:00+00:00",
        "due": "2026-08-13",
        "due_at": "2026-08-13T08:00:00+00:00",
        "by_hour": True,
        "basis": "confirmation 2026-08-12 08:00Z + 24 hours = 2026-08-13 08:00Z",
    }


def test_a_contract_that_starts_with_what_nobody_has_said_starts_with_the_discovery() -> None:
    contract = {"id": "acme", "unit": "calendar", "n": 10, "trigger": "reasonable_belief"}

    assert whole("CONTRACT:acme", contracts=[contract]) == CONTRACT | {
        "basis": "reasonable belief taken to be the discovery 2026-08-11 + 10 calendar days = 2026-08-21"
    }


def test_an_associates_contract_names_the_associate() -> None:
    contract = {"id": "acme", "unit": "calendar", "n": 10}

    assert whole("CONTRACT:acme", contracts=[contract], role="business_associate") == CONTRACT | {
        "obligor": "business_associate"
    }


def test_a_discovery_among_the_events_does_not_stand_for_the_discovery() -> None:
    assert whole("US-HIPAA-IND", events={"discovery": "2026-09-01T00:00:00Z"}) == INDIVIDUAL


def test_a_hold_is_said_with_what_it_moved_and_what_it_left() -> None:
    arithmetic = INDIVIDUAL["basis"]
    moved = whole("US-HIPAA-IND", holds=[written("2026-08-20", "2026-12-01")])
    left = whole("US-HIPAA-IND", holds=[written("2026-08-20", "2026-10-10")])

    assert moved == INDIVIDUAL | {
        "due": "2026-12-01",
        "due_at": "2026-12-02T06:59:59+00:00",  # the offset of December
        "not_before": "2026-12-01",
        "basis": f"{arithmetic}; held: no notice before 2026-12-01, due 2026-12-01 (to_release)",
    }
    assert left == INDIVIDUAL | {
        "not_before": "2026-10-10",
        "basis": f"{arithmetic}; held: no notice before 2026-10-10, due date unchanged",
    }


def test_the_limit_of_an_oral_hold_starts_with_the_day_of_the_statement() -> None:
    """45 CFR 164.412(b): no longer than 30 days from the date of the oral statement."""
    assert whole("US-HIPAA-LE-ORAL:1", holds=[oral("2026-09-25")]) == INDIVIDUAL | {
        "id": "US-HIPAA-LE-ORAL:1",
        "kind": "hold_limit",
        "obligor": "covered_entity_or_ba",
        "recipient": "(the hold ends)",
        "citation": "45 CFR 164.412(b)",
        "start": "2026-09-25T06:00:00+00:00",
        "due": "2026-10-25",
        "due_at": "2026-10-26T05:59:59+00:00",
        "basis": "oral statement of 2026-09-25: notice is allowed from 2026-10-25",
    }


def test_a_document_is_kept_from_the_midnight_of_its_day() -> None:
    """45 CFR 164.530(j)(2): six years; of a leap day, through March 1."""
    documents = {"analysis": {"created": "2024-02-29"}}

    assert whole("US-HIPAA-RETAIN:analysis", documents=documents) == INDIVIDUAL | {
        "id": "US-HIPAA-RETAIN:analysis",
        "kind": "minimum_duration",
        "obligor": "covered_entity_or_ba",
        "recipient": "(documentation is kept)",
        "citation": "45 CFR 164.530(j)(2), 164.316(b)(2)(i), 164.414(b)",
        "start": "2024-02-29T07:00:00+00:00",
        "due": "2030-03-01",
        "due_at": "2030-03-02T06:59:59+00:00",
        "basis": "analysis created or last in effect 2024-02-29 + 6 years = 2030-03-01",
    }


def test_washingtons_agency_at_hipaas_timing_is_still_told_under_washingtons_own_text() -> None:
    assert whole("WA-AG", affected={"WA": 501}, posture="deemed") == INDIVIDUAL | {
        "id": "WA-AG",
        "recipient": "Attorney General",
        "citation": "RCW 19.255.010(7)",
        "basis": f"at the timing of US-HIPAA-IND: {INDIVIDUAL['basis']}",
    }


def test_a_clock_at_hipaas_timing_says_of_its_own_row_whether_the_text_was_seen_and_counsel_agreed() -> None:
    rows = merged(shipped(), [{"id": "WA-AG", "verified": False, "counsel_reviewed": date(2026, 5, 1)}])
    answer = reckon(facts(affected={"WA": 501}, posture="deemed"), rows)
    agency = next(said(clock) for clock in answer.clocks if clock.id == "WA-AG")

    assert (agency["verified"], agency["counsel_reviewed"]) == (False, "2026-05-01")


def test_a_clock_says_whether_the_text_was_seen_and_counsel_agreed() -> None:
    rows = merged(shipped(), [{"id": "US-HIPAA-IND", "verified": False, "counsel_reviewed": date(2026, 5, 1)}])
    individual = next(said(clock) for clock in reckon(facts(), rows).clocks if clock.id == "US-HIPAA-IND")

    assert individual == INDIVIDUAL | {"verified": False, "counsel_reviewed": "2026-05-01"}


def test_a_duty_after_another_notice_is_projected_from_that_notices_last_day() -> None:
    """La. Admin. Code 16:III.701: the Attorney General within ten days of the notice to residents."""
    assert whole("LA-AG", affected={"LA": 1}, data=["ssn"]) == INDIVIDUAL | {
        "id": "LA-AG",
        "recipient": "Attorney General",
        "citation": "La. Admin. Code 16:III.701",
        "due": "2026-10-20",
        "due_at": "2026-10-21T05:59:59+00:00",
        "basis": "individual notice sent projected from LA-IND 2026-10-10 + 10 calendar days = 2026-10-20",
        "verified": False,
    }


def test_a_period_whose_first_day_counts_says_so() -> None:
    """45 CFR 160.410(c)(2): the 30-day period begins on the first date of knowledge."""
    rows = merged(shipped(), [{"id": "US-HIPAA-CURE", "enabled": True}])
    cure = next(clock for clock in reckon(facts(), rows).clocks if clock.id == "US-HIPAA-CURE")

    assert cure.basis == "discovery 2026-08-11 + 30 calendar days, the first day counted = 2026-09-09"


def test_a_reckoning_says_when_and_how_it_was_discovered() -> None:
    """45 CFR 164.404(a)(2): the first day known, or by reasonable diligence; here it is the 12th in UTC."""
    late = {"known_at": "2026-08-11T22:20:00-06:00", "should_have_known_at": "2026-08-12T09:00:00-06:00"}
    answer = reckoned(discovery=late)

    assert answer.discovered_on.isoformat() == "2026-08-11"
    assert (answer.discovery.how, answer.discovery.said) == ("known to the workforce", "2026-08-11T22:20:00-06:00")


def test_what_does_not_run_says_why() -> None:
    safe = {"meets_guidance": True, "key_compromised": False}
    contracts = [{"id": name, "unit": "hour", "n": 24, "breach_only": name != "all"} for name in ("a", "all", "b")]
    encrypted = {silence.id: silence.why for silence in reckoned(encryption=safe, contracts=contracts).silent}
    assessed = reckoned(low_probability_documented=True, contracts=contracts)
    counsel = reckoned(affected={"WA": 1}, posture="deemed")

    assert encrypted["US-HIPAA-IND"] == "the data were encrypted as HHS guidance asks and the key is safe"
    for silence in assessed.silent[:2]:
        assert silence.why == "an exclusion or a low probability of compromise is documented (45 CFR 164.402)"
    unsecured = "the contract asks for breaches of unsecured PHI only"
    assert [(one.id, one.why) for one in assessed.silent[-2:]] == [
        ("CONTRACT:a", unsecured),
        ("CONTRACT:b", unsecured),
    ]
    assert [(one.id, one.why) for one in counsel.silent] == [
        ("WA-IND", "counsel relies on the HIPAA clause of WA (deemed)")
    ]


@pytest.fixture
def _denver(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The machine itself stands in Denver."""
    monkeypatch.setenv("TZ", "America/Denver")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_denver")
def test_the_machines_own_zone_changes_no_clock() -> None:
    test_a_duty_in_days()
    test_a_duty_in_hours_from_an_event_that_was_told_in_another_zone()
    test_the_limit_of_an_oral_hold_starts_with_the_day_of_the_statement()
    test_a_document_is_kept_from_the_midnight_of_its_day()
    assert datetime.fromisoformat("2026-08-11T20:20:00+00:00").astimezone().hour == 14
