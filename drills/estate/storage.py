"""Microsoft.Storage, api-version 2023-05-01: accounts and blob containers.

PATCH merges properties, but networkAcls and tags are replaced whole. A null is refused, so a property that was never
set cannot be made absent again; an absent allowBlobPublicAccess means allowed.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from drills.estate.ids import is_within, subscription_of
from drills.estate.refusals import invalid_value, missing_group, missing_resource, refuse_nulls
from drills.estate.service import GROUP, SUBSCRIPTION, Kind, Right, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

ACCOUNT = "Microsoft.Storage/storageAccounts"
SERVICE = f"{ACCOUNT}/blobServices"
CONTAINER = f"{SERVICE}/containers"
POLICY = f"{CONTAINER}/immutabilityPolicies"
SERVICES = ("blob", "dfs", "file", "queue", "table", "web")
OPEN_NETWORK: Json = {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"}
_BYPASSES = {"None", "Logging", "Metrics", "AzureServices"}
_PERIOD = re.compile(r"(\d+\.)?\d{2}:\d{2}:\d{2}")
_ONE_OF = {
    "allowBlobPublicAccess": (True, False),
    "allowSharedKeyAccess": (True, False),
    "allowCrossTenantReplication": (True, False),
    "supportsHttpsTrafficOnly": (True, False),
    "isSftpEnabled": (True, False),
    "isLocalUserEnabled": (True, False),
    "allowedCopyScope": ("AAD", "PrivateLink"),
    "publicNetworkAccess": ("Enabled", "Disabled", "SecuredByPerimeter"),
    "minimumTlsVersion": ("TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"),
}


def service(world: World) -> Service:
    """Accounts and containers."""
    accounts, containers = Accounts(world), Containers(world)
    account = f"{GROUP}{ACCOUNT}/{{account}}"
    container = f"{account}/blobServices/default/containers"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01", "2024-01-01"}),
        routes=(
            Route("GET", f"{SUBSCRIPTION}{ACCOUNT}", accounts.every),
            Route("GET", f"{GROUP}{ACCOUNT}", accounts.every),
            Route("GET", account, accounts.read),
            Route("PATCH", account, accounts.patch),
            Route("PUT", account, accounts.put),
            Route("DELETE", account, accounts.delete),
            Route("GET", container, containers.every),
            Route("GET", f"{container}/{{container}}", containers.read),
            Route("PATCH", f"{container}/{{container}}", containers.patch),
            Route("PUT", f"{container}/{{container}}", containers.put),
        ),
        linked=subnets_joined,
        kinds={ACCOUNT.lower(): ACCOUNT_KIND, CONTAINER.lower(): CONTAINER_KIND},
    )


ACCOUNT_KIND = Kind(
    managed=("properties.provisioningState", "properties.privateEndpointConnections", "properties.keyCreationTime"),
    defaults={
        "properties.allowBlobPublicAccess": True,
        "properties.allowSharedKeyAccess": True,
        "properties.allowCrossTenantReplication": True,
        "properties.publicNetworkAccess": "Enabled",
        "properties.networkAcls": OPEN_NETWORK,
        "properties.networkAcls.resourceAccessRules": [],
        "properties.isSftpEnabled": False,
        "properties.isLocalUserEnabled": False,
        "tags": {},
    },
)
CONTAINER_KIND = Kind(
    managed=("etag", "properties.lastModifiedTime", "properties.leaseState", "properties.leaseStatus", "lease"),
    defaults={"properties.publicAccess": "None", "properties.metadata": {}},
)


def subnets_joined(asked: Asked) -> Iterable[Right]:
    """Each subnet that the network rules name wants a right of its own, on the subnet."""
    body = asked.body if asked.is_write and isinstance(asked.body, dict) else {}
    rules = ((body.get("properties") or {}).get("networkAcls") or {}).get("virtualNetworkRules") or []
    for rule in rules:
        yield Right("Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action", rule["id"])


class Accounts:
    """Storage accounts."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every account of the subscription or group."""
        scope = asked.id.rpartition("/providers/")[0]
        return Reply(200, {"value": [self._shown(one) for one in self._world.store.of_type(ACCOUNT, scope)]})

    def read(self, asked: Asked) -> Reply:
        """The account."""
        return Reply(200, self._shown(self._found(asked)))

    def patch(self, asked: Asked) -> Reply:
        """The account with the sent properties merged in."""
        return self._merged(self._found(asked), checked(asked.body))

    def put(self, asked: Asked) -> Reply:
        """A new account, or an existing one with the sent properties merged in."""
        body = checked(asked.body)
        if asked.names["group"].lower() not in self._world.groups:
            raise missing_group(asked)
        if not {"sku", "kind", "location"} <= body.keys():
            raise RefusalError(400, "InvalidRequestContent", "The request must have sku, kind and location.")
        kept = self._world.store.read(asked.id)
        if kept is None:
            kept = new_account(self._world, asked.id)
            self._world.store.put(new_blob_service(asked.id), self._world.delays.blobs)
        return self._merged(kept, {key: value for key, value in body.items() if key not in {"kind", "location"}})

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, with all that is below it; 204 when it was not there. Held containers keep it."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        if any(one["properties"].get("hasLegalHold") for one in self._world.store.of_type(CONTAINER, asked.id)):
            message = (
                "The storage account cannot be deleted due to containers with an immutability policy or legal hold."
            )
            raise RefusalError(409, "AccountProtectedFromDeletion", message)
        for below in self._world.store.all():
            if is_within(below["id"], asked.id):
                self._world.store.remove(below["id"], self._world.delays.blobs)
        return Reply(200)

    def _merged(self, before: Json, body: Json) -> Reply:
        account = merged(before, body)
        self._refuse_contradiction(account)
        self._world.store.put(account, self._world.delays.blobs)
        return Reply(200, self._shown(account))

    def _refuse_contradiction(self, account: Json) -> None:
        properties = account["properties"]
        if properties.get("isSftpEnabled") and not properties.get("isHnsEnabled"):
            raise invalid_value("isSftpEnabled", True)
        if properties.get("allowCrossTenantReplication") is False and self._replicates_abroad(account["id"]):
            message = "The storage account has object replication policies with accounts of other tenants."
            raise RefusalError(409, "CrossTenantReplicationPoliciesExist", message)

    def _replicates_abroad(self, account: str) -> bool:
        policies = self._world.store.of_type(f"{ACCOUNT}/objectReplicationPolicies", account)
        ends = [policy["properties"][end] for policy in policies for end in ("sourceAccount", "destinationAccount")]
        return any(subscription_of(end).lower() != subscription_of(account).lower() for end in ends)

    def _shown(self, account: Json) -> Json:
        connections = self._world.store.of_type(f"{ACCOUNT}/privateEndpointConnections", account["id"])
        return account | {"properties": account["properties"] | {"privateEndpointConnections": connections}}

    def _found(self, asked: Asked) -> Json:
        account = self._world.store.read(asked.id)
        if account is None:
            raise missing_resource(asked, self._world.groups)
        return account


