"""What serves instead of a measure that Azure refuses (containment catalogue §9). Pure.

A lock, a policy, a missing right or a feature that the resource lacks stands in the way of one operation; another often
reaches the same end. An alternative may have one of its own; the table has no circle, and what the plan has already is
never planned again, so that it ends. What is gone needs no alternative, and a changed resource is read again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incident.finding import Finding
from incident.plan import Outcome
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Target
from responders import measures, plans
from responders.measure import Measure
from responders.progress import Progress, StepState

REFUSALS = frozenset({"scopelocked", "requestdisallowedbypolicy", "authorizationfailed", "linkedauthorizationfailed"})
LACKING = ("notsupported", "unsupported")
"""In the codes of resources that do not have the feature."""

INSTEAD: Mapping[str, tuple[str, ...]] = {
    "refuse_anonymous_readers": ("deny_public_network",),
    "close_container": ("deny_public_network",),
    "disable_shared_keys": ("rotate_account_keys", "deny_public_network"),
    "rotate_account_keys": ("deny_public_network",),
    "revoke_delegation_keys": ("deny_public_network",),
    "drop_stored_policy": ("deny_public_network",),
    "disable_local_users": ("deny_public_network",),
    "stop_cross_tenant_copy": ("deny_public_network",),
    "deny_public_network": ("disable_public_network",),
    "hold_container": ("keep_deleted_blobs",),
    "lock_against_deletion": ("keep_deleted_blobs",),
    "remove_role_assignment": ("deny_vault_network", "deny_public_network"),
    "remove_vault_principal": ("deny_vault_network",),
    "delete_peering": ("close_peering",),
    "close_peering": ("deny_peer_prefixes",),
    "deny_peer_prefixes": ("quarantine_subnet",),
    "deny_internet_egress": ("blackhole_route", "quarantine_subnet"),
    "blackhole_route": ("quarantine_subnet",),
    "delete_firewall_rule": ("close_sql_server",),
    "disable_basic_publishing": ("close_function_network",),
    "close_function_network": ("stop_function",),
    "disable_user": ("block_user",),
    "block_user": ("revoke_sessions",),
    "remove_app_role": ("disable_service_principal",),
    "remove_app_credential": ("disable_service_principal",),
    "remove_federated_credential": ("disable_service_principal",),
    "remove_consent": ("disable_service_principal",),
}
"""By measure: what serves instead, the narrowest cut first; the first that has a target is taken."""


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A measure on a target, instead of a step that was refused in answer to the finding."""

    refused: StepState
    finding: Finding
    measure: Measure
    target: Target


def refused(progress: Progress) -> tuple[StepState, ...]:
    """The steps that Azure has refused, for whatever reason."""
    return tuple(state for state in progress.steps.values() if state.outcome is Outcome.REFUSED and state.code)


def evitable(state: StepState) -> bool:
    """Whether another measure may reach what this one was refused for."""
    code = state.code.casefold()
    return code in REFUSALS or any(word in code for word in LACKING)


def due(progress: Progress, findings: Iterable[Finding], policy: Policy) -> tuple[Alternative, ...]:
    """What serves instead of everything that was refused, less what the plan has; each once."""
    known = {_place(state.step.measure, state.step.target) for state in progress.steps.values()}
    listed = tuple(findings)
    found = {
        _place(each.measure.id, each.target): each
        for state in refused(progress)
        if evitable(state)
        for finding in listed
        if finding.incident_class == state.incident_class and _concerns(finding, state.step.target.resource)
        for each in _first(state, finding, policy)
    }
    return tuple(each for place, each in found.items() if place not in known)


def _first(state: StepState, finding: Finding, policy: Policy) -> tuple[Alternative, ...]:
    """The first alternative that has a target where the step acted; else one on anything that the finding names."""
    names = INSTEAD.get(state.step.measure, ())
    around = _around(state.step.target.resource)
    ways = (_on(places, name, state, finding, policy) for places in (around, finding.targets) for name in names)
    return next((way for way in ways if way), ())


def _on(
    places: Iterable[ResourceId], name: str, state: StepState, finding: Finding, policy: Policy
) -> tuple[Alternative, ...]:
    measure, parameters = measures.by_id(name), plans.parameters(finding, policy)
    named = (Target(resource=each, incident=state.step.target.incident, parameters=parameters) for each in places)
    targets = (target for each in named for target in measure.targets(each))
    return tuple(Alternative(refused=state, finding=finding, measure=measure, target=each) for each in targets)


def _concerns(finding: Finding, resource: ResourceId) -> bool:
    """Whether the finding names the resource, what it lies in, or what lies in it."""
    around = {*_around(resource)}
    return any(target in around or resource in _around(target) for target in finding.targets)


def _around(resource: ResourceId) -> tuple[ResourceId, ...]:
    """The resource, what holds it, and what it is an extension of."""
    lineage: list[ResourceId] = []
    here: ResourceId | None = resource
    while here is not None:
        lineage.append(here)
        here = here.parent
    head, _, tail = lineage[-1].text.rpartition("/providers/")
    return (*lineage, *(_around(ResourceId(head)) if tail and "/providers/" in head else ()))


def _place(measure: str, target: Target) -> tuple[str, str]:
    return measure, target.key
