import pytest

from tests.compliance.incidents import dues, facts, known, reckoned


def test_the_local_date_counts_and_not_the_date_in_utc() -> None:
    late_in_the_evening = known("2026-08-12T05:50:00Z")

    assert reckoned(**late_in_the_evening).discovered_on.isoformat() == "2026-08-11"
    assert dues(**late_in_the_evening)["US-HIPAA-IND"] == "2026-10-10"


def test_new_year_is_local_too() -> None:
    assert dues(**known("2028-01-01T06:30:00Z"))["US-HIPAA-HHS-ANNUAL"] == "2028-02-29"
    assert dues(**known("2028-01-01T07:30:00Z"))["US-HIPAA-HHS-ANNUAL"] == "2029-03-01"


@pytest.mark.parametrize(
    "earlier", ["should_have_known_at", "first_signal_time", "agent_known_at", "night_watch_knew_at"]
)
def test_whoever_knew_or_should_have_known_first_starts_the_clock(earlier: str) -> None:
    discovery = {"known_at": "2026-08-11T14:20:00-06:00", earlier: "2026-07-30T23:59:00-06:00"}

    assert facts(discovery=discovery).discovery.said == "2026-07-30T23:59:00-06:00"
    assert dues(discovery=discovery)["US-HIPAA-IND"] == "2026-09-28"


@pytest.mark.parametrize("silent", ["known_only_to_perpetrator_at", "occurred_at"])
def test_what_the_perpetrator_knew_or_when_it_happened_starts_nothing(silent: str) -> None:
    discovery = {"known_at": "2026-08-11T14:20:00-06:00", silent: "2026-01-02T08:00:00-07:00"}

    assert dues(discovery=discovery) == dues()


ASSOCIATE = {"discovered_at": "2026-06-02T09:00:00-06:00", "notice_received_at": "2026-07-01T09:00:00-06:00"}


def test_an_agent_discovers_for_the_entity() -> None:
    assert dues(discovery={}, ba=ASSOCIATE | {"agent": True})["US-HIPAA-IND"] == "2026-08-01"


@pytest.mark.parametrize("agent", [{"agent": False}, {}])
def test_an_associate_that_is_no_agent_is_heard_when_its_notice_comes(agent: dict[str, bool]) -> None:
    assert dues(discovery={}, ba=ASSOCIATE | agent)["US-HIPAA-IND"] == "2026-08-30"


def test_own_knowledge_counts_where_it_was_earlier_than_the_notice() -> None:
    own = known("2026-06-20T09:00:00-06:00")

    assert dues(**own, ba=ASSOCIATE)["US-HIPAA-IND"] == "2026-08-19"


def test_the_instant_is_repeated_as_it_was_given() -> None:
    assert reckoned(**known("2026-08-11T20:20:00+00:00")).discovery.said == "2026-08-11T20:20:00+00:00"
