from typing import Any

import pytest

from cloud import Cloud
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Call, Irreversible
from responders.measures.block_long_sas import MEASURE

ACCOUNT = Target(
    resource=ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"), incident="i"
)


def under(period: str = "", action: str = "Log") -> Before:
    """The account under a SAS policy, or under none."""
    policy = {"sasPolicy": {"sasExpirationPeriod": period, "expirationAction": action}} if period else {}
    return Before({"properties": policy})


async def sent(cloud: Cloud, calls: tuple[Call, ...] | Irreversible) -> dict[str, Any]:
    """The policy that the one call sends."""
    assert not isinstance(calls, Irreversible)
    [call] = calls
    body = (await cloud.rehearse(call.send)).body
    return dict(body["properties"]["sasPolicy"])


@pytest.mark.parametrize(
    ("standing", "period"),
    [(under(), "0.01:00:00"), (under("7.00:00:00"), "0.01:00:00"), (under("00:10:00"), "00:10:00")],
    ids=["none", "a week", "ten minutes"],
)
async def test_what_lives_longer_than_an_hour_or_than_less_is_refused(
    cloud: Cloud, standing: Before, period: str
) -> None:
    wanted = await sent(cloud, MEASURE.contain(ACCOUNT, standing))

    assert wanted == {"sasExpirationPeriod": period, "expirationAction": "Block"}


def test_a_policy_of_an_hour_that_blocks_is_enough() -> None:
    assert MEASURE.contain(ACCOUNT, under("1:00:00", "Block")) == ()
    assert MEASURE.contain(ACCOUNT, under("soon", "Block"))


async def test_where_no_policy_stood_one_that_only_logs_stays(cloud: Cloud) -> None:
    before = under()

    left = await sent(cloud, MEASURE.undo(ACCOUNT, before))

    assert left == {"sasExpirationPeriod": "0.01:00:00", "expirationAction": "Log"}
    assert MEASURE.own(Before({"properties": {"sasPolicy": left}})) == MEASURE.own(before)


async def test_the_policy_that_stood_is_restored(cloud: Cloud) -> None:
    week = {"sasExpirationPeriod": "7.00:00:00", "expirationAction": "Block"}

    assert await sent(cloud, MEASURE.undo(ACCOUNT, under("7.00:00:00", "Block"))) == week
