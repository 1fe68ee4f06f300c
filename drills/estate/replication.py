"""Object replication policies of a storage account, api-version 2023-05-01, and the copying that they cause.

A policy is written on the destination first (its id is `default` there), then under the id that it got on the source.
Once both accounts have it, what the source containers hold and get is copied: into another tenant, too, as long as
both accounts allow it.
"""

from collections.abc import Iterable
from uuid import uuid4

from drills.estate.ids import name_of, subscription_of
from drills.estate.protection import kept_for
from drills.estate.refusals import invalid_value, missing_resource
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

POLICY = f"{ACCOUNT}/objectReplicationPolicies"


def service(world: World) -> Service:
    """Object replication policies."""
    policies, path = ReplicationPolicies(world), f"{GROUP}{ACCOUNT}/{{account}}/objectReplicationPolicies"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(
            Route("GET", path, policies.every),
            Route("GET", f"{path}/{{policy}}", policies.read),
            Route("PUT", f"{path}/{{policy}}", policies.put),
            Route("DELETE", f"{path}/{{policy}}", policies.delete),
        ),
        kinds={POLICY.lower(): Kind(managed=("properties.enabledTime",))},
    )


class ReplicationPolicies:
    """Object replication policies."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every policy of the account, as source or as destination."""
        account = self._account(asked.id.rpartition("/")[0], asked)
        return Reply(200, {"value": self._world.store.of_type(POLICY, account["id"])})

    def read(self, asked: Asked) -> Reply:
        """The policy."""
        found = self._world.store.read(asked.id)
        if found is None:
            raise _missing(asked)
        return Reply(200, found)

    def put(self, asked: Asked) -> Reply:
        """The policy, new or replaced; what it is to copy and was there before is copied now."""
        account = self._account(asked.id.rsplit("/", 2)[0], asked)
        policy = replication_policy(self._world, asked.id, (asked.body or {}).get("properties") or {})
        self._check(account, policy)
        self._world.store.put(policy, self._world.delays.blobs)
        source = self._world.store.read(policy["properties"]["sourceAccount"])
        if source is not None:
            for rule in policy["properties"]["rules"]:
                names = self._world.objects.names(source["name"], rule["sourceContainer"])
                replicate(self._world, source, rule["sourceContainer"], names)
        return Reply(200, policy)

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, 204 when it was not there."""
        self._account(asked.id.rsplit("/", 2)[0], asked)
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id, self._world.delays.blobs)
        return Reply(200)

    def _check(self, account: Json, policy: Json) -> None:
        properties, is_destination = policy["properties"], _is_of(policy, account, "destinationAccount")
        if not is_destination and not self._world.store.read(_twin(properties["destinationAccount"], policy)):
            raise invalid_value("policyId", policy["name"])
        if is_cross_tenant(policy) and account["properties"].get("allowCrossTenantReplication") is False:
            raise invalid_value("sourceAccount", properties["sourceAccount"])
        for rule in properties["rules"] if not is_destination else ():
            if (
                self._world.store.read(f"{account['id']}/blobServices/default/containers/{rule['sourceContainer']}")
                is None
            ):
                raise RefusalError(404, "ContainerNotFound", "The specified container does not exist.")

    def _account(self, resource: str, asked: Asked) -> Json:
        account = self._world.store.read(resource)
        if account is None:
            raise missing_resource(asked.with_(id=resource), self._world.groups)
        return account


def replication_policy(world: World, resource: str, sent: Json) -> Json:
    """The policy as Storage describes it. On the destination, `default` is given an id.

    Raises RefusalError 400 for one without accounts or rules.
    """
    for name in ("sourceAccount", "destinationAccount", "rules"):
        if not sent.get(name):
            raise invalid_value(name, sent.get(name))
    account, _, name = resource.rpartition("/")
    identity = str(uuid4()) if name.lower() == "default" else name
    rules = [{"ruleId": str(uuid4())} | rule for rule in sent["rules"]]
    return {
        "id": f"{account}/{identity}",
        "name": identity,
        "type": POLICY,
        "properties": {
            "policyId": identity,
            "enabledTime": world.stamp(),
            "sourceAccount": sent["sourceAccount"],
            "destinationAccount": sent["destinationAccount"],
            "rules": rules,
        },
    }


def is_cross_tenant(policy: Json) -> bool:
    """True when source and destination lie in different subscriptions: each tenant here has one."""
    ends = (policy["properties"]["sourceAccount"], policy["properties"]["destinationAccount"])
    return len({subscription_of(end).lower() for end in ends}) > 1


def replicate(world: World, account: Json, container: str, names: Iterable[str]) -> None:
    """The objects are in every container that a policy in force on both accounts copies this one to."""
    for policy in _in_force(world, account):
        target = policy["properties"]["destinationAccount"]
        for rule in policy["properties"]["rules"]:
            if rule["sourceContainer"] == container:
                _copy(world, account["name"], target, rule, names)


def _copy(world: World, source: str, target: str, rule: Json, names: Iterable[str]) -> None:
    prefixes = tuple((rule.get("filters") or {}).get("prefixMatch") or [""])
    for name in names:
        blob = world.objects.find(source, rule["sourceContainer"], name)
        if blob is not None and name.startswith(prefixes):
            keep = kept_for(world, target)
            world.objects.write(name_of(target), rule["destinationContainer"], name, blob.content, keep)


def _in_force(world: World, account: Json) -> list[Json]:
    every = [one for one in world.store.every_in_force(POLICY) if _is_of(one, account, "sourceAccount")]
    ours = [one for one in every if one["id"].lower().startswith(account["id"].lower() + "/")]
    twins = [world.store.in_force(_twin(one["properties"]["destinationAccount"], one)) for one in ours]
    return [one for one, twin in zip(ours, twins, strict=True) if twin is not None and twin.state is not None]


def _is_of(policy: Json, account: Json, end: str) -> bool:
    return bool(policy["properties"][end].lower() == account["id"].lower())


def _twin(account: str, policy: Json) -> str:
    return f"{account}/objectReplicationPolicies/{policy['name']}"


def _missing(asked: Asked) -> RefusalError:
    message = f"The object replication policy '{asked.names['policy']}' does not exist."
    return RefusalError(404, "ObjectReplicationPolicyNotFound", message)
