from typing import Any

from cloud import Cloud
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Irreversible
from responders.measures.limit_sas_lifetime import MEASURE

ACCOUNT = Target(
    resource=ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"), incident="i"
)


def policies(**properties: Any) -> Before:
    return Before({"properties": properties})


async def test_a_policy_that_blocks_is_not_weakened(cloud: Cloud) -> None:
    blocking = {"sasExpirationPeriod": "7.00:00:00", "expirationAction": "Block"}
    [call] = MEASURE.contain(ACCOUNT, policies(sasPolicy=blocking))

    sent = (await cloud.rehearse(call.send)).body["properties"]

    assert sent["sasPolicy"] == {"sasExpirationPeriod": "0.01:00:00", "expirationAction": "Block"}
    assert sent["keyPolicy"] == {"keyExpirationPeriodInDays": 90}


def test_it_can_be_taken_back_only_where_there_were_policies() -> None:
    longer = {"sasExpirationPeriod": "7.00:00:00", "expirationAction": "Log"}

    assert isinstance(MEASURE.undo(ACCOUNT, policies()), Irreversible)
    assert not isinstance(
        MEASURE.undo(ACCOUNT, policies(sasPolicy=longer, keyPolicy={"keyExpirationPeriodInDays": 365})), Irreversible
    )
