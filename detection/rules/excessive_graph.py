"""An application with rights over the directory, over mail and files, or over the subscription (P-6)."""

from detection.claim import Claim
from detection.directory import account, touched
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, host, nearest
from detection.specimens import account as person
from detection.specimens import in_incident, incident, operated, reported, untagged
from incident.resource import ResourceId, directory_object
from incident.signal import Signal

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
        "ba92f5b4-2d11-453d-a403-e96b0029c1fe",  # Storage Blob Data Contributor
    ]
)
CREDENTIALS = ("credential", "secrets management")


def place(signal: Signal) -> ResourceId | None:
    """The role assignment; else the application that an audit touched, or that an alert says was given a role."""
    given = nearest(ASSIGNMENT)(signal) or next(touched(signal), None)
    assignee = signal.hints.get("assignee")
    return given or (directory_object("servicePrincipals", assignee) if assignee else account(signal))


def look(case: Case) -> Seen:
    """Seen: an application holds a privileged role in Azure. Rights in Entra are a claim, to be borne out."""
    if not case.place.in_directory:
        return _assigned(case)
    operation = (case.signal.operation or "").casefold()
    asked = " ".join((case.signal.hints.get("app_role", ""), case.signal.hints.get("permissions", ""))).split()
    high = [right for right in asked if right.startswith(TAKEOVER)]
    if high:
        return Claimed(f"the application was given {', '.join(high)}", (case.place,), {"rights": ", ".join(high)})
    if any(word in operation for word in CREDENTIALS):
        return Claimed("somebody gave the application a credential", (case.place,))
    if case.signal.alert_types or not asked:
        return Claimed("the application was given rights", (case.place,))
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
    look=look,
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
        Example(title="an application may send mail", signal=_audit("SMTP.SendAsApp"), disposition="record"),
        Example(
            title="an application may read the subscription",
            signal=_GRANT,
            state={"": untagged(_R, roleDefinitionId=_READER, **_APP)},
            disposition="record",
        ),
    ),
)
