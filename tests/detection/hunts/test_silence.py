from datetime import UTC, datetime, timedelta

import pytest

from detection.hunts import silence
from incident.resource import ResourceId
from incident.trace import Trace

CUT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/phistore")


@pytest.mark.parametrize(
    ("known", "alive", "until", "silent"),
    [
        (2, 0, 10, True),
        (2, 0, 9, None),
        (2, 0, None, None),
        (0, 0, 60, None),
        (2, 1, 60, False),
        (2, 1, None, False),
    ],
    ids=["long enough", "too short", "no rows", "nobody was known", "one is served", "one is served, and no other"],
)
def test_only_a_log_that_goes_on_and_knew_somebody_can_be_silent(
    known: int, alive: int, until: int | None, silent: bool | None
) -> None:
    kept = [{"Records": 1, "Last": CUT + timedelta(minutes=until)}] if until else [{"Records": 0, "Last": None}]

    heard = silence.read([{"Known": known, "Alive": alive}], kept)

    assert heard.silent(CUT) is silent


def test_of_a_key_that_was_made_anew_only_what_that_key_signed_is_listened_for() -> None:
    assert 'AuthenticationHash startswith "key1("' in silence.hunt(ACCOUNT, Trace.KEY, CUT, "key1").query
    assert 'AuthenticationHash startswith ""' in silence.hunt(ACCOUNT, Trace.KEY, CUT).query
