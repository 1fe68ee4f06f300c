"""Data of one customer, or of the hospital, within reach of another tenant (FP-5)."""

import re
from collections.abc import Iterable, Iterator

from detection.claim import Claim
from detection.directory import account, touched
from detection.facts import Facts, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, operated, phi, untagged
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

ACCOUNT = "microsoft.storage/storageaccounts"
CONTAINER = f"{ACCOUNT}/blobservices/containers"
SITE = "microsoft.web/sites"
NAME = re.compile(r"[a-z0-9$][a-z0-9-]{2,62}")
ACROSS = "one tenant reads what is another's"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
COPIES = "objectReplicationPolicies"
LET_IN = "privateEndpointConnections"
ENDPOINTS = ("privateendpointconnectionsapproval/action", "privateendpointconnections/write")
AUDITS = (
    "Invite external user",
    "Add a partner to cross-tenant access setting",
    "Update a partner cross-tenant access setting",
    "Update the company default cross-tenant access setting",
)


def place(signal: Signal) -> ResourceId | None:
    """The account, or the delegation to another tenant; of an audit, the object touched, else who did it."""
    found = nearest(ACCOUNT, "Microsoft.ManagedServices/registrationAssignments")(signal)
    return found or (next(touched(signal), None) or account(signal) if signal.source == "entra" else None)


