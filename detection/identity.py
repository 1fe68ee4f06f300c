"""Who acted, out of the claims of a token, the identity of a log record or the initiator of an audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detection.fields import address, identity, mapping, text

NAMES = ("upn", "unique_name", "name")
OBJECTS = ("objectidentifier", "oid")


@dataclass(frozen=True, kw_only=True)
class Principal:
    """An actor: the name to merge by (UPN before object id before application id), and the ids behind it."""

    actor: str | None = None
    object_id: str | None = None
    app_id: str | None = None
    ip: str | None = None

    @property
    def hints(self) -> dict[str, str]:
        """`actor_object_id` and `actor_app_id`, as far as they are known."""
        known = {"actor_object_id": self.object_id, "actor_app_id": self.app_id}
        return {name: value for name, value in known.items() if value}


def from_claims(claims: Mapping[str, Any], fallback: str | None = None) -> Principal:
    """The principal of a token's claims; their names may be URIs that end in the name."""
    short = {str(key).rsplit("/", 1)[-1].casefold(): value for key, value in claims.items()}
    names = [name for key in NAMES if (name := text(short, key)) and "@" in name]
    object_id = next((found for key in OBJECTS if (found := identity(text(short, key)))), None)
    app_id = identity(text(short, "appid"))
    actor = next(iter(names), None) or fallback or object_id or app_id
    return Principal(actor=actor, object_id=object_id, app_id=app_id, ip=address(text(short, "ipaddr")))


def from_initiator(initiated_by: Any) -> Principal:
    """The principal of an Entra audit's `initiatedBy`: a user or an application."""
    user, app = mapping(initiated_by, "user"), mapping(initiated_by, "app")
    object_id = identity(text(user, "id") or text(app, "servicePrincipalId"))
    app_id = identity(text(app, "appId"))
    actor = text(user, "userPrincipalName") or object_id or app_id or text(app, "displayName")
    return Principal(actor=actor, object_id=object_id, app_id=app_id, ip=address(text(user, "ipAddress")))
