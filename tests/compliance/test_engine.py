"""Worked examples, reckoned by hand. The plain case is discovered on Tuesday 2026-08-11 in Denver."""

from datetime import UTC, datetime

import pytest

from compliance.engine import NOT_CORE, reckon
from compliance.rows import STATES
from compliance.rulebook import merged, shipped
from tests.compliance.incidents import dues, facts, known, oral, reckoned, written

FEDERAL = {"US-HIPAA-IND": "2026-10-10", "US-HIPAA-HHS-ANNUAL": "2027-03-01"}
LARGE = {"US-HIPAA-IND": "2026-10-10", "US-HIPAA-HHS-500": "2026-10-10"}


def test_day_sixty_after_discovery_and_the_sixtieth_day_of_the_next_year() -> None:
    assert dues() == FEDERAL


@pytest.mark.parametrize(
    ("count", "owed"),
    [
        (0, set()),
        (1, set(FEDERAL)),
        (499, set(FEDERAL)),
        (500, set(LARGE)),
        (501, {*LARGE, "US-HIPAA-MEDIA:MT"}),
    ],
)
def test_500_persons_bring_hhs_and_501_of_one_state_the_media(count: int, owed: set[str]) -> None:
    assert set(dues(affected={"MT": count})) == owed


def test_the_total_is_over_all_states_and_the_media_are_told_state_by_state() -> None:
    assert set(dues(affected={"MT": 250, "WY": 250})) == set(LARGE)
    assert set(dues(affected={"MT": 501, "WY": 501, "KS": 500})) == {*LARGE, "US-HIPAA-MEDIA:MT", "US-HIPAA-MEDIA:WY"}


def test_persons_of_no_known_state_count_for_the_total_alone() -> None:
    assert set(dues(affected={"MT": 1, "unknown": 900})) == set(LARGE)
    assert set(dues(affected={"MT": 100}, total=500)) == set(LARGE)


def test_a_total_below_its_parts_lowers_nothing() -> None:
    assert set(dues(affected={"MT": 500}, total=3)) == set(LARGE)


def test_territories_are_states_to_the_media_rule() -> None:
    assert "US-HIPAA-MEDIA:GU" in dues(affected={"GU": 501})


def test_crossing_the_threshold_later_counts_from_the_first_discovery() -> None:
    assert dues(affected={"MT": 499})["US-HIPAA-IND"] == dues(affected={"MT": 500})["US-HIPAA-HHS-500"]


def test_hhs_is_told_on_the_day_the_letters_go_out() -> None:
    events = {"individual_notice_sent": "2026-09-02T23:30:00-06:00"}

    assert dues(affected={"MT": 600}, events=events) == {
        "US-HIPAA-HHS-500": "2026-09-02",
        "US-HIPAA-IND": "2026-10-10",
        "US-HIPAA-MEDIA:MT": "2026-10-10",
    }


def test_letters_sent_late_do_not_make_hhs_later() -> None:
    events = {"individual_notice_sent": "2026-11-02T12:00:00-07:00"}

    assert dues(affected={"MT": 600}, events=events)["US-HIPAA-HHS-500"] == "2026-10-10"


def test_a_business_associate_owes_its_covered_entity_and_nobody_else() -> None:
    assert dues(role="business_associate", affected={"MT": 900}) == {"US-HIPAA-BA-CE": "2026-10-10"}
    assert dues(role="business_associate", affected={}) == {"US-HIPAA-BA-CE": "2026-10-10"}


def test_vendors_have_ten_days_in_the_states_that_say_so() -> None:
    owed = dues(role="business_associate", affected={"AL": 1, "FL": 1, "MD": 1, "OR": 1, "TX": 1})

    assert {name for name, due in owed.items() if due == "2026-08-21"} == {
        "AL-VENDOR",
        "FL-VENDOR",
        "MD-VENDOR",
        "OR-VENDOR",
    }


def test_hours_are_elapsed_hours_when_clocks_are_set_back() -> None:
    friday = known("2026-10-31T18:00:00-06:00")
    contracts = [{"id": "acme", "unit": "hour", "n": 24}]

    assert dues(**friday, contracts=contracts)["CONTRACT:acme"] == "2026-11-02T00:00:00+00:00"