def new_account(world: World, resource: str) -> Json:
    """An account as Storage describes one whose optional flags were never set."""
    name, made = resource.rpartition("/")[2], world.stamp()
    kept = {"keyType": "Account", "enabled": True, "lastEnabledTime": made}
    return {
        "sku": {"name": "Standard_LRS", "tier": "Standard"},
        "kind": "StorageV2",
        "id": resource,
        "name": name,
        "type": ACCOUNT,
        "location": "eastus2",
        "tags": {},
        "properties": {
            "keyCreationTime": {"key1": made, "key2": made},
            "privateEndpointConnections": [],
            "minimumTlsVersion": "TLS1_2",
            "networkAcls": OPEN_NETWORK,
            "supportsHttpsTrafficOnly": True,
            "encryption": {"services": {"file": kept, "blob": kept}, "keySource": "Microsoft.Storage"},
            "accessTier": "Hot",
            "provisioningState": "Succeeded",
            "creationTime": made,
            "primaryEndpoints": {kind: f"{world.url}/{kind}/{name}/" for kind in SERVICES},
            "primaryLocation": "eastus2",
            "statusOfPrimary": "available",
        },
    }


def new_blob_service(account: str) -> Json:
    """The blob service of a new account: nothing that is deleted is kept."""
    return {"id": f"{account}/blobServices/default", "name": "default", "type": SERVICE, "properties": {}}


