"""What holds for every incident, over all zones and every day of 2020 to 2040."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.engine import reckon
from compliance.reading import read_facts
from compliance.reckoning import Clock, Reckoning
from compliance.rows import STATES, Unit
from compliance.rulebook import shipped

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
COUNTS = st.dictionaries(
    st.sampled_from(sorted(STATES)), st.sampled_from([1, 250, 251, 499, 500, 501, 1001]), max_size=4
)
ROLES = st.sampled_from(["covered_entity", "business_associate", "phr_vendor"])
DATA = st.lists(st.sampled_from(["medical", "ssn"]), max_size=2)


@st.composite
def holds(draw: st.DrawFn) -> dict[str, Any]:
    stated = draw(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
    return {
        "type": draw(st.sampled_from(["oral", "written"])),
        "statement_date": stated.isoformat(),
        "release_date": (stated + timedelta(days=draw(st.integers(0, 400)))).isoformat(),
        "scope": ["US", *draw(st.lists(st.sampled_from(sorted(STATES)), max_size=2))],
    }


@st.composite
def inputs(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "entity_zone": draw(st.sampled_from(ZONES)),
        "role": draw(ROLES),
        "discovery": {"known_at": draw(INSTANTS).isoformat()},
        "affected": draw(COUNTS),
        "data": draw(DATA),
        "posture": draw(st.sampled_from(["conservative", "deemed"])),
        "flags": draw(st.sampled_from([[], ["ca_licensed_facility", "ny_hospital", "wa_insurer"]])),
        "contracts": [
            {"id": "n", "unit": draw(st.sampled_from(["hour", "calendar", "business"])), "n": draw(st.integers(0, 60))}
        ],
    }


def answered(raw: dict[str, Any]) -> Reckoning:
    return reckon(read_facts(raw), shipped())


def by_id(reckoning: Reckoning) -> dict[str, Clock]:
    return {clock.id: clock for clock in reckoning.clocks}


def counted_from(first: date) -> dict[str, int]:
    """Row id -> the statute's calendar days from discovery."""
    rows = (row for row in shipped() if row.unit is Unit.CALENDAR and row.trigger == "discovery")
    return {row.id: row.duration for row in rows if row.in_force(first)}


@given(inputs())
@settings(max_examples=300)
def test_never_later_than_the_statute_allows(raw: dict[str, Any]) -> None:
    zone = ZoneInfo(raw["entity_zone"])
    first = datetime.fromisoformat(raw["discovery"]["known_at"]).astimezone(zone).date()

    statute = counted_from(first) | ({"WA-AG": 60} if raw["posture"] == "deemed" else {})

    for name, clock in by_id(answered(raw)).items():
        if allowed := statute.get(name.split(":")[0]):
            assert clock.due == first + timedelta(days=allowed)
        assert clock.due_at.astimezone(zone).date() == clock.due


@given(inputs(), st.lists(holds(), max_size=2), st.timedeltas(timedelta(0), timedelta(days=800)))
@settings(max_examples=200)
def test_an_earlier_discovery_never_makes_a_date_later(
    raw: dict[str, Any], stated: list[dict[str, Any]], earlier: timedelta
) -> None:
    raw |= {"holds": stated}
    sooner = datetime.fromisoformat(raw["discovery"]["known_at"]) - earlier
    before = by_id(answered(raw | {"discovery": {"known_at": sooner.isoformat()}}))
    after = by_id(answered(raw))

    assert all(before[name].due_at <= after[name].due_at for name in before.keys() & after.keys())


@given(inputs(), INSTANTS)
@settings(max_examples=200)
def test_learning_of_further_knowledge_never_makes_a_date_later(raw: dict[str, Any], also: datetime) -> None:
    discovery = raw["discovery"] | {"should_have_known_at": also.isoformat()}
    before, after = by_id(answered(raw)), by_id(answered(raw | {"discovery": discovery}))

    assert all(after[name].due_at <= before[name].due_at for name in before.keys() & after.keys())


@given(inputs(), holds())
@settings(max_examples=200)
def test_a_hold_never_shortens_and_never_goes_beyond_its_release(raw: dict[str, Any], hold: dict[str, Any]) -> None:
    free, bound = by_id(answered(raw)), by_id(answered(raw | {"holds": [hold]}))
    limit = date.fromisoformat(hold["statement_date"]) + timedelta(days=30)
    asked = date.fromisoformat(hold["release_date"])
    release = asked if hold["type"] == "written" else min(asked, limit)

    assert bound.keys() - free.keys() <= {"US-HIPAA-LE-ORAL:1"}
    for name, clock in free.items():
        assert clock.due_at <= bound[name].due_at
        if name.startswith("US-") and bound[name].due > clock.due:
            assert bound[name].due == release


@given(inputs())
@settings(max_examples=100)
def test_reckoning_again_changes_nothing(raw: dict[str, Any]) -> None:
    assert answered(raw) == answered(raw)


@given(inputs(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_the_rows_and_counts_does_not_matter(raw: dict[str, Any], chance: Any) -> None:
    rows, counts = list(shipped()), list(raw["affected"].items())
    chance.shuffle(rows)
    chance.shuffle(counts)
    shuffled = reckon(read_facts(raw | {"affected": dict(counts)}), rows)

    assert shuffled.clocks == answered(raw).clocks


@given(inputs())
@settings(max_examples=100)
def test_every_clock_names_its_text_and_its_arithmetic(raw: dict[str, Any]) -> None:
    assert all(clock.citation and clock.basis and clock.start <= clock.due_at for clock in answered(raw).clocks)
