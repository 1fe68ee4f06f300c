"""Microsoft Graph v1.0: the directory's users, applications, groups, grants, policies and risks.

Every object is kept in the store under `/providers/Microsoft.aadiam/{kind}/{id}`. Graph is eventually
consistent: what is written is read after `Delays.directory`.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from drills.estate import graph_audits
from drills.estate.exchanges import Exchanges
from drills.estate.graph_rights import RIGHTS, accepted
from drills.estate.ids import type_of
from drills.estate.principals import Principal
from drills.estate.service import Kind, Route
from drills.estate.tokens import Entra
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

AUDIENCE = "https://graph.microsoft.com"
PREFIX = "/graph/v1.0"
DIRECTORY = "/providers/Microsoft.aadiam"
PLACES = {
    "identity/conditionalAccess/policies": "policies",
    "identityProtection/riskyUsers": "riskyUsers",
    "identityProtection/riskyServicePrincipals": "riskyServicePrincipals",
}
DERIVED = ("appRoleAssignments", "federatedIdentityCredentials", "oauth2PermissionGrants")
KINDS: Mapping[str, Kind] = {
    "microsoft.aadiam/users": Kind(managed=("signInSessionsValidFromDateTime",)),
    "microsoft.aadiam/serviceprincipals": Kind(),
    "microsoft.aadiam/applications": Kind(),
    "microsoft.aadiam/groups": Kind(),
    "microsoft.aadiam/groups/members": Kind(),
    "microsoft.aadiam/serviceprincipals/approleassignments": Kind(managed=("createdDateTime",)),
    "microsoft.aadiam/applications/federatedidentitycredentials": Kind(),
    "microsoft.aadiam/oauth2permissiongrants": Kind(),
    "microsoft.aadiam/policies": Kind(managed=("modifiedDateTime",)),
}

type Answer = Callable[[Asked, str], Reply]


class Graph:
    """The plane under `/graph`. Requests are judged by the permissions of their caller's token."""

    def __init__(self, world: World, entra: Entra) -> None:
        self._world = world
        self._entra = entra
        self.exchanges = Exchanges(world.clock)
        self.audits: list[Json] = []
        self._actions: dict[str, Answer] = {
            "revokeSignInSessions": self._revoke_sessions,
            "removePassword": self._remove_password,
            "addPassword": self._add_password,
            "confirmCompromised": lambda asked, path: self._assess(asked, path, "confirmedCompromised"),
            "dismiss": lambda asked, path: self._assess(asked, path, "dismissed"),
            "$ref": self._reference,
        }
        self._routes = tuple((Route(*words(operation), self._performed), operation) for operation in RIGHTS)

    def answer(self, asked: Asked) -> Reply:
        """One request.

        Raises RefusalError for a token that does not serve, a permission that is missing, and what is not there.
        """
        caller = self._entra.caller(asked, AUDIENCE)
        inner = asked.with_(path=asked.path.removeprefix(PREFIX), caller=caller)
        for route, operation in self._routes:
            if matched := route.match(inner):
                if not any(caller.may(permission) for permission in accepted(operation, inner)):
                    raise RefusalError(403, "Authorization_RequestDenied", "Insufficient privileges.")
                return self._audited(matched, caller, route.answer)
        raise missing(inner.path)

    def act(self, caller: Principal, method: str, path: str, body: Json | None = None) -> Reply:
        """A request by someone inside, without the wire, its effects in force at once."""
        asked = Asked(method=method, path=path, url=path, query={}, body=body, caller=caller)
        with self._world.at_once():
            return self._audited(asked, caller, self._performed)

    def _audited(self, asked: Asked, caller: Principal, answer: Callable[[Asked], Reply]) -> Reply:
        """The reply; a change leaves a record in the directory's audit."""
        place = self._place(asked.path)
        before, reply = self._world.store.read(place), answer(asked)
        if told := graph_audits.record(self._world, asked, caller, (before, self._world.store.read(place))):
            self.audits.append(told)
        return reply

    def has(self, kind: str, state: Json, name: str = "") -> str:
        """The object has always been there; its id in the directory."""
        own = name or (_named_by(state) if kind.rpartition("/")[2] in DERIVED else str(uuid4()))
        self._world.store.seed({**state, "id": self.path(kind, own)})
        return own

    def path(self, kind: str, name: str) -> str:
        """Where the store keeps the object."""
        return f"{DIRECTORY}/{kind}/{name}"

    def state(self, kind: str, name: str) -> Json | None:
        """The object as configured now."""
        return self._world.store.read(self.path(kind, name))

    def _performed(self, asked: Asked) -> Reply:
        place = self._place(asked.path)
        action = place.rpartition("/")[2]
        if asked.method != "GET" and action in self._actions:
            return self._actions[action](asked, place.rpartition("/")[0])
        verbs: dict[str, Answer] = {"GET": self._get, "PATCH": self._patch, "POST": self._post, "DELETE": self._delete}
        return verbs[asked.method](asked, place)

    def _place(self, path: str) -> str:
        """The path as the store has it."""
        inner = path.strip("/")
        for long, short in PLACES.items():
            if inner.casefold().startswith(long.casefold()):
                inner = short + inner[len(long) :]
        return f"{DIRECTORY}/{inner}"

    def _get(self, asked: Asked, place: str) -> Reply:
        if asked.path.endswith("/auditLogs/directoryAudits"):
            return Reply(200, {"value": graph_audits.chosen(self.audits, asked.query.get("$filter", ""))})
        if len(place.removeprefix(f"{DIRECTORY}/").split("/")) % 2:
            return Reply(200, {"value": [_shown(one) for one in self._listed(asked, place)]})
        return Reply(200, _shown(self._visible(place)))

    def _listed(self, asked: Asked, place: str) -> list[Json]:
        below, every = f"{place.lower()}/", self._world.store.every_in_force(type_of(place))
        found = [one for one in every if one["id"].lower().startswith(below)]
        name, _, value = asked.query.get("$filter", "").partition(" eq ")
        return [one for one in found if not name or str(one.get(name)) == value.strip("'")]

    def _visible(self, place: str) -> Json:
        """What a reader sees, which may be older than what was written."""
        version = self._world.store.in_force(place)
        if version is None or version.state is None:
            raise missing(place.rpartition("/")[2])
        return version.state

    def _written(self, place: str) -> Json:
        state = self._world.store.read(place)
        if state is None:
            raise RefusalError(
                404, "Request_ResourceNotFound", f"Resource '{place.rpartition('/')[2]}' does not exist."
            )
        return state

    def _patch(self, asked: Asked, place: str) -> Reply:
        self._put({**self._written(place), **(asked.body or {})})
        return Reply(204)

    def _post(self, asked: Asked, place: str) -> Reply:
        state = {**(asked.body or {}), "id": f"{place}/{_named_by(asked.body or {})}"}
        self._put(state)
        return Reply(201, _shown(state))

    def _delete(self, _asked: Asked, place: str) -> Reply:
        self._written(place)
        self._world.store.remove(place, self._world.delays.directory)
        return Reply(204)

    def _put(self, state: Json) -> None:
        self._world.store.put(state, self._world.delays.directory)

    def _revoke_sessions(self, _asked: Asked, place: str) -> Reply:
        self._put({**self._written(place), "signInSessionsValidFromDateTime": self._world.stamp()})
        return Reply(200, {"value": True})

    def _remove_password(self, asked: Asked, place: str) -> Reply:
        state, key = self._written(place), (asked.body or {}).get("keyId")
        kept = [one for one in state.get("passwordCredentials") or () if one["keyId"] != key]
        if len(kept) == len(state.get("passwordCredentials") or ()):
            raise RefusalError(400, "Request_BadRequest", "No password credential found with keyId.")
        self._put({**state, "passwordCredentials": kept})
        return Reply(204)

    def _add_password(self, _asked: Asked, place: str) -> Reply:
        state, now = self._written(place), self._world.stamp()
        given = {"keyId": str(uuid4()), "startDateTime": now, "displayName": "sync", "hint": "x1y"}
        self._put({**state, "passwordCredentials": [*(state.get("passwordCredentials") or ()), given]})
        return Reply(200, {**given, "secretText": secrets.token_urlsafe()})

    def _assess(self, asked: Asked, place: str, risk: str) -> Reply:
        field = "userIds" if place.lower().endswith("riskyusers") else "servicePrincipalIds"
        for name in (asked.body or {}).get(field) or ():
            state = "confirmedCompromised" if risk == "atRisk" else risk
            self._put(
                {"id": f"{place}/{name}", "riskState": state, "riskLevel": "high" if risk == "atRisk" else "none"}
            )
        return Reply(204)

    def _reference(self, asked: Asked, place: str) -> Reply:
        """A member joins the group (POST), or leaves it (DELETE)."""
        if asked.method == "DELETE":
            return self._delete(asked, place)
        member = str((asked.body or {}).get("@odata.id", "")).rpartition("/")[2]
        if self._world.store.read(f"{place}/{member}") is not None:
            message = (
                "One or more added object references already exist for the following modified properties: 'members'."
            )
            raise RefusalError(400, "Request_BadRequest", message)
        self._put({"id": f"{place}/{member}"})
        return Reply(204)


def words(operation: str) -> tuple[str, str]:
    """Method and template."""
    method, _, template = operation.partition(" ")
    return method, template


def missing(name: str) -> RefusalError:
    """What Graph says of an object that it does not have."""
    return RefusalError(404, "Request_ResourceNotFound", f"Resource '{name}' does not exist.")


def _named_by(body: Json) -> str:
    """The id of a grant, an assignment or a trust: made from what it says, as Graph makes it."""
    said = {name: value for name, value in body.items() if name != "createdDateTime"}
    return str(uuid5(NAMESPACE_URL, json.dumps(said, sort_keys=True)))


def _shown(state: Json) -> dict[str, Any]:
    """The object with its own id in place of ours."""
    return {**state, "id": str(state["id"]).rpartition("/")[2]}
