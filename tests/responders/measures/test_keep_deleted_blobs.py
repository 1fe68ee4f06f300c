from typing import Any

from cloud import Cloud
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.keep_deleted_blobs import MEASURE

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
SERVICE = Target(resource=ResourceId(f"{ACCOUNT}/blobServices/default"), incident="i")
CORS = {"corsRules": [{"allowedOrigins": ["https://viewer.clinic.example"]}]}


def service(*, hierarchical: bool = False, **properties: Any) -> Before:
    return Before({"id": SERVICE.resource.text, "properties": properties, "isHnsEnabled": hierarchical})


async def sent(cloud: Cloud, before: Before) -> Any:
    [call] = MEASURE.contain(SERVICE, before)
    request = await cloud.rehearse(call.send)
    assert request.method == "PUT"
    return request.body["properties"]


async def test_what_is_there_is_sent_again_with_ours_merged_in(cloud: Cloud) -> None:
    body = await sent(cloud, service(cors=CORS, lastAccessTimeTrackingPolicy={"enable": True}))

    assert body["cors"] == CORS
    assert body["lastAccessTimeTrackingPolicy"] == {"enable": True}
    assert body["deleteRetentionPolicy"] == {"enabled": True, "days": 365}
    assert body["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 365}
    assert (body["isVersioningEnabled"], body["changeFeed"]) == (True, {"enabled": True})


async def test_a_hierarchical_namespace_is_asked_for_neither_versions_nor_a_change_feed(cloud: Cloud) -> None:
    body = await sent(cloud, service(hierarchical=True))

    assert body.keys() == {"deleteRetentionPolicy", "containerDeleteRetentionPolicy"}


async def test_a_shorter_period_is_lengthened(cloud: Cloud) -> None:
    body = await sent(cloud, service(deleteRetentionPolicy={"enabled": True, "days": 7, "allowPermanentDelete": True}))

    assert body["deleteRetentionPolicy"] == {"enabled": True, "days": 365, "allowPermanentDelete": True}


def test_where_everything_is_kept_nothing_is_sent() -> None:
    kept = {"enabled": True, "days": 365}
    before = service(
        deleteRetentionPolicy=kept,
        containerDeleteRetentionPolicy=kept,
        isVersioningEnabled=True,
        changeFeed={"enabled": True},
    )

    assert MEASURE.contain(SERVICE, before) == ()
    assert MEASURE.undo(SERVICE, before) == ()
