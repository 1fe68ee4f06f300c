"""What is missing before the responder can do its work, by comparing what Azure tells with what is needed. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from incident.resource import ResourceId

INSTALLED = (
    "Microsoft.EventGrid",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.Web",
)
"""Whose resources the core installation makes, or which it subscribes to."""

LICENCES: Mapping[str, tuple[str, ...]] = {
    "conditional access (Entra ID P1)": ("AAD_PREMIUM", "AAD_PREMIUM_P2"),
    "the risk of users and their sign-ins (Entra ID P2)": ("AAD_PREMIUM_P2",),
    "the risk of applications (Entra Workload ID)": ("AAD_WRKLDID_P2",),
}
"""What a licence opens, and the service plans of which one has to be there."""


@dataclass(frozen=True, kw_only=True)
class Lack:
    """One thing that is missing. `blocks`: without it the responder fails at what its policy asks of it."""

    about: str
    what: str
    blocks: bool = False


def actions(needed: Iterable[str], told: Collection[Mapping[str, Any]], kind: str = "actions") -> list[str]:
    """The actions that no role grants, in their own spelling; `told` are permissions as Resource Manager lists them.

    `kind` is `actions` or `dataActions`. A role's exclusions take away from that role alone.
    """
    excluded = f"not{kind[0].upper()}{kind[1:]}"
    return [
        action
        for action in needed
        if not any(_fits(action, role.get(kind)) and not _fits(action, role.get(excluded)) for role in told)
    ]


def rights(role: str, who: str, needed: Collection[str], missing: Collection[str]) -> str:
    """The missing actions of a role in words; empty where there are none."""
    if missing and len(missing) == len(needed):
        return f"{who} has nothing of the role {role}"
    return f"{who} may not {', '.join(missing)}" if missing else ""


def providers(told: Iterable[Mapping[str, Any]], subscription: str) -> Iterator[Lack]:
    """The namespaces that are not registered, of those in which something is installed."""
    states = {str(each.get("namespace")).casefold(): str(each.get("registrationState")) for each in told}
    for namespace in INSTALLED:
        state = states.get(namespace.casefold(), "not there")
        if state != "Registered":
            yield Lack(about="providers", what=f"{namespace} is {state} in subscription {subscription}", blocks=True)


def licences(told: Iterable[Mapping[str, Any]]) -> Iterator[Lack]:
    """What no SKU in force opens."""
    plans = {
        str(plan.get("servicePlanName")) for sku in told if _in_force(sku) for plan in sku.get("servicePlans") or ()
    }
    for opens, among in LICENCES.items():
        if plans.isdisjoint(among):
            yield Lack(about="licences", what=f"{opens} is not licensed: what needs it is left to people")


def quotas(told: Iterable[Mapping[str, Any]], place: str) -> Iterator[Lack]:
    """What is used up."""
    for usage in told:
        used, limit = usage.get("currentValue"), usage.get("limit")
        if isinstance(used, int) and isinstance(limit, int) and 0 < limit <= used:
            name = (usage.get("name") or {}).get("value")
            yield Lack(about="quotas", what=f"{name} is used up in {place}: {used} of {limit}")


def logs(settings: Iterable[Mapping[str, Any]], resource: ResourceId) -> Iterator[Lack]:
    """The resource, where no diagnostic setting sends a log of it to a workspace."""
    sent = [each.get("properties") or {} for each in settings]
    if not any(each.get("workspaceId") and _any_on(each) for each in sent):
        yield Lack(about="logs", what=f"nobody can tell who read {resource.text}: no log of it goes to a workspace")


def _fits(action: str, patterns: Iterable[str] | None) -> bool:
    return any(fnmatchcase(action.casefold(), pattern.casefold()) for pattern in patterns or ())


def _in_force(sku: Mapping[str, Any]) -> bool:
    return str(sku.get("capabilityStatus")) in {"Enabled", "Warning"}


def _any_on(setting: Mapping[str, Any]) -> bool:
    return any(log.get("enabled") for log in setting.get("logs") or ())
