"""Stored access policies of a container: at most five, each with what a signature that names it may do, and until when.

They are written on the data plane alone (`PUT /{container}?restype=container&comp=acl`), together with the level of
public access, and whole: what is not sent is gone.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape

from drills.estate.service import Kind, Service
from drills.estate.storage import CONTAINER
from drills.estate.wire import Json, RefusalError
from drills.estate.world import World

MOST = 5
_FIELDS = {"st": "Start", "se": "Expiry", "sp": "Permission"}


def service(_: World) -> Service:
    """No operation of Resource Manager; the policies are configuration nevertheless."""
    kinds = {f"{CONTAINER}/storedPolicies".lower(): Kind()}
    return Service(namespace="Microsoft.Storage", api_versions=frozenset({"2023-05-01"}), routes=(), kinds=kinds)


def stored_policy(world: World, container: str, name: str) -> dict[str, str]:
    """The terms of the policy as the data plane obeys it (`sp`, `st`, `se`); nothing when no policy is named.

    Raises RefusalError 403 when the container has no policy of that name.
    """
    if not name:
        return {}
    version = world.store.in_force(policies_id(container))
    policies = version.state["policies"] if version and version.state else {}
    if name not in policies:
        message = "Server failed to authenticate the request. The signed identifier is not of this container."
        raise RefusalError(403, "AuthenticationFailed", message)
    return {key: value for key, value in policies[name].items() if value}


def policies_of(world: World, container: str) -> Json:
    """Every policy of the container by name, as configured now."""
    found: Json = (world.store.read(policies_id(container)) or {}).get("policies", {})
    return found


def policies_state(container: str, policies: Json) -> Json:
    """The container's policies as the store keeps them."""
    return {"id": policies_id(container), "policies": policies}


def policies_id(container: str) -> str:
    """Under which id the store keeps them."""
    return f"{container}/storedPolicies/default"


def parsed(xml: bytes) -> Json:
    """The policies of a `SignedIdentifiers` document.

    Raises RefusalError 400 for another document, or for more than five.
    """
    if not xml.strip():
        return {}
    try:
        found = [_policy(one) for one in fromstring(xml.decode("utf-8-sig")).findall("SignedIdentifier")]  # noqa: S314 the estate hears its own drills alone
    except (ParseError, UnicodeDecodeError):
        raise RefusalError(400, "InvalidXmlDocument", "The specified XML is not syntactically valid.") from None
    if len(found) > MOST:
        raise RefusalError(400, "InvalidXmlDocument", "No more than five signed identifiers are allowed.")
    return dict(found)


def _policy(one: Element) -> tuple[str, dict[str, str]]:
    terms = {key: one.findtext(f"AccessPolicy/{tag}") for key, tag in _FIELDS.items()}
    return one.findtext("Id") or "", {key: value for key, value in terms.items() if value}


def written(policies: Json) -> str:
    """The policies as a `SignedIdentifiers` document."""
    return "".join(_document(policies))


def _document(policies: Json) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers>'
    for name, terms in policies.items():
        inner = "".join(f"<{tag}>{escape(terms[key])}</{tag}>" for key, tag in _FIELDS.items() if key in terms)
        yield f"<SignedIdentifier><Id>{escape(name)}</Id><AccessPolicy>{inner}</AccessPolicy></SignedIdentifier>"
    yield "</SignedIdentifiers>"
