from typing import Any

import pytest

from compliance.fields import FactsInvalid
from compliance.reading import read_facts
from tests.compliance.incidents import PLAIN, facts

ODD: list[tuple[dict[str, Any], str]] = [
    ({"entity_zone": None}, "entity_zone: is missing"),
    ({"entity_zone": "Mars/Olympus"}, "entity_zone: is not an IANA time zone"),
    ({"entity_zone": "../../etc/passwd"}, "entity_zone: is not an IANA time zone"),
    ({"entity_zone": "America"}, "entity_zone: is not an IANA time zone"),
    ({"role": "hospital"}, "role: is none of covered_entity, business_associate"),
    ({"discovery": {}}, "discovery: no instant"),
    ({"discovery": []}, "discovery: an object is needed"),
    ({"discovery": {"known_at": "yesterday"}}, "discovery.known_at: an instant such as"),
    ({"discovery": {"known_at": "2026-08-11T14:20:00"}}, "discovery.known_at: an instant needs its offset"),
    ({"discovery": {"known_at": "0001-01-01T00:00:00Z"}}, "discovery.known_at: the year must lie in"),
    ({"discovery": {"known_at": 1786000000}}, "discovery.known_at: a text is needed"),
    ({"affected": {"MT": -1}}, "affected.MT: a whole number"),
    ({"affected": {"MT": True}}, "affected.MT: a whole number"),
    ({"affected": {"MT": 1.5}}, "affected.MT: a whole number"),
    ({"affected": {"ZZ": 1}}, "affected.ZZ: is not a State"),
    ({"affected": {"mt": 1}}, "affected.mt: is not a State"),
    ({"total": "many"}, "total: a whole number"),
    ({"holidays": "2026-01-01"}, "holidays: a list is needed"),
    ({"holidays": ["2026-01-01", "2026-02-30"]}, r"holidays\[1\]: a date such as"),
    ({"flags": [1]}, r"flags\[0\]: a text is needed"),
    ({"holds": [{"type": "rumour", "statement_date": "2026-08-12"}]}, r"holds\[0\].type: is none of written, oral"),
    ({"holds": [{"type": "oral"}]}, r"holds\[0\].statement_date: is missing"),
    ({"holds": [{"type": "written", "statement_date": "2026-08-12"}]}, r"holds\[0\].release_date: a written statement"),
    (
        {"holds": [{"type": "oral", "statement_date": "2026-08-12", "release_date": "2026-08-11"}]},
        r"holds\[0\].release_date: lies before",
    ),
    ({"contracts": [{"id": "a", "unit": "fortnight", "n": 1}]}, r"contracts\[0\].unit: is none of"),
    (
        {"contracts": [{"id": "a", "unit": "year_end", "n": 1}]},
        r"contracts\[0\].unit: is none of hour, calendar, business",
    ),
    ({"contracts": [{"id": "a", "unit": "hour", "n": 10**9}]}, r"contracts\[0\].n: is longer than"),
    ({"contracts": [{"id": "a", "unit": "hour", "n": 1}] * 2}, "contracts: two have the same id"),
    ({"events": {"hhs_notified": "2026-08-12"}}, "events.hhs_notified: an instant needs"),
    ({"posture": "bold"}, "posture: is none of conservative, deemed"),
    ({"posture": {"NY": "bold"}}, "posture.NY: is none of conservative, deemed"),
    ({"documents": {"policy": {}}}, "documents.policy.created: is missing"),
    ({"documents": {"policy": "2026-01-01"}}, "documents.policy: an object is needed"),
    ({"encryption": {"meets_guidance": "yes"}}, "encryption.meets_guidance: true or false"),
    ({"low_probability_documented": "true"}, "low_probability_documented: true or false"),
]


@pytest.mark.parametrize(("change", "complaint"), ODD)
def test_a_wrong_field_is_named(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(FactsInvalid, match=f"^{complaint}"):
        facts(**change)


@pytest.mark.parametrize("raw", [None, [], "facts", 5])
def test_facts_are_an_object(raw: object) -> None:
    with pytest.raises(FactsInvalid, match=r"^input: an object is needed"):
        read_facts(raw)


def test_a_complaint_repeats_no_value() -> None:
    with pytest.raises(FactsInvalid) as complaint:
        facts(discovery={"known_at": "Jane Roe, room 4"})

    assert "Jane" not in str(complaint.value)


def test_the_longest_window_is_ten_years_of_days() -> None:
    longest = {"id": "a", "unit": "calendar", "n": 3660}

    assert facts(contracts=[longest]).contracts[0].n == 3660
    with pytest.raises(FactsInvalid, match=r"^contracts\[0\].n: is longer than 3660"):
        facts(contracts=[longest | {"n": 3661}])


def test_null_is_as_good_as_absent() -> None:
    nothing = dict.fromkeys(("total", "holds", "contracts", "holidays", "flags", "data", "encryption", "posture", "ba"))

    assert facts(**nothing) == read_facts(PLAIN)


def test_fields_nobody_reads_are_named_at_any_depth() -> None:
    contracts = [{"id": "a", "unit": "hour", "n": 1, "permits_delay": True}]

    assert facts(hold=[], contracts=contracts).unread == ("hold", "contracts[0].permits_delay")
    assert facts().unread == ()
