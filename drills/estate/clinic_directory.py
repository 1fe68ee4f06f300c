"""The hospital's directory in words: people, applications, what conditional access asks of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import NAMESPACE_URL, uuid5

from drills.estate.intruders import Intruder
from drills.estate.places import ATTACKER
from drills.estate.principals import Principal
from drills.estate.wire import Json

if TYPE_CHECKING:
    from drills.estate.clinic import Clinic

YEARS_AGO = "2019-05-01T08:00:00Z"
BLOCKED = str(uuid5(NAMESPACE_URL, "estate/group/blocked"))
"""The group that a conditional-access policy always blocks; the clinic's signed policy names it."""
BREAK_GLASS = str(uuid5(NAMESPACE_URL, "estate/object/break-glass"))
GRAPH = str(uuid5(NAMESPACE_URL, "estate/object/Microsoft Graph"))
ROLES = {right: str(uuid5(NAMESPACE_URL, f"estate/role/{right}")) for right in ("Mail.Read", "User.Read.All")}


@dataclass(frozen=True)
class Person:
    """A user of the directory."""

    clinic: "Clinic"
    principal: Principal

    @property
    def id(self) -> str:
        """The id under which it is kept."""
        return self.clinic.estate.graph.path("users", self.principal.oid)

    def founded(self, state: Json) -> Self:
        """The user has always been there."""
        name = f"{self.principal.name}@clinic.example"
        known = {"accountEnabled": True, "userPrincipalName": name, "userType": "Member"}
        known |= {"onPremisesSyncEnabled": None, "signInSessionsValidFromDateTime": YEARS_AGO}
        self.clinic.estate.graph.has("users", known | state, self.principal.oid)
        self.clinic.remember()
        return self

    def session_stolen(self) -> Intruder:
        """Somebody outside with a refresh token of the user, taken now."""
        return Intruder(self.clinic.estate, self.principal, session=self.clinic.estate.world.clock())

    def password_stolen(self) -> Intruder:
        """Somebody outside with the password of the user, and no second factor."""
        return Intruder(self.clinic.estate, self.principal)

    @property
    def is_untouched(self) -> bool:
        """Whether the account is on and its sessions were never ended."""
        state = self.clinic.estate.graph.state("users", self.principal.oid) or {}
        return bool(state.get("accountEnabled")) and state["signInSessionsValidFromDateTime"] == YEARS_AGO


@dataclass(frozen=True)
class Application:
    """An application of the hospital's own, by its service principal."""

    clinic: "Clinic"
    principal: Principal

    @property
    def id(self) -> str:
        """The id under which the service principal is kept."""
        return self.clinic.estate.graph.path("servicePrincipals", self.principal.oid)

    def founded(self, rights: tuple[str, ...]) -> Self:
        """The service principal has always been there, and held these rights in Microsoft Graph."""
        graph = self.clinic.estate.graph
        roles = [{"id": role, "value": right} for right, role in ROLES.items()]
        graph.has("servicePrincipals", {"displayName": "Microsoft Graph", "appRoles": roles}, GRAPH)
        known = {"appId": self.principal.client_id, "accountEnabled": True, "passwordCredentials": []}
        graph.has("servicePrincipals", known | {"displayName": self.principal.name}, self.principal.oid)
        for right in rights:
            held = {"principalId": self.principal.oid, "resourceId": GRAPH, "appRoleId": ROLES[right]}
            graph.has(
                f"servicePrincipals/{self.principal.oid}/appRoleAssignments", held | {"createdDateTime": YEARS_AGO}
            )
        self.clinic.remember()
        return self

    def gets_secret(self) -> Intruder:
        """The attacker puts a secret on the service principal, and signs in with it from outside."""
        estate = self.clinic.estate
        given = estate.graph.act(
            estate.world.directory[ATTACKER], "POST", f"/servicePrincipals/{self.principal.oid}/addPassword", {}
        )
        self.clinic.remember()
        return Intruder(estate, self.principal, secret=str(given.body["keyId"]))


@dataclass(frozen=True)
class AccessPolicy:
    """A policy of conditional access."""

    clinic: "Clinic"
    name: str

    def founded(self, controls: tuple[str, ...], users: Json) -> Self:
        """The policy has always been enforced."""
        state = {
            "displayName": self.name,
            "state": "enabled",
            "conditions": {"users": {"excludeUsers": [BREAK_GLASS]} | users},
            "grantControls": {"operator": "OR", "builtInControls": [*controls]},
            "sessionControls": None,
        }
        self.clinic.estate.graph.has("policies", state, self.oid)
        self.clinic.remember()
        return self

    @property
    def oid(self) -> str:
        """Its id."""
        return str(uuid5(NAMESPACE_URL, f"estate/policy/{self.name}"))

    def loses_controls(self, by: Person) -> None:
        """Somebody takes away all that it asks for; it stays enforced."""
        path = f"/identity/conditionalAccess/policies/{self.oid}"
        self.clinic.estate.graph.act(by.principal, "PATCH", path, {"grantControls": None})
        self.clinic.remember()