def more(signal: Signal, place: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """Where the account's objects are copied to; where an identity is said to read what is another's, its roles."""
    if place.type != ACCOUNT:
        return ()
    return (Read(place, COPIES), *((Read(place, ASSIGNMENTS),) if "class" in signal.hints else ()))


def look(case: Case) -> Seen:
    """Seen: objects are copied to an account that lies outside the subscription, and copies to others are allowed."""
    if case.place.in_directory:
        return Claimed("the directory was opened to another tenant", (case.place,))
    return _copied(case) if case.place.type == ACCOUNT else Unsure("another tenant was given rights here")


def _copied(case: Case) -> Seen:
    listed = case.facts.below(case.place, COPIES)
    if listed is None:
        return Unsure("the account's replication policies could not be listed")
    outward = [ResourceId(str(each.body["id"])) for each in listed if _outward(each, case.place)]
    if outward and case.state.properties.get("allowCrossTenantReplication") is not False:
        by = ("live replication policies of the account",)
        return Shown("the account's objects are copied out of the subscription", (case.place, *outward), by)
    if (case.signal.operation or "").casefold().endswith(ENDPOINTS):
        return _let_in(case)
    if "class" in case.signal.hints:
        return _across(case)
    return Harmless("nothing is copied out of the subscription")


def _across(case: Case) -> Seen:
    """One customer's identity reads another's: aimed at are its roles on this store alone, and the app they share.

    Of the app the flags first that end this reading; to stop it comes last.

    Where the container is known, a role on another container is left alone.
    """
    reader, container = case.signal.hints.get("actor_object_id", ""), _named(case.signal)
    listed = case.facts.below(case.place, ASSIGNMENTS) or ()
    roles = (each for each in listed if str(each.properties.get("principalId")).casefold() == reader.casefold())
    given = [ResourceId(str(each.body["id"])) for each in roles if reader and _on(each, case.place, container)]
    apps = case.concerned(SITE)[1:]
    read = (case.place.child("blobServices", "default", "containers", container),) if container else ()
    said = {"principals": reader} | ({"container": container} if container else {})
    return Claimed(ACROSS, (case.place, *read, *given, *_switches(case, apps, container), *apps), said)


def _switches(case: Case, apps: Iterable[ResourceId], container: str) -> Iterator[ResourceId]:
    """The flags by which these apps leave off, of those that the policy names."""
    for known in filter(None, map(case.policy.application, apps)):
        yield from (switch.resource for switch in known.switches if switch.ends(container))


def _named(signal: Signal) -> str:
    """The container that was read; empty where none is named, or none can be called so."""
    name = signal.hints.get("container", "")
    return name if NAME.fullmatch(name) else ""


def _on(assignment: Before, account: ResourceId, container: str) -> bool:
    """Whether the role is on the account, or on the container that is meant."""
    scope = ResourceId(str(assignment.properties.get("scope") or "/"))
    inner = scope.climb(CONTAINER)
    return scope.climb(ACCOUNT) == account and (inner is None or not container or inner.name == container)


def _let_in(case: Case) -> Seen:
    """Seen: a private endpoint of a subscription that is none of ours is let in. Whose it is, a person must say."""
    let_in = [Before(each) for each in case.state.properties.get("privateEndpointConnections") or ()]
    foreign = [ResourceId(str(each.body["id"])) for each in let_in if _approved(each) and _foreign(each, case)]
    if not foreign:
        return Unsure("a private endpoint was let in: a person must say whose it is")
    by = ("live private endpoint connections of the account",)
    return Shown("a private endpoint of somebody else's network reaches the account", (case.place, *foreign), by)


def _approved(connection: Before) -> bool:
    return (connection.properties.get("privateLinkServiceConnectionState") or {}).get("status") == "Approved"


def _foreign(connection: Before, case: Case) -> bool:
    """Its subscription is neither the account's nor that of anything that the policy names."""
    endpoint = ResourceId(str((connection.properties.get("privateEndpoint") or {}).get("id") or "/"))
    ours = {ResourceId(each).after("subscriptions") for each in (case.place.text, *case.policy.resources)}
    theirs = endpoint.after("subscriptions")
    return bool(theirs) and str(theirs).casefold() not in {str(each).casefold() for each in ours}


def _outward(policy: Before, source: ResourceId) -> bool:
    """The destination is an ARM id where it is known; a bare name tells nothing, and counts as foreign."""
    away = str(policy.properties.get("destinationAccount", ""))
    if away.casefold() in ("", source.key, source.name.casefold()):
        return False
    return not away.startswith("/") or ResourceId(away).subscription.casefold() != source.subscription.casefold()


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_COPY = operated("Microsoft.Storage/storageAccounts/objectReplicationPolicies/write", f"{_A}/{COPIES}/p-1")
_AWAY = {"id": f"{_A}/{COPIES}/p-1", "properties": {"destinationAccount": "strangerstore"}}
_NEAR = {
    "id": f"{_A}/{COPIES}/p-1",
    "properties": {"destinationAccount": f"{PROVIDERS}/Microsoft.Storage/storageAccounts/replica"},
}
_LET_IN = operated("Microsoft.Storage/storageAccounts/privateEndpointConnections/write", f"{_A}/{LET_IN}/pe")


def _endpoint(subscription: str, status: str = "Approved") -> dict[str, object]:
    endpoint = f"/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/pe"
    state = {"privateEndpoint": {"id": endpoint}, "privateLinkServiceConnectionState": {"status": status}}
    return {"id": f"{_A}/{LET_IN}/pe", "properties": state}


_GUEST = {
    "source": "entra",
    "operation": "Invite external user",
    "actor": "temp.nurse@clinic.example",
    "hints": {"target_ids": "u-9", "target_types": "User"},
}

RULE = Rule(
    id="tenant.isolation_failure",
    title="Data within reach of another tenant",
    attack=("T1199", "T1078.004", "T1530"),
    hipaa=(
        "45 CFR 164.308(a)(4)(ii)(A)",
        "45 CFR 164.312(a)(1)",
        "45 CFR 164.308(b)",
        "45 CFR 164.314(a)(2)(i)(C)",
        "45 CFR 164.410",
    ),
    claim=Claim(
        operations=(
            "Microsoft.Storage/storageAccounts/objectReplicationPolicies/write",
            "Microsoft.Storage/storageAccounts/privateEndpointConnectionsApproval/action",
            "Microsoft.Storage/storageAccounts/privateEndpointConnections/write",
            "Microsoft.ManagedServices/registrationAssignments/write",
            *AUDITS,
        )
    ),
    place=place,
    more=more,
    look=look,
    witnessed=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="objects with PHI are copied to a stranger's account",
            signal=_COPY,
            state={"": phi(_A), COPIES: (_AWAY,)},
            disposition="contain",
            because=(
                ("operation",),
                ("resources",),
                ("", "tags"),
                (COPIES, 0),
                (COPIES, 0, "properties", "destinationAccount"),
            ),
        ),
        Example(
            title="they are copied within the subscription",
            signal=_COPY,
            state={"": phi(_A), COPIES: (_NEAR,)},
            disposition="record",
        ),
        Example(
            title="the account refuses copies to other tenants",
            signal=_COPY,
            state={"": phi(_A, allowCrossTenantReplication=False), COPIES: (_AWAY,)},
            disposition="record",
        ),
        Example(
            title="a private endpoint of a stranger's subscription was let in",
            signal=_LET_IN,
            state={"": phi(_A, privateEndpointConnections=[_endpoint("theirs")]), COPIES: ()},
            disposition="contain",
            because=(
                ("operation",),
                ("resources",),
                ("", "tags"),
                ("", "properties", "privateEndpointConnections"),
                ("", "properties", "privateEndpointConnections", 0, "properties", "privateEndpoint"),
            ),
        ),
        Example(
            title="it still waits to be let in",
            signal=_LET_IN,
            state={"": phi(_A, privateEndpointConnections=[_endpoint("theirs", "Pending")]), COPIES: ()},
            disposition="review",
        ),
        Example(title="a guest was invited", signal=_GUEST, disposition="review"),
        Example(
            title="nothing says that the account holds PHI",
            signal=_COPY,
            state={"": untagged(_A), COPIES: (_AWAY,)},
            disposition="record",
        ),
    ),
)