def checked(body: Any) -> Json:
    """The body, when Storage would take it.

    Raises RefusalError 400 for anything but an object, for a null, for a value that a property does not take.
    """
    if not isinstance(body, dict):
        raise RefusalError(
            400, "InvalidRequestContent", "The request content was invalid and could not be deserialized."
        )
    refuse_nulls(body)
    properties = body.get("properties", {})
    for name, allowed in _ONE_OF.items():
        if name in properties and properties[name] not in allowed:
            raise invalid_value(name, properties[name])
    if "networkAcls" in properties:
        _check_network(properties["networkAcls"])
    if "sasPolicy" in properties:
        _check_sas_policy(properties["sasPolicy"])
    return body


def _check_sas_policy(policy: Json) -> None:
    if not _PERIOD.fullmatch(str(policy.get("sasExpirationPeriod"))):
        raise invalid_value("sasExpirationPeriod", policy.get("sasExpirationPeriod"))
    if policy.get("expirationAction") not in {"Log", "Block"}:
        raise invalid_value("expirationAction", policy.get("expirationAction"))


def merged(account: Json, body: Json) -> Json:
    """The account after a PATCH."""
    properties = account["properties"] | body.get("properties", {})
    if "networkAcls" in body.get("properties", {}):
        properties["networkAcls"] = network_rules(body["properties"]["networkAcls"])
    return (
        account
        | ({"tags": body["tags"]} if "tags" in body else {})
        | {"sku": account["sku"] | body.get("sku", {}), "properties": properties}
    )


def network_rules(sent: Json) -> Json:
    """The rule set as stored: what was not sent is empty, each rule allows."""
    addresses = [{"value": rule["value"], "action": "Allow"} for rule in sent.get("ipRules", [])]
    subnets = [
        {"id": rule["id"], "action": "Allow", "state": "Succeeded"} for rule in sent.get("virtualNetworkRules", [])
    ]
    kept = {"resourceAccessRules": sent["resourceAccessRules"]} if "resourceAccessRules" in sent else {}
    return kept | {
        "bypass": sent.get("bypass", "AzureServices"),
        "virtualNetworkRules": subnets,
        "ipRules": addresses,
        "defaultAction": sent["defaultAction"],
    }


def _check_network(rules: Json) -> None:
    if rules.get("defaultAction") not in {"Allow", "Deny"}:
        raise invalid_value("networkAcls.defaultAction", rules.get("defaultAction"))
    if not {one.strip() for one in rules.get("bypass", "None").split(",")} <= _BYPASSES:
        raise invalid_value("networkAcls.bypass", rules["bypass"])
    for rule in rules.get("ipRules", []):
        try:
            network = ip_network(rule["value"])
        except ValueError:
            raise invalid_value("ipRules", rule["value"]) from None
        is_range = "/" in rule["value"]
        if _is_private(rule["value"]) or (is_range and network.prefixlen in {31, 32}):
            raise invalid_value("ipRules", rule["value"])


