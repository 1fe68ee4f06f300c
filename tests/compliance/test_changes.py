from collections.abc import Mapping

import pytest

from compliance.changes import changes
from compliance.reckoning import Clock
from tests.compliance.incidents import reckoned


def due(clock: Clock | None) -> str | None:
    return str(clock.due) if clock else None


def seen(before: Mapping[str, object], after: Mapping[str, object]) -> list[tuple[str, str | None, str | None]]:
    found = changes(reckoned(**before), reckoned(**after))
    return [(change.id, due(change.was), due(change.now)) for change in found]


def test_reaching_500_replaces_the_annual_log_by_day_sixty_of_the_first_discovery() -> None:
    assert seen({"affected": {"MT": 499}}, {"affected": {"MT": 500}}) == [
        ("US-HIPAA-HHS-500", None, "2026-10-10"),
        ("US-HIPAA-HHS-ANNUAL", "2027-03-01", None),
    ]


def test_reaching_501_adds_the_media() -> None:
    assert seen({"affected": {"MT": 500}}, {"affected": {"MT": 501}}) == [("US-HIPAA-MEDIA:MT", None, "2026-10-10")]


def test_an_earlier_discovery_supersedes_every_date_and_keeps_the_old_one() -> None:
    earlier = {"discovery": {"known_at": "2026-08-10T09:00:00-06:00"}}

    assert seen({}, earlier) == [("US-HIPAA-IND", "2026-10-10", "2026-10-09")]


def test_a_hold_that_forbids_earlier_notice_is_a_change_without_a_new_date() -> None:
    hold = {"type": "written", "statement_date": "2026-08-20", "release_date": "2026-09-01"}
    found = changes(reckoned(), reckoned(holds=[hold]))

    assert {change.id for change in found} == {"US-HIPAA-IND", "US-HIPAA-HHS-ANNUAL"}
    assert all("no notice before 2026-09-01" in change.why for change in found)


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        ({"low_probability_documented": True}, "164.402"),
        ({"encryption": {"meets_guidance": True, "key_compromised": False}}, "the key is safe"),
        ({"affected": {}}, "no longer reach"),
    ],
)
def test_what_ends_says_why(fact: dict[str, object], why: str) -> None:
    ended = changes(reckoned(), reckoned(**fact))

    assert {change.id for change in ended} == {"US-HIPAA-IND", "US-HIPAA-HHS-ANNUAL"}
    assert all(why in change.why for change in ended)


def test_the_same_facts_change_nothing() -> None:
    assert changes(reckoned(), reckoned()) == ()