def test_the_due_instant_has_the_offset_of_the_due_day() -> None:
    clock = next(clock for clock in reckoned(**known("2026-09-10T09:00:00-06:00")).clocks if clock.id == "US-HIPAA-IND")

    assert clock.due_at == datetime(2026, 11, 10, 6, 59, 59, tzinfo=UTC)


def test_a_weekend_extends_nothing() -> None:
    assert dues(**known("2026-08-12T09:00:00-06:00"))["US-HIPAA-IND"] == "2026-10-11"  # a Sunday


CONTRACTS = [
    {"id": "days", "unit": "calendar", "n": 10},
    {"id": "business", "unit": "business", "n": 5},
    {"id": "own", "unit": "business", "n": 5, "zone": "Pacific/Auckland", "holidays": ["2026-08-17", "2026-08-18"]},
    {"id": "suspicion", "unit": "calendar", "n": 2, "trigger": "suspicion"},
    {"id": "awareness", "unit": "calendar", "n": 2, "trigger": "awareness"},
]


def test_contracts_have_their_own_trigger_unit_calendar_and_zone() -> None:
    events = {"suspicion": "2026-08-01T12:00:00-06:00"}
    owed = dues(contracts=CONTRACTS, events=events, holidays=["2026-08-13"])

    assert owed == FEDERAL | {
        "CONTRACT:days": "2026-08-21",
        "CONTRACT:business": "2026-08-19",  # 12 14 17 18 19
        "CONTRACT:own": "2026-08-21",  # discovered on the 12th there; 13 14 19 20 21
        "CONTRACT:suspicion": "2026-08-03",
        "CONTRACT:awareness": "2026-08-13",
    }


def test_contracts_run_on_during_a_hold_unless_they_allow_it_and_hours_always_do() -> None:
    terms = {"n": 10, "permits_le_delay": True}
    contracts = [
        {"id": "strict", "unit": "calendar", "n": 10},
        {"id": "lenient", "unit": "calendar", **terms},
        {"id": "hours", "unit": "hour", **terms},
    ]
    owed = dues(contracts=contracts, holds=[written("2026-08-12", "2026-09-09", ["MT"])])

    assert owed["CONTRACT:strict"] == "2026-08-21"
    assert owed["CONTRACT:lenient"] == "2026-09-09"
    assert owed["CONTRACT:hours"] == "2026-08-12T06:20:00+00:00"


def test_encryption_that_held_silences_everything_but_contracts_that_want_every_incident() -> None:
    safe = {"meets_guidance": True, "key_compromised": False}
    contracts = [{"id": "all", "unit": "hour", "n": 1, "breach_only": False}, {"id": "some", "unit": "hour", "n": 1}]
    answer = reckoned(affected={"TX": 5000}, encryption=safe, contracts=contracts)

    assert [clock.id for clock in answer.clocks] == ["CONTRACT:all"]
    assert {"US-HIPAA-IND", "TX-AG", "CONTRACT:some"} <= {silence.id for silence in answer.silent}


@pytest.mark.parametrize(
    "encryption",
    [
        {"meets_guidance": True, "key_compromised": True},
        {"meets_guidance": True},
        {"meets_guidance": False, "key_compromised": False},
        {"key_compromised": False},
    ],
)
def test_a_stolen_or_unknown_key_or_weak_encryption_shelters_nobody(encryption: dict[str, bool]) -> None:
    assert dues(encryption=encryption) == FEDERAL


@pytest.mark.parametrize(
    "finding",
    [{"low_probability_documented": True}, {"exclusion": "inadvertent_disclosure"}, {"exclusions": ["good_faith"]}],
)
def test_a_finding_under_hipaa_silences_hipaa_and_no_state(finding: dict[str, object]) -> None:
    assert dues(**finding) == {}
    assert set(dues(affected={"TX": 10, "NY": 10}, **finding)) == {"TX-IND", "NY-IND", "NY-AG"}


def test_a_finding_that_was_not_made_silences_nothing() -> None:
    assert dues(low_probability_documented=False, exclusion=None, exclusions=[]) == FEDERAL


