"""An application with rights over the directory, over mail and files, or over the subscription (P-6).

Seen: a right that Graph itself dates to the time of the signal, or a privileged role in Azure. Who put a credential on
an application, and why, no state shows: the newest one is named, so that it alone can be taken.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from detection.claim import Claim
from detection.directory import account, touched
from detection.facts import Facts, Read
from detection.fields import listing, text
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, host, nearest
from detection.specimens import account as person
from detection.specimens import in_incident, incident, operated, reported, untagged
from detection.times import utc
from incident.resource import ResourceId, directory_object
from incident.signal import Signal
from incident.target import Before

APPLICATION = "microsoft.aadiam/applications"
SERVICE_PRINCIPAL = "microsoft.aadiam/serviceprincipals"
OBJECTS = (SERVICE_PRINCIPAL, APPLICATION)
HELD = "appRoleAssignments"
SECRETS = ("passwordCredentials", "keyCredentials")
BEFORE = timedelta(hours=1)
ASSIGNMENT = "microsoft.authorization/roleassignments"
TAKEOVER = (
    "RoleManagement.ReadWrite.",
    "AppRoleAssignment.ReadWrite.",
    "Application.ReadWrite.",
    "Directory.ReadWrite.",
    "Mail.Read",
    "Files.Read",
    "Sites.Read",
    "Sites.FullControl.",
    "Chat.Read",
)
PRIVILEGED = frozenset(
    [
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",  # Owner
        "b24988ac-6180-42a0-ab88-20f7382dd24c",  # Contributor
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",  # User Access Administrator
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",  # Role Based Access Control Administrator
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",  # Storage Blob Data Owner
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",  # Storage Blob Data Contributor
    ]
)
CREDENTIALS = ("credential", "secrets management")


def place(signal: Signal) -> ResourceId | None:
    """The role assignment; else the application that an audit touched, or that an alert says was given a role."""
    given = nearest(ASSIGNMENT)(signal) or next(touched(signal), None)
    assignee = signal.hints.get("assignee")
    return given or (directory_object("servicePrincipals", assignee) if assignee else account(signal))


def rights(_signal: Signal, place: ResourceId, facts: Facts) -> tuple[Read, ...]:
    """What a service principal holds, and the applications, such as Graph itself, that say what it means."""
    if place.type != SERVICE_PRINCIPAL:
        return ()
    held = facts.below(place, HELD) or ()
    return (Read(place, HELD), *dict.fromkeys(Read(_of(each)) for each in held))


def _of(assignment: Before) -> ResourceId:
    return directory_object("servicePrincipals", str(assignment.body.get("resourceId")))


def look(case: Case) -> Seen:
    """Seen: a high right in Entra given just now, or a privileged role in Azure. All else is a claim."""
    if not case.place.in_directory:
        return _assigned(case)
    if case.place.type in OBJECTS and case.facts.gone(case.place):
        return Unsure("the directory knows of no such application")
    held = dict(_high(case))
    given = {right: each for right, each in held.items() if _fresh(case, each.body.get("createdDateTime"))}
    if given:
        told = {"rights": ", ".join(given), "principals": case.place.name}
        by = ("live permissions of the application",)
        return Shown(f"the application was given {told['rights']}", _aimed(case, given), by, told)
    return _claimed(case, held)


def _high(case: Case) -> Iterator[tuple[str, Before]]:
    """The rights over directory and PHI that the service principal holds, each with its assignment."""
    for each in case.facts.below(case.place, HELD) or ():
        meaning = case.facts.one(_of(each))
        for role in listing(meaning.body, "appRoles") if meaning else ():
            right = text(role, "value") or ""
            if text(role, "id") == each.body.get("appRoleId") and right.startswith(TAKEOVER):
                yield right, each


def _fresh(case: Case, written: object) -> bool:
    """Whether it is of the hour before the signal, or later."""
    since = utc(written)
    return since is not None and since >= case.signal.earliest - BEFORE


def _aimed(case: Case, held: dict[str, Before]) -> tuple[ResourceId, ...]:
    return (case.place, *(ResourceId(str(each.body["id"])) for each in held.values()))


def _newest(case: Case) -> dict[str, str]:
    """The key id of the credential that was put there last, where that was just now."""
    found: dict[datetime, str] = {}
    for each in (one for name in SECRETS for one in listing(case.state.body, name)):
        began, key = utc(text(each, "startDateTime")), text(each, "keyId")
        if began and key and _fresh(case, text(each, "startDateTime")):
            found[began] = key
    return {"credential_key": found[max(found)]} if found else {}


def _claimed(case: Case, held: dict[str, Before]) -> Seen:
    operation = (case.signal.operation or case.signal.hints.get("operations", "")).casefold()
    asked = " ".join((case.signal.hints.get("app_role", ""), case.signal.hints.get("permissions", ""))).split()
    high = [right for right in asked if right.startswith(TAKEOVER)]
    if high:
        return Claimed(f"the application was given {', '.join(high)}", (case.place,), {"rights": ", ".join(high)})
    if any(word in operation for word in CREDENTIALS):
        holds = f"; it holds {', '.join(held)}" if held else ""
        return Claimed(f"somebody gave the application a credential{holds}", _aimed(case, held), _newest(case))
    if case.signal.alert_types or not asked:
        return Claimed("the application was given rights", _aimed(case, held), _newest(case))
    return Harmless(f"{', '.join(asked)} reaches neither the directory nor PHI")


def _assigned(case: Case) -> Seen:
    role = str(case.state.properties.get("roleDefinitionId", "")).rpartition("/")[2].casefold()
    if role not in PRIVILEGED:
        return Harmless("the role is no privileged one")
    if case.state.properties.get("principalType") != "ServicePrincipal":
        return Unsure("a person or group was given a privileged role")
    principal = str(case.state.properties.get("principalId"))
    targets = (case.place, directory_object("servicePrincipals", principal))
    by = ("live role assignment",)
    return Shown("an application holds a privileged role", targets, by, {"principals": principal})


_R = "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/r-1"
_OWNER = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
_GRANT = operated("Microsoft.Authorization/roleAssignments/write", _R)
_APP = {"principalType": "ServicePrincipal", "principalId": "sp-1"}


def _audit(role: str, operation: str = "Add app role assignment to service principal") -> dict[str, object]:
    hints = {"target_ids": "sp-1", "target_types": "ServicePrincipal"}
    return {"source": "entra", "operation": operation, "hints": hints | ({"app_role": role} if role else {})}


_GRAPH = "/providers/Microsoft.aadiam/servicePrincipals/graph-1"
_ROLES = {"appRoles": [{"id": "role-1", "value": "Mail.Read"}]}
_LONG_AGO = "2019-05-01T08:00:00Z"
_MAIL = {
    "id": "/providers/Microsoft.aadiam/servicePrincipals/sp-1/appRoleAssignments/a-1",
    "appRoleId": "role-1",
    "resourceId": "graph-1",
    "createdDateTime": "2099-01-01T00:00:00Z",
}


_TOLD = reported("app.excessive_graph", "u-1")
_SEEN = incident(person("u-1"), "app.excessive_graph")

RULE = Rule(
    id="app.excessive_graph",
    title="Application with excessive rights",
    attack=("T1098.001", "T1098.003", "T1528", "T1550.001", "T1114.002"),
    hipaa=("45 CFR 164.308(a)(4)", "45 CFR 164.312(a)(1)", "45 CFR 164.312(d)", "45 CFR 164.308(b)"),
    claim=Claim(
        alerts=(
            "ARM_AnomalousRBACRoleAssignment",
            "ARM_AnomalousClassicRoleAssignment",
            "ARM_PrivilegedRoleDefinitionCreation",
            "ARM_PowerZure.AzureElevatedPrivileges",
        ),
        operations=(
            "Add app role assignment to service principal",
            "Add app role assignment grant to user",
            "Consent to application",
            "Add delegated permission grant",
            "Add service principal credentials",
            "Update application – Certificates and secrets management",  # noqa: RUF001 - Entra writes an en dash
            "Add federated identity credential",
            "Microsoft.Authorization/roleAssignments/write",
        ),
    ),
    place=place,
    kin=lambda each, _facts: () if each.in_directory else host(each),
    more=rights,
    look=look,
    sees=OBJECTS,
    witnessed=True,
    by_actor=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="an application was made owner of the subscription",
            signal=_GRANT,
            state={"": untagged(_R, roleDefinitionId=_OWNER, **_APP)},
            disposition="contain",
            because=(
                ("operation",),
                ("resources",),
                ("", "properties", "roleDefinitionId"),
                ("", "properties", "principalType"),
            ),
        ),
        Example(
            title="Sentinel has an incident about an application's new rights",
            signal=_TOLD,
            state=_SEEN,
            disposition="contain",
            because=in_incident(),
        ),
        Example(title="an application may read all mail", signal=_audit("Mail.Read"), disposition="review"),
        Example(
            title="somebody gave an application a secret",
            signal=_audit("", "Add service principal credentials"),
            disposition="review",
        ),
        Example(
            title="an application may send mail",
            signal=_audit("SMTP.SendAsApp"),
            state={"": {"accountEnabled": True}},
            disposition="record",
        ),
        Example(
            title="an application may read all mail since a moment ago, as Graph shows it",
            signal=_audit("Mail.Read"),
            state={"": {"accountEnabled": True}, HELD: (_MAIL,), _GRAPH: _ROLES},
            disposition="contain",
            because=(
                ("",),
                ("hints", "target_ids"),
                (HELD, 0, "appRoleId"),
                (HELD, 0, "createdDateTime"),
                (_GRAPH,),
                (_GRAPH, "appRoles"),
            ),
        ),
        Example(
            title="it has had that right for years",
            signal=_audit("Mail.Read"),
            state={"": {"accountEnabled": True}, HELD: (_MAIL | {"createdDateTime": _LONG_AGO},), _GRAPH: _ROLES},
            disposition="review",
        ),
        Example(
            title="an application may read the subscription",
            signal=_GRANT,
            state={"": untagged(_R, roleDefinitionId=_READER, **_APP)},
            disposition="record",
        ),
    ),
)
