"""Where a request to a data plane comes from, told by headers of the estate's own, and whether a network lets it in."""

from dataclasses import asdict, dataclass, fields
from ipaddress import ip_address, ip_network
from typing import Self

from drills.estate.ids import type_of
from drills.estate.wire import Asked, Json
from drills.estate.world import World

OUTSIDE = "198.51.100.20"
TRUSTED_SERVICES = ("microsoft.recoveryservices/vaults", "microsoft.security/", "microsoft.network/networkwatchers")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """An address, or more: a subnet with a service endpoint, an Azure resource that asks as itself, a private endpoint.

    `subnet` and `resource` are resource ids, `endpoint` the id of a private endpoint connection. The headers are
    `X-Estate-Caller`, `X-Estate-Subnet` and so on, one for each field; what is not told is as it stands here.
    """

    caller: str = OUTSIDE
    subnet: str = ""
    resource: str = ""
    endpoint: str = ""
    protocol: str = "HTTPS"
    tls: str = "TLS 1.2"

    @classmethod
    def of(cls, asked: Asked) -> Self:
        """The origin that a request tells."""
        told = {one.name: asked.headers.get(_header(one.name)) for one in fields(cls)}
        return cls(**{name: value for name, value in told.items() if value is not None})

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell of it."""
        return {_header(name): value for name, value in asdict(self).items()}


def _header(name: str) -> str:
    return f"X-Estate-{name.title()}"


def admits(world: World, account: Json, origin: Origin) -> bool:
    """True when the account's network lets the origin in.

    An approved private endpoint, the resources that the rules name and the trusted services pass whatever
    publicNetworkAccess says; everyone else needs it on, and a rule where the default is to deny.
    """
    if origin.endpoint:
        return _is_approved(world, account, origin.endpoint)
    rules = account["properties"].get("networkAcls", {})
    if origin.resource and _is_trusted(rules, origin.resource):
        return True
    if account["properties"].get("publicNetworkAccess", "Enabled") != "Enabled":
        return False
    return rules.get("defaultAction", "Allow") == "Allow" or _is_named(rules, origin)


def _is_approved(world: World, account: Json, endpoint: str) -> bool:
    version = world.store.in_force(endpoint)
    if version is None or version.state is None or not endpoint.lower().startswith(account["id"].lower()):
        return False
    return bool(version.state["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved")


def _is_trusted(rules: Json, resource: str) -> bool:
    named = [rule["resourceId"].lower() for rule in rules.get("resourceAccessRules", [])]
    is_service = type_of(resource).lower().startswith(TRUSTED_SERVICES)
    return resource.lower() in named or (is_service and "AzureServices" in rules.get("bypass", "AzureServices"))


def _is_named(rules: Json, origin: Origin) -> bool:
    if origin.subnet:
        return any(rule["id"].lower() == origin.subnet.lower() for rule in rules.get("virtualNetworkRules", []))
    return any(ip_address(origin.caller) in ip_network(rule["value"]) for rule in rules.get("ipRules", []))