def test_reports_of_cyber_incidents_need_no_breach() -> None:
    owed = dues(
        affected={},
        flags=["sec_registrant", "ny_hospital"],
        encryption={"meets_guidance": True, "key_compromised": False},
        events={"materiality_determined": "2026-08-13T18:00:00-06:00"},
    )

    assert owed == {"NY-DOH-72H": "2026-08-14T20:20:00+00:00", "US-SEC-8K": "2026-08-19"}


def test_the_sec_is_told_from_the_finding_of_materiality_alone() -> None:
    assert "US-SEC-8K" not in dues(flags=["sec_registrant"])
    assert "US-SEC-8K" not in dues(events={"materiality_determined": "2026-08-13T18:00:00-06:00"})


def test_a_determination_moves_the_states_that_count_from_it() -> None:
    events = {"determination": "2026-09-01T09:00:00-06:00", "confirmation": "2026-09-03T09:00:00-06:00"}
    owed = dues(affected={"TX": 249, "RI": 1}, events=events)

    assert owed == FEDERAL | {"TX-IND": "2026-10-31", "RI-IND": "2026-10-18"}


@pytest.mark.parametrize(
    ("state", "below", "at", "clock"),
    [
        ("TX", 249, 250, "TX-AG"),
        ("FL", 499, 500, "FL-AG"),
        ("CO", 499, 500, "CO-AG"),
        ("CA", 500, 501, "CA-CIV-AG"),
        ("WA", 500, 501, "WA-AG"),
        ("OR", 250, 251, "OR-AG"),
        ("AL", 1000, 1001, "AL-AG"),
        ("AZ", 1000, 1001, "AZ-AG"),
        ("SD", 250, 251, "SD-AG"),
        ("DE", 500, 501, "DE-AG"),
        ("RI", 500, 501, "RI-AG"),
        ("DC", 49, 50, "DC-AG"),
    ],
)
def test_agencies_are_told_from_the_states_own_threshold(state: str, below: int, at: int, clock: str) -> None:
    assert clock not in dues(affected={state: below})
    assert clock in dues(affected={state: at})


@pytest.mark.parametrize("state", ["IN", "LA", "ME", "NM", "OH", "TN", "WI"])
def test_definitions_without_medical_data_need_other_data(state: str) -> None:
    assert f"{state}-IND" not in dues(affected={state: 10})
    assert f"{state}-IND" not in dues(affected={state: 10}, data=["medical", "date_of_birth"])
    assert f"{state}-IND" in dues(affected={state: 10}, data=["medical", "drivers_license"])


def test_all_that_a_definition_without_medical_data_leaves_out_is_left_out_together() -> None:
    assert "ME-IND" not in dues(affected={"ME": 10}, data=sorted(NOT_CORE))


def test_the_order_of_the_rows_does_not_matter() -> None:
    stated = facts(affected={"LA": 700, "OK": 700, "WA": 700, "NY": 700}, data=["ssn"], posture="deemed")

    assert reckon(stated, shipped()[::-1]).clocks == reckon(stated, shipped()).clocks


def test_agency_notices_wait_for_the_residents_or_are_projected() -> None:
    affected = {"CA": 501, "LA": 1, "OK": 500}
    sent = {"individual_notice_sent": "2026-08-20T09:00:00-06:00"}
    projected = dues(affected=affected, data=["ssn"])
    told = dues(affected=affected, data=["ssn"], events=sent)

    assert [projected[name] for name in ("CA-CIV-AG", "LA-AG", "OK-AG")] == ["2026-09-25", "2026-10-20", "2026-12-09"]
    assert [told[name] for name in ("CA-CIV-AG", "LA-AG", "OK-AG")] == ["2026-09-04", "2026-08-30", "2026-10-19"]


@pytest.mark.parametrize("clock", ["CT-AG", "DE-AG", "MD-AG", "ME-AG", "NY-AG", "RI-AG", "VT-AG", "DC-AG"])
def test_agencies_that_go_with_the_residents_are_due_when_those_are_told(clock: str) -> None:
    sent = {"individual_notice_sent": "2026-08-20T09:00:00-06:00"}

    assert dues(affected={clock[:2]: 600}, data=["ssn"], events=sent)[clock] == "2026-08-20"


