"""Objects of the directory as resources: `/providers/Microsoft.aadiam/users/{id}`, so that steps can aim at them.

Entra's own logs call the directory `/tenants/{tenant}/providers/Microsoft.aadiam`; the tenant is left out here, so that
all senders mean the same object.
"""

from collections.abc import Iterator

from detection.fields import identity
from incident.resource import ResourceId, directory_object
from incident.signal import Signal

KINDS = {
    "user": "users",
    "serviceprincipal": "servicePrincipals",
    "application": "applications",
    "policy": "policies",
    "group": "groups",
}


def touched(signal: Signal) -> Iterator[ResourceId]:
    """The objects that an audit names as its targets, as far as their kinds are known here."""
    ids, kinds = (signal.hints.get(name, "").split(", ") for name in ("target_ids", "target_types"))
    for object_id, kind in zip(ids, kinds, strict=False):
        if identity(object_id) and (known := KINDS.get(kind.casefold())):
            yield directory_object(known, object_id)


def account(signal: Signal) -> ResourceId | None:
    """Who acted: a user by object id or name, else a service principal by its object id."""
    name = (signal.actor or "").strip()
    who = signal.hints.get("actor_object_id") or (name if "@" in name else None) or _guid(name)
    if not who:
        return None
    return directory_object(
        "users" if "@" in name or not signal.hints.get("actor_app_id") else "servicePrincipals", who
    )


def _guid(name: str) -> str | None:
    return name if len(name) == 36 and name.count("-") == 4 else None
