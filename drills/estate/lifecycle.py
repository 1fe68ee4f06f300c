"""The lifecycle policy of a storage account, api-version 2023-05-01, and the deleting that it does when it runs."""

from datetime import timedelta

from drills.estate.blob_operations import DELETE
from drills.estate.ids import name_of
from drills.estate.protection import kept_for, refuse_change
from drills.estate.refusals import invalid_value, missing_resource, refuse_nulls
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

POLICY = f"{ACCOUNT}/managementPolicies"
SCANNER = "ObjectLifeCycleScanner/0.50"
_AGES = ("daysAfterModificationGreaterThan", "daysAfterCreationGreaterThan")


def service(world: World) -> Service:
    """`managementPolicies/default`."""
    policies, path = LifecyclePolicies(world), f"{GROUP}{ACCOUNT}/{{account}}/managementPolicies/default"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(
            Route("GET", path, policies.read),
            Route("PUT", path, policies.put),
            Route("DELETE", path, policies.delete),
        ),
        kinds={POLICY.lower(): Kind(managed=("properties.lastModifiedTime",))},
    )


class LifecyclePolicies:
    """One policy an account."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, asked: Asked) -> Reply:
        """The policy."""
        self._check_account(asked)
        state = self._world.store.read(asked.id)
        if state is None:
            message = f"No ManagementPolicy found for account {asked.names['account']}"
            raise RefusalError(404, "ManagementPolicyNotFound", message)
        return Reply(200, state)

    def put(self, asked: Asked) -> Reply:
        """The policy, new or replaced whole."""
        self._check_account(asked)
        policy = ((asked.body or {}).get("properties") or {}).get("policy") or {}
        refuse_nulls(policy)
        for rule in policy.get("rules") or [{}]:
            if not rule.get("name") or rule.get("type") != "Lifecycle" or "actions" not in rule.get("definition", {}):
                raise invalid_value("rules", rule.get("name", ""))
        state = {
            "id": asked.id,
            "name": "DefaultManagementPolicy",
            "type": POLICY,
            "properties": {"lastModifiedTime": self._world.stamp(), "policy": policy},
        }
        self._world.store.put(state, self._world.delays.blobs)
        return Reply(200, state)

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, 204 when it was not there."""
        self._check_account(asked)
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id, self._world.delays.blobs)
        return Reply(200)

    def _check_account(self, asked: Asked) -> None:
        resource = asked.id.rsplit("/", 2)[0]
        if self._world.store.read(resource) is None:
            raise missing_resource(asked.with_(id=resource), self._world.groups)


def run(world: World) -> int:
    """One day's run of every policy in force; how many objects it deleted."""
    deleted = 0
    for policy in world.store.every_in_force(POLICY):
        account = policy["id"].rsplit("/", 2)[0]
        for rule in policy["properties"]["policy"]["rules"]:
            deleted += sum(_delete(world, account, *place) for place in _due(world, account, rule))
    return deleted


def _due(world: World, account: str, rule: Json) -> list[tuple[str, str]]:
    definition = rule["definition"]
    terms = definition["actions"].get("baseBlob", {}).get("delete", {})
    ages = [terms[age] for age in _AGES if age in terms]
    if not ages or rule.get("enabled") is False:
        return []
    prefixes = tuple(definition.get("filters", {}).get("prefixMatch") or [""])
    aged = world.objects.written_before(name_of(account), world.clock() - timedelta(days=min(ages)))
    return [place for place in aged if "/".join(place).startswith(prefixes)]


def _delete(world: World, account: str, container: str, name: str) -> bool:
    blob = world.objects.find(name_of(account), container, name)
    try:
        if blob is None:
            return False
        refuse_change(world, f"{account}/blobServices/default/containers/{container}", blob)
    except RefusalError:
        return False
    world.objects.delete(name_of(account), container, name, kept_for(world, account))
    world.traffic.storage_log.append(_row(world, account, container, name))
    return True


def _row(world: World, account: str, container: str, name: str) -> Json:
    return {
        "TimeGenerated": world.stamp(),
        "AccountName": name_of(account),
        "OperationName": DELETE.name,
        "Category": DELETE.category,
        "AuthenticationType": "TrustedAccess",
        "StatusCode": "202",
        "StatusText": "Success",
        "ObjectKey": f"/{name_of(account)}/{container}/{name}",
        "CallerIpAddress": "10.0.0.1:443",
        "UserAgentHeader": SCANNER,
        "ResponseBodySize": 0,
        "Type": "StorageBlobLogs",
        "_ResourceId": f"{account}/blobServices/default".lower(),
        "TenantId": world.tenant,
    }