@pytest.mark.parametrize("clock", ["NY-HIPAA-AG", "IL-HIPAA-AG"])
def test_five_business_days_after_hhs_was_told_or_must_be(clock: str) -> None:
    state = clock[:2]
    told = {"hhs_notified": "2026-09-03T09:00:00-06:00"}

    assert dues(affected={state: 9}, events=told, holidays=["2026-09-07"])[clock] == "2026-09-11"
    assert dues(affected={state: 9})[clock] == "2027-03-08"
    assert dues(affected={state: 500})[clock] == "2026-10-16"


def test_vermont_counts_fourteen_business_days() -> None:
    assert dues(affected={"VT": 1})["VT-AG"] == "2026-08-31"


def test_californias_licensed_facilities_have_fifteen_business_days() -> None:
    owed = dues(affected={"CA": 1}, flags=["ca_licensed_facility"], holidays=["2026-08-31"])

    assert owed["CA-CDPH-AGENCY"] == owed["CA-CDPH-PATIENT"] == "2026-09-02"
    assert "CA-CDPH-AGENCY" not in dues(affected={"CA": 1})


@pytest.mark.parametrize(
    ("last_of_the_old", "first_of_the_new", "changes", "clock"),
    [
        ("2025-12-31T23:59:59-07:00", "2026-01-01T00:00:00-07:00", {"affected": {"CA": 1}}, "CA-CIV-IND"),
        ("2024-12-20T23:59:59-07:00", "2024-12-21T00:00:00-07:00", {"affected": {"NY": 1}}, "NY-IND"),
        ("2026-02-15T23:59:59-07:00", "2026-02-16T00:00:00-07:00", {"part2": {"total": 1}}, "US-PART2-IND"),
        ("2025-12-31T23:59:59-07:00", "2026-01-01T00:00:00-07:00", {"affected": {"OK": 500}, "data": ["ssn"]}, "OK-AG"),
    ],
)
def test_the_version_in_force_on_the_local_day_of_discovery_governs(
    last_of_the_old: str, first_of_the_new: str, changes: dict[str, object], clock: str
) -> None:
    assert clock not in dues(**known(last_of_the_old), **changes)
    assert clock in dues(**known(first_of_the_new), **changes)


def test_part_2_records_are_counted_and_filed_apart() -> None:
    owed = dues(affected={"MT": 700}, part2={"total": 499})

    assert owed == LARGE | {
        "US-HIPAA-MEDIA:MT": "2026-10-10",
        "US-PART2-IND": "2026-10-10",
        "US-PART2-HHS-ANNUAL": "2027-03-01",
    }
    assert set(dues(role="part2_program", affected={"MT": 700})) == {"US-PART2-IND", "US-PART2-HHS-500"}


def test_vendors_of_health_records_answer_to_the_ftc_and_its_media_rule_starts_at_500() -> None:
    assert set(dues(role="phr_vendor", affected={"MT": 500})) == {"US-FTC-IND", "US-FTC-FTC-500", "US-FTC-MEDIA:MT"}
    assert set(dues(role="phr_vendor", affected={"MT": 499})) == {"US-FTC-IND", "US-FTC-FTC-ANNUAL"}
    assert set(dues(role="phr_service_provider")) == {"US-FTC-TPSP"}


def test_before_its_amendment_the_ftc_was_told_within_ten_business_days() -> None:
    old = known("2024-07-28T12:00:00-06:00")

    assert dues(**old, role="phr_vendor", affected={"MT": 600})["US-FTC-FTC-500"] == "2024-08-09"


def test_deemed_posture_drops_what_the_rows_mark_so_and_says_why() -> None:
    affected = dict.fromkeys(("AL", "AZ", "CA", "CO", "CT", "FL", "MD", "NY", "OR", "TX", "VT", "WA"), 1001)
    dropped = set(dues(affected=affected)) - set(dues(affected=affected, posture="deemed"))

    assert dropped == {
        *("AL-IND", "AZ-IND", "AZ-AG", "CT-IND", "FL-IND", "MD-IND", "MD-AG"),
        *("NY-IND", "OR-IND", "OR-AG", "VT-IND", "WA-IND"),
    }
    assert dropped == {silence.id for silence in reckoned(affected=affected, posture="deemed").silent}


