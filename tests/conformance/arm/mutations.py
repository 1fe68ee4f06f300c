"""Ways to spoil a genuine exchange. Each gives the spoilt exchange, or None where it does not apply."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.conformance.arm.exchange import Exchange, Json

type Mutation = Callable[[Exchange], Exchange | None]

ENUMERATED = ("access", "direction", "defaultAction", "bypass", "keySource", "routingChoice", "publicAccess")
REQUIRED = ("access", "direction", "priority", "protocol", "keyName", "defaultAction")


def _leaves(node: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every scalar of a body as (its container, its name or index, itself)."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in items:
        if isinstance(value, dict | list):
            yield from _leaves(value)
        else:
            yield node, name, value


def _replaced(body: Any, wanted: Callable[[Any, Any], bool], value: Any) -> Any:
    """The body with the first wanted scalar replaced; None where there is none."""
    changed = deepcopy(body)
    for container, name, old in _leaves(changed):
        if wanted(name, old):
            container[name] = value
            return changed
    return None


def _without(body: Any, names: tuple[str, ...]) -> Any:
    changed = deepcopy(body)
    for container, name, _ in _leaves(changed):
        if name in names:
            del container[name]
            return changed
    return None


def _asked(change: Callable[[Any], Any]) -> Mutation:
    """A mutation of the request's body."""

    def mutate(exchange: Exchange) -> Exchange | None:
        body = change(exchange.body) if isinstance(exchange.body, dict) else None
        return None if body is None else replace(exchange, body=body)

    return mutate


def _answered(change: Callable[[Any], Any]) -> Mutation:
    """A mutation of the body of a success."""

    def mutate(exchange: Exchange) -> Exchange | None:
        reply = change(exchange.reply) if isinstance(exchange.reply, dict) and exchange.succeeded else None
        return None if reply is None else replace(exchange, reply=reply)

    return mutate


def _with_property(name: str, value: Any) -> Callable[[Any], Any]:
    def change(body: Json) -> Json | None:
        properties = body.get("properties")
        if not isinstance(properties, dict) or name in properties:
            return None
        return body | {"properties": properties | {name: value}}

    return change


def _is_flag(_: Any, value: Any) -> bool:
    return isinstance(value, bool)


def _is_word(name: Any, value: Any) -> bool:
    return isinstance(value, str) and name not in {"etag", "id", "type", "foo"}


def _is_enumerated(name: Any, value: Any) -> bool:
    return name in ENUMERATED and isinstance(value, str)


def _properties(value: Any) -> Callable[[Any], Any]:
    return lambda body: body | {"properties": value} if "properties" in body else None


def _another_version(exchange: Exchange) -> Exchange | None:
    return (
        None
        if exchange.is_poll
        else replace(exchange, url=re.sub(r"api-version=[^&]+", "api-version=2020-02-30", exchange.url))
    )


def _no_version(exchange: Exchange) -> Exchange | None:
    return None if exchange.is_poll else replace(exchange, url=re.sub(r"\?api-version=[^&]+&?", "?", exchange.url))


def _another_method(exchange: Exchange) -> Exchange | None:
    other = {"PATCH": "POST", "PUT": "POST", "POST": "PATCH", "DELETE": "POST"}.get(exchange.method)
    return replace(exchange, method=other) if other else None


def _another_type(exchange: Exchange) -> Exchange | None:
    kind = re.compile("/(storageAccounts|networkSecurityGroups)/", re.IGNORECASE)
    return replace(exchange, url=kind.sub(r"/\1s/", exchange.url)) if kind.search(exchange.url) else None


def _request_header(name: str, value: str) -> Mutation:
    def mutate(exchange: Exchange) -> Exchange | None:
        return None if exchange.body is None else replace(exchange, headers={**exchange.headers, name: value})

    return mutate


def _another_id(exchange: Exchange) -> Exchange | None:
    if not (exchange.is_of_resource and isinstance(exchange.reply, dict) and "id" in exchange.reply):
        return None
    if exchange.method == "DELETE" or not exchange.succeeded:
        return None
    return replace(exchange, reply=exchange.reply | {"id": exchange.reply["id"] + "2"})


def _refused(body: Any) -> Mutation:
    def mutate(exchange: Exchange) -> Exchange | None:
        return None if exchange.is_poll else replace(exchange, status=409, reply=body)

    return mutate


def _status(status: int, *, method: str = "") -> Mutation:
    def mutate(exchange: Exchange) -> Exchange | None:
        return replace(exchange, status=status) if exchange.method == method and not exchange.is_poll else None

    return mutate


def _accepted(exchange: Exchange) -> Exchange | None:
    wrote = exchange.is_write and exchange.method != "POST"
    return replace(exchange, status=202, reply=None, reply_headers={}) if wrote else None


REQUESTS: dict[str, Mutation] = {
    "a word where a flag belongs": _asked(lambda body: _replaced(body, _is_flag, "perhaps")),
    "a number where a word belongs": _asked(lambda body: _replaced(body, _is_word, 7)),
    "an object where a word belongs": _asked(lambda body: _replaced(body, _is_word, {"value": 7})),
    "a word outside its enumeration": _asked(lambda body: _replaced(body, _is_enumerated, "Perhaps")),
    "a required property left out": _asked(lambda body: _without(body, REQUIRED)),
    "a property nobody knows": _asked(_with_property("sealedWithWax", True)),
    "a property that the service sets": _asked(_with_property("provisioningState", "Succeeded")),
    "a list where properties belong": _asked(_properties([])),
    "a word where properties belong": _asked(_properties("none")),
    "a priority below 100": _asked(lambda body: _replaced(body, lambda name, _: name == "priority", 99)),
    "a priority above 4096": _asked(lambda body: _replaced(body, lambda name, _: name == "priority", 4097)),
    "an api-version that was never published": _another_version,
    "no api-version": _no_version,
    "a method that the resource does not have": _another_method,
    "a type that does not exist": _another_type,
    "a client request id that is no GUID": _request_header("x-ms-client-request-id", "step-1"),
    "a body that does not say what it is": _request_header("content-type", "text/plain"),
}
RESPONSES: dict[str, Mutation] = {
    "the id of another resource": _another_id,
    "a word where a flag belongs": _answered(lambda body: _replaced(body, _is_flag, "perhaps")),
    "a word outside its enumeration": _answered(lambda body: _replaced(body, _is_enumerated, "Perhaps")),
    "a property nobody knows": _answered(_with_property("sealedWithWax", True)),
    "a list where properties belong": _answered(_properties([])),
    "a refusal without a body": _refused(None),
    "a refusal that is a page": _refused("<html>Conflict</html>"),
    "a refusal without a code": _refused({"error": {"message": "Conflict"}}),
    "a refusal in the dialect of another service": _refused({"code": "Conflict", "message": "The resource is busy."}),
    "a success that is not declared": _status(206, method="GET"),
    "an acceptance that says nowhere to ask": _accepted,
}
