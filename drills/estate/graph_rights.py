"""Which application permissions Microsoft Graph accepts for a request; any one of them serves.

From Microsoft's list (microsoftgraph/microsoft-graph-devx-content, permissions/new/permissions.json); what is not there
comes from the operation's own page. Where a request changes one property that has a permission of its own, that counts.
"""

from drills.estate.wire import Asked

USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
APPS = ("Application.Read.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All", "Application.ReadWrite.All")
OWN_APPS = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
ASSIGNMENTS = ("AppRoleAssignment.ReadWrite.All",)
GRANTS = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
GROUPS = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All")
POLICIES = ("Policy.Read.All",)
ENABLES = ("User.EnableDisableAccount.All", "User.ReadWrite.All", "Directory.ReadWrite.All")

RIGHTS: dict[str, tuple[str, ...]] = {
    "GET /users": USERS,
    "GET /users/{id}": USERS,
    "PATCH /users/{id}": ("User.ReadWrite.All", "Directory.ReadWrite.All"),
    "POST /users/{id}/revokeSignInSessions": (
        "User.RevokeSessions.All",
        "Directory.ReadWrite.All",
        "User.ReadWrite.All",
    ),
    "GET /users/{id}/memberOf": ("Directory.Read.All", "Directory.ReadWrite.All"),
    "GET /servicePrincipals": APPS,
    "GET /servicePrincipals/{id}": APPS,
    "PATCH /servicePrincipals/{id}": OWN_APPS,
    "GET /servicePrincipals/{id}/appRoleAssignments": APPS,
    "POST /servicePrincipals/{id}/appRoleAssignments": ASSIGNMENTS,
    "DELETE /servicePrincipals/{id}/appRoleAssignments/{below}": (*ASSIGNMENTS, "Application.ReadWrite.All"),
    "POST /servicePrincipals/{id}/removePassword": OWN_APPS,
    "GET /applications": APPS,
    "GET /applications/{id}": APPS,
    "PATCH /applications/{id}": OWN_APPS,
    "POST /applications/{id}/removePassword": OWN_APPS,
    "GET /applications/{id}/federatedIdentityCredentials": ("Application.Read.All", *OWN_APPS),
    "POST /applications/{id}/federatedIdentityCredentials": OWN_APPS,
    "DELETE /applications/{id}/federatedIdentityCredentials/{below}": OWN_APPS,
    "GET /oauth2PermissionGrants": ("Directory.Read.All", *GRANTS),
    "GET /oauth2PermissionGrants/{id}": ("Directory.Read.All", *GRANTS),
    "POST /oauth2PermissionGrants": GRANTS,
    "DELETE /oauth2PermissionGrants/{id}": GRANTS,
    "GET /groups/{id}": GROUPS,
    "GET /groups/{id}/members": GROUPS,
    "POST /groups/{id}/members/$ref": ("GroupMember.ReadWrite.All", "Group.ReadWrite.All"),
    "DELETE /groups/{id}/members/{below}/$ref": ("GroupMember.ReadWrite.All", "Group.ReadWrite.All"),
    "GET /identity/conditionalAccess/policies": POLICIES,
    "GET /identity/conditionalAccess/policies/{id}": POLICIES,
    "PATCH /identity/conditionalAccess/policies/{id}": ("Policy.ReadWrite.ConditionalAccess",),
    "GET /subscribedSkus": ("LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"),
    "GET /auditLogs/directoryAudits": ("AuditLog.Read.All", "Directory.Read.All"),
    "GET /identityProtection/riskyUsers/{id}": ("IdentityRiskyUser.Read.All",),
    "POST /identityProtection/riskyUsers/confirmCompromised": ("IdentityRiskyUser.ReadWrite.All",),
    "POST /identityProtection/riskyUsers/dismiss": ("IdentityRiskyUser.ReadWrite.All",),
    "GET /identityProtection/riskyServicePrincipals/{id}": (
        "IdentityRiskyServicePrincipal.Read.All",
        "IdentityRiskyServicePrincipal.ReadWrite.All",
    ),
    "POST /identityProtection/riskyServicePrincipals/confirmCompromised": (
        "IdentityRiskyServicePrincipal.ReadWrite.All",
    ),
    "POST /identityProtection/riskyServicePrincipals/dismiss": ("IdentityRiskyServicePrincipal.ReadWrite.All",),
}


def accepted(operation: str, asked: Asked) -> tuple[str, ...]:
    """The permissions of which the caller needs one for the operation (`METHOD /path/{id}`)."""
    if operation == "PATCH /users/{id}" and set(asked.body or {}) == {"accountEnabled"}:
        return ENABLES
    return RIGHTS[operation]
