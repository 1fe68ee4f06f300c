"""What the measures on storage share: writes to an account, values put back, and the eyes of whoever holds a SAS."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.effective import ABSENT
from responders.measure import STORAGE_ACCOUNT, Send

UNSET = ABSENT[STORAGE_ACCOUNT]


def account_properties(account: Target, **properties: Any) -> Send:
    """One PATCH of the named properties of a storage account."""

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import StorageAccountUpdateParameters

        accounts = cloud.storage(account.resource.subscription).storage_accounts
        change = StorageAccountUpdateParameters({"properties": properties})
        await accounts.update(account.resource.group, account.resource.name, change)

    return send


def stands(account: Before, name: str) -> Any:
    """The property as it counts: an absent one, or null, as what its absence means."""
    value = account.properties.get(name)
    return UNSET.get(name) if value is None else value


def lacking(account: Before, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted properties that do not stand yet."""
    return {name: value for name, value in wanted.items() if stands(account, name) != value}


def former(account: Before, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What stood in place of the wanted properties; where nothing did, what that means: Azure takes no null."""
    return {name: stands(account, name) for name in lacking(account, wanted)}


def account_of(part: Target) -> ResourceId:
    """The storage account that holds the container, policy or connection."""
    return part.resource.climb(STORAGE_ACCOUNT) or part.resource


async def bearers(cloud: Cloud, account: Before, *kinds: str, container: str = "") -> dict[str, bool | None]:
    """For each kind of credential with a canary, in this container where one is named: whether it is turned away."""
    configured = [kind for kind in kinds if cloud.probe.has_canary(account, kind, container)]
    return {f"{kind}_refused": (await cloud.probe.canary(account, kind)).refused for kind in configured}


async def turned_away(cloud: Cloud, account: Before) -> bool | None:
    """Whether the network rules themselves turn a stranger away.

    None where exceptions stand and the network let us in: then we may be among the exempt, which proves nothing.
    """
    sight = await cloud.probe.anonymous_list(account, "tourniquet-probe")
    if sight.refused is None:
        return None
    rules = account.properties.get("networkAcls") or {}
    exempt = bool(rules.get("ipRules") or rules.get("virtualNetworkRules"))
    return True if sight.code == "AuthorizationFailure" else (None if exempt else False)
