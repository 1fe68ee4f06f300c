"""What the validator cannot see. Each check takes a whole capture, in its order, and yields what is wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.fault import Fault
from tests.conformance.arm.operations import ends_told, polls_begun
from tests.conformance.arm.state import etags_honoured, patches_merge, puts_replace

GROUP = "microsoft.network/networksecuritygroups"
RULE = f"{GROUP}/securityrules"
FLAT: dict[str, tuple[str, str]] = {
    "microsoft.insights": ("code", "message"),
    "microsoft.network/dnszones": ("code", "message"),
    "microsoft.web": ("Code", "Message"),
}


def refusals_speak_a_dialect(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """Refusals are enveloped (`{"error": {"code", "message"}}`), or flat where Insights, DNS and Web write them so."""
    for one in capture:
        if one.status >= 400 and not _speaks(one):
            yield Fault(one.id, "response", "ERROR_DIALECT", f"{one.status} with a body in no dialect of {one.type}")


def _speaks(one: Exchange) -> bool:
    if not isinstance(one.reply, dict):
        return one.method == "HEAD" and one.reply is None
    flat = FLAT.get(one.namespace) or FLAT.get(one.type)
    return _says(one.reply.get("error"), "code", "message") or (flat is not None and _says(one.reply, *flat))


def _says(error: Any, *names: str) -> bool:
    return isinstance(error, dict) and all(isinstance(error.get(name), str) and error[name] for name in names)


def replies_name_what_was_asked_for(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """The id in a resource is the path that was asked for; those in a list lie below the list's scope."""
    for one in capture:
        if one.status in {200, 201} and isinstance(one.reply, dict) and one.method in {"GET", "PUT", "PATCH"}:
            yield from _resource_id(one) if one.is_of_resource else _listed_ids(one)


def _resource_id(one: Exchange) -> Iterator[Fault]:
    if one.path.endswith("/objectreplicationpolicies/default"):
        return  # the destination gives the policy an id of its own
    answered = one.reply.get("id")
    if answered is not None and str(answered).rstrip("/").lower() != one.path:
        yield Fault(one.id, "response", "OTHER_ID", f"asked for {one.path}, answered {answered}")


def _listed_ids(one: Exchange) -> Iterator[Fault]:
    scope = one.path.rpartition("/providers/")[0]
    items = one.reply.get("value")
    for item in items if isinstance(items, list) else ():
        found = str(item.get("id", scope)).lower()
        if not (found.startswith(scope) or _is_inherited(found, scope)):
            yield Fault(one.id, "response", "OTHER_ID", f"{item['id']} is not below {scope}")


def _is_inherited(found: str, scope: str) -> bool:
    """A role given above holds below: `RoleAssignments_ListForScope` lists those "that apply to a scope"."""
    given, _, kind = found.rpartition("/providers/")
    return kind.startswith("microsoft.authorization/roleassignments/") and scope.startswith(f"{given}/")


def properties_are_objects(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """`properties` is an object on both sides; to the validator an empty list is one, too."""
    for one in capture:
        for side, body in one.sides:
            if isinstance(body, dict) and not isinstance(body.get("properties"), dict | None):
                yield Fault(one.id, side, "PROPERTIES", f"{type(body['properties']).__name__} where an object belongs")


def requests_can_be_traced(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """A client request id is a GUID; Resource Manager replaces anything else by one of its own."""
    for one in capture:
        sent = one.headers.get("x-ms-client-request-id")
        if sent is not None and not _is_guid(sent):
            yield Fault(one.id, "request", "CLIENT_REQUEST_ID", f"{sent!r} is not a GUID")


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def bodies_are_json(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """A body that is sent says that it is JSON."""
    for one in capture:
        if one.body is not None and not one.headers.get("content-type", "").startswith("application/json"):
            yield Fault(
                one.id, "request", "CONTENT_TYPE", f"a body without application/json in {one.method} {one.path}"
            )


def security_rules_are_ordered(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """Priorities of rules lie between 100 and 4096; within a group each is taken once per direction."""
    for one in capture:
        for side, body in one.sides:
            for said in _disorder(one, body):
                yield Fault(one.id, side, "PRIORITY", said)


def _disorder(one: Exchange, body: Any) -> Iterator[str]:
    if not isinstance(body, dict) or one.type not in {GROUP, RULE}:
        return
    groups = body["value"] if isinstance(body.get("value"), list) else [body]
    for group in groups:
        rules = [group] if one.type == RULE else _rules(group)
        yield from _out_of_range(rules)
        yield from _taken_twice(rules)


def _rules(group: Json) -> list[Json]:
    properties = group.get("properties")
    return (properties.get("securityRules") or []) if isinstance(properties, dict) else []


def _out_of_range(rules: Iterable[Json]) -> Iterator[str]:
    for rule in rules:
        properties = rule.get("properties")
        priority = properties.get("priority") if isinstance(properties, dict) else None
        if isinstance(priority, int) and not 100 <= priority <= 4096:
            yield f"rule {rule.get('name')} has priority {priority}"


def _taken_twice(rules: Iterable[Json]) -> Iterator[str]:
    properties = [rule["properties"] for rule in rules if isinstance(rule.get("properties"), dict)]
    taken = Counter((str(one.get("direction")).lower(), one.get("priority")) for one in properties)
    yield from (
        f"priority {number} is taken {count} times {way}" for (way, number), count in taken.items() if count > 1
    )


CHECKS = (
    refusals_speak_a_dialect,
    replies_name_what_was_asked_for,
    properties_are_objects,
    requests_can_be_traced,
    bodies_are_json,
    security_rules_are_ordered,
    polls_begun,
    ends_told,
    etags_honoured,
    patches_merge,
    puts_replace,
)