def test_washington_moves_its_agency_to_hipaas_timing_where_counsel_relies_on_it() -> None:
    affected = {"WA": 501}
    holds = [oral("2026-09-25")]

    assert dues(affected=affected)["WA-AG"] == "2026-09-10"
    assert dues(affected=affected, posture="deemed")["WA-AG"] == "2026-10-10"
    assert dues(affected=affected, posture="deemed", holds=holds)["WA-AG"] == "2026-10-25"


def test_hipaas_timing_is_washingtons_where_counsel_has_chosen_it_for_washington() -> None:
    assert dues(affected={"WA": 501}, posture={"WA": "deemed"})["WA-AG"] == "2026-10-10"
    assert dues(affected={"WA": 501}, posture={"OR": "deemed"})["WA-AG"] == "2026-09-10"


def test_the_days_after_a_release_leave_the_holidays_out_where_they_are_business_days() -> None:
    """Cal. Health & Safety Code 1280.15(c)(2): fifteen business days after the delay has ended."""
    holds = [written("2026-08-12", "2026-09-01", ["US", "CA"])]
    owed = dues(affected={"CA": 1}, flags=["ca_licensed_facility"], holds=holds, holidays=["2026-09-07"])

    assert owed["CA-CDPH-PATIENT"] == "2026-09-23"


def test_counsel_may_choose_state_by_state() -> None:
    owed = dues(affected={"NY": 1, "CT": 1}, posture={"CT": "deemed"})

    assert "NY-IND" in owed
    assert "CT-IND" not in owed


def test_a_substitute_notice_for_ten_stays_ninety_days() -> None:
    posted = "2026-10-20T10:00:00-06:00"
    owed = dues(substitute={"bad_contacts": 10, "posted_at": posted})

    assert owed["US-HIPAA-SUBST-WEB"] == owed["US-HIPAA-SUBST-PHONE"] == "2027-01-18"
    assert dues(substitute={"bad_contacts": 9, "posted_at": posted}) == FEDERAL
    assert dues(substitute={"bad_contacts": 10}) == FEDERAL


def test_documents_are_kept_six_years_from_creation_or_last_effect() -> None:
    documents = {
        "analysis": {"created": "2024-02-29"},
        "policy": {"created": "2020-01-01", "last_effective": "2026-06-30"},
        "corrected": {"created": "2026-06-30", "last_effective": "2020-01-01"},
    }
    owed = dues(affected={}, documents=documents)

    assert owed == {
        "US-HIPAA-RETAIN:analysis": "2030-03-01",
        "US-HIPAA-RETAIN:policy": "2032-06-30",
        "US-HIPAA-RETAIN:corrected": "2032-06-30",
    }


def test_proposed_rules_and_penalty_periods_run_only_where_a_user_enables_them() -> None:
    rows = merged(shipped(), [{"id": "US-CIRCIA-72H", "enabled": True}, {"id": "US-HIPAA-CURE", "enabled": True}])
    answer = reckon(facts(flags=["critical_infrastructure"]), rows)
    owed = {clock.id: clock for clock in answer.clocks}

    assert not {"US-CIRCIA-72H", "US-HIPAA-CURE"} & set(dues(flags=["critical_infrastructure"]))
    assert owed["US-CIRCIA-72H"].due_at == datetime(2026, 8, 14, 20, 20, tzinfo=UTC)
    assert owed["US-HIPAA-CURE"].due.isoformat() == "2026-09-09"  # day 1 is the day of discovery


def test_a_state_without_a_number_is_named_beside_hipaas_date() -> None:
    (undated,) = reckoned().undated

    assert undated.row.id == "MT-IND"
    assert undated.by is not None
    assert undated.by.isoformat() == "2026-10-10"


def test_every_state_and_territory_of_hipaa_but_two_without_a_statute_is_in_the_rows() -> None:
    assert STATES - {row.jurisdiction for row in shipped()} == {"AS", "MP"}


def test_clocks_come_earliest_first_and_by_name_where_equal() -> None:
    clocks = reckoned(affected={"NY": 700, "CA": 700, "TX": 700}, posture="conservative").clocks
    order = [(clock.due_at, clock.id) for clock in clocks]

    assert order == sorted(order)
