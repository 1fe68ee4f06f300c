"""Rules of a network security group: read as a PUT carries them, put in front of all others, written with If-Match."""

from collections.abc import Iterable, Sequence
from typing import Any

from cloud import Cloud
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Refusal, Send

FIRST, LAST = 100, 4096
OURS = "hir-"
PREFIXES = (
    "sourceAddressPrefix",
    "sourceAddressPrefixes",
    "destinationAddressPrefix",
    "destinationAddressPrefixes",
)
RESERVED = frozenset(
    {
        "gatewaysubnet",
        "azurefirewallsubnet",
        "azurefirewallmanagementsubnet",
        "azurebastionsubnet",
        "routeserversubnet",
    }
)

type Rule = dict[str, Any]


def governs_reserved(_group: Target, before: Before, policy: Policy) -> Refusal | None:
    """Subnets that Azure runs itself break when they are cut off; others the policy may keep untouched."""
    subnets = [ResourceId.parse(subnet["id"]) for subnet in before.properties.get("subnets") or ()]
    reserved = sorted(subnet.name for subnet in subnets if subnet.name.casefold() in RESERVED)
    untouched = sorted(subnet.name for subnet in subnets if not policy.touchable(subnet))
    if reserved:
        return Refusal(f"the group governs {', '.join(reserved)}, which Azure's own service needs open")
    if untouched:
        return Refusal(f"the group governs {', '.join(untouched)}, which the policy says is never touched")
    return None


def rules_of(state: Before) -> list[Rule]:
    """The group's own rules as a PUT may carry them."""
    return [bare(rule) for rule in state.properties.get("securityRules") or ()]


def bare(rule: Rule) -> Rule:
    """A rule without what Azure manages."""
    managed = ("provisioningState", "etag")
    properties = {key: value for key, value in rule["properties"].items() if key not in managed}
    return {"name": rule["name"], "properties": properties}


def rule(name: str, access: str, direction: str, **ends: Any) -> Rule:
    """A rule for every protocol and port, from and to everywhere but for `ends`; its place is given by `in_front`."""
    everywhere = {
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
    }
    kept = {single: value for single, value in everywhere.items() if not {f"{single}s", f"{single}es"} & ends.keys()}
    return {"name": name, "properties": {**kept, **ends, "access": access, "direction": direction}}


def in_front(rules: Iterable[Rule], ours: Sequence[Rule]) -> list[Rule]:
    """All rules, ours first in their direction, from 100 on. The others keep their order and move no more than needed.

    100 is the lowest priority that Azure takes, and a priority stands once per direction: what is in the way moves up.
    """
    names = {one["name"] for one in ours}
    return [
        moved
        for direction in ("inbound", "outbound")
        for moved in _lined_up(
            [one for one in ours if _goes(one) == direction],
            [one for one in rules if _goes(one) == direction and one["name"] not in names],
        )
    ]


def lead(state: Before, ours: Sequence[Rule]) -> bool:
    """Whether our rules stand as they should, and nothing but rules of the responder comes before them."""
    standing = {one["name"]: one["properties"] for one in state.properties.get("securityRules") or ()}
    return all(
        (found := standing.get(one["name"])) is not None
        and _says_the_same(found, one["properties"])
        and found.get("provisioningState", "Succeeded") == "Succeeded"
        and not any(_before(other, found) for name, other in standing.items() if not name.startswith(OURS))
        for one in ours
    )


def put(group: Target, state: Before, rules: list[Rule], *, flush: bool) -> Send:
    """One conditional PUT of the group: the given rules, everything else as in `state`, without what Azure manages."""
    body = {
        "location": state.body.get("location"),
        **({"tags": dict(state.tags)} if state.tags else {}),
        "properties": {"securityRules": rules, "flushConnection": flush},
    }

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import NetworkSecurityGroup

        groups = cloud.network(group.resource.subscription).network_security_groups
        unchanged = {"If-Match": state.etag or "*"}
        place = (group.resource.group, group.resource.name)
        await groups.begin_create_or_update(*place, NetworkSecurityGroup(body), headers=unchanged, polling=False)

    return send


def flushes(state: Before) -> bool:
    """Whether live flows are judged anew when rules change."""
    return state.properties.get("flushConnection") is True


def _lined_up(ours: Sequence[Rule], others: Sequence[Rule]) -> list[Rule]:
    floor, placed = FIRST, []
    for one in [*ours, *sorted(others, key=_priority)]:
        floor = max(_priority(one), floor)
        placed.append({**one, "properties": {**one["properties"], "priority": floor}})
        floor += 1
    return placed


def _priority(one: Rule) -> int:
    return int(one["properties"].get("priority") or FIRST)


def _goes(one: Rule) -> str:
    return str(one["properties"]["direction"]).casefold()


def _before(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same = str(one["direction"]).casefold() == str(other["direction"]).casefold()
    return same and int(one["priority"]) < int(other["priority"])


def _says_the_same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all((found.get(name) or None) == (wanted.get(name) or None) for name in ("access", "direction", *PREFIXES))
