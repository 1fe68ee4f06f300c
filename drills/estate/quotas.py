"""Microsoft.Storage usages, api-version 2023-05-01: how many accounts a region holds, and how many it may."""

from drills.estate.service import SUBSCRIPTION, Route, Service
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Asked, Reply
from drills.estate.world import World


def service(world: World) -> Service:
    """The usages of one region."""

    def every(asked: Asked) -> Reply:
        accounts = world.store.of_type(ACCOUNT, world.scope)
        used = sum(one["location"].lower() == asked.names["location"].lower() for one in accounts)
        name = {"value": "StorageAccounts", "localizedValue": "Storage Accounts"}
        usage = {"unit": "Count", "currentValue": used, "limit": world.most_accounts, "name": name}
        return Reply(200, {"value": [usage]})

    path = f"{SUBSCRIPTION}Microsoft.Storage/locations/{{location}}/usages"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(Route("GET", path, every),),
    )