def _is_private(address: str) -> bool:
    first = ip_address(address.partition("/")[0])
    return any(first in ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


class Containers:
    """Blob containers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """One page of the account's containers, with the address of the next."""
        account = asked.id.partition("/blobServices/")[0]
        self._account(account, asked)
        found = [one for one in self._world.store.of_type(CONTAINER, account) if _chosen(one, asked)]
        start = int(asked.query.get("$skipToken", "0"))
        end = start + min(int(asked.query.get("$maxpagesize", self._world.page_size)), self._world.page_size)
        page: Json = {"value": [listed(one) for one in found[start:end]]}
        if end < len(found):
            page["nextLink"] = self._next(asked, end)
        return Reply(200, page)

    def read(self, asked: Asked) -> Reply:
        """The container, whole."""
        container = {name: value for name, value in self._found(asked).items() if name != "lease"}
        policy = self._world.store.read(f"{asked.id}/immutabilityPolicies/default")
        if policy is not None:
            told = {"etag": policy["etag"], "updateHistory": [], "properties": policy["properties"]}
            container["properties"] |= {"hasImmutabilityPolicy": True, "immutabilityPolicy": told}
        return Reply(200, container, {"ETag": container["etag"]})

    def patch(self, asked: Asked) -> Reply:
        """The container with the sent properties merged in."""
        return self._written(asked, self._found(asked), 200)

    def put(self, asked: Asked) -> Reply:
        """A new container (201), or an existing one with the sent properties merged in."""
        existing = self._world.store.read(asked.id)
        return self._written(asked, existing or new_container(self._world, asked.id), 200 if existing else 201)

    def _written(self, asked: Asked, container: Json, status: int) -> Reply:
        sent = checked(asked.body if asked.body is not None else {}).get("properties", {})
        account = self._account(asked.id.partition("/blobServices/")[0], asked)
        if sent.get("publicAccess", "None") not in {"None", "Blob", "Container"}:
            raise invalid_value("publicAccess", sent["publicAccess"])
        if sent.get("publicAccess", "None") != "None" and account["properties"].get("allowBlobPublicAccess") is False:
            raise RefusalError(
                409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
            )
        container["properties"] |= sent | {"lastModifiedTime": self._world.stamp()}
        container["etag"] = blob_etag()
        self._world.store.put(container, self._world.delays.blobs)
        return Reply(status, acknowledged(container), {"ETag": container["etag"]})

    def _found(self, asked: Asked) -> Json:
        self._account(asked.id.partition("/blobServices/")[0], asked)
        container = self._world.store.read(asked.id)
        if container is None:
            raise RefusalError(404, "ContainerNotFound", "The specified container does not exist.")
        return container

    def _account(self, resource: str, asked: Asked) -> Json:
        account = self._world.store.read(resource)
        if account is None:
            raise missing_resource(asked.with_(id=resource), self._world.groups)
        return account

    def _next(self, asked: Asked, start: int) -> str:
        query = {**asked.query, "$skipToken": str(start)}
        return f"{self._world.url}{asked.path}?{urlencode(query)}"


def _chosen(container: Json, asked: Asked) -> bool:
    return str(container["name"]).startswith(asked.query.get("$filter", ""))


def new_container(world: World, resource: str) -> Json:
    """A private container."""
    return {
        "id": resource,
        "name": resource.rpartition("/")[2],
        "type": CONTAINER,
        "etag": blob_etag(),
        "properties": {
            "deleted": False,
            "remainingRetentionDays": 0,
            "defaultEncryptionScope": "$account-encryption-key",
            "denyEncryptionScopeOverride": False,
            "publicAccess": "None",
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "lastModifiedTime": world.stamp(),
            "legalHold": {"hasLegalHold": False, "tags": []},
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
        },
    }


def listed(container: Json) -> Json:
    """The container as a list shows it: the legal hold only as a flag."""
    properties = {name: value for name, value in container["properties"].items() if name != "legalHold"}
    return {name: value for name, value in container.items() if name != "lease"} | {"properties": properties}


def acknowledged(container: Json) -> Json:
    """The container as a write answers it: neither etag, lease nor time in the body."""
    left_out = {
        "defaultEncryptionScope",
        "denyEncryptionScopeOverride",
        "leaseStatus",
        "leaseState",
        "lastModifiedTime",
        "legalHold",
    }
    properties = {name: value for name, value in container["properties"].items() if name not in left_out}
    return {name: container[name] for name in ("id", "name", "type")} | {"properties": properties}


def blob_etag() -> str:
    """A strong etag, as the blob service writes it."""
    return f'"0x8DD{uuid4().hex[:12].upper()}"'
