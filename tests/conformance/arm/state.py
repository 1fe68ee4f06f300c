"""What a sequence of exchanges tells of the state behind it: PATCH merges, PUT replaces, ETags are honoured."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.fault import Fault

ACCOUNT = "microsoft.storage/storageaccounts"
CONTAINER = f"{ACCOUNT}/blobservices/containers"
GROUP = "microsoft.network/networksecuritygroups"
DERIVED = frozenset({"lastModifiedTime", "primaryEndpoints", "secondaryEndpoints"})


def patches_merge(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """A PATCH of Storage takes what was sent, lists as a whole, and leaves the rest as it was."""
    known: dict[str, Json] = {}
    for one in capture:
        if one.type in {ACCOUNT, CONTAINER} and one.is_of_resource and _has_properties(one.reply) and one.succeeded:
            if one.method == "PATCH" and _has_properties(one.body):
                yield from _taken(one)
                yield from _left(one, known.get(one.path, {}))
            known[one.path] = known.get(one.path, {}) | one.reply["properties"]


def _taken(one: Exchange) -> Iterator[Fault]:
    for name, sent in one.body["properties"].items():
        answered = one.reply["properties"].get(name)
        if sent is not None and not _covers(answered, sent):
            yield Fault(one.id, "response", "NOT_TAKEN", f"{name} was sent as {sent}, answered as {answered}")


def _left(one: Exchange, before: Json) -> Iterator[Fault]:
    after = one.reply["properties"]
    for name in sorted(before.keys() & after.keys() - one.body["properties"].keys() - DERIVED):
        if before[name] != after[name]:
            yield Fault(one.id, "response", "NOT_LEFT", f"{name} was not sent, and {before[name]} became {after[name]}")


def puts_replace(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """A PUT of a network security group leaves exactly the rules that were sent."""
    for one in capture:
        if one.method == "PUT" and one.type == GROUP and one.succeeded and _has_properties(one.reply):
            sent, answered = _rule_names(one.body), _rule_names(one.reply)
            if sent != answered:
                yield Fault(
                    one.id, "response", "NOT_REPLACED", f"rules {sorted(sent)} were sent, {sorted(answered)} answered"
                )


def etags_honoured(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """A write on an ETag that a later one had followed is refused, and 412 answers only who asked for a match."""
    seen: dict[str, list[str]] = {}
    for one in capture:
        asked = one.headers.get("if-match")
        if one.status == 412 and asked is None and "if-none-match" not in one.headers:
            yield Fault(one.id, "response", "UNASKED_412", "refused as changed, though no match was asked for")
        if asked in seen.get(one.path, [])[:-1] and one.succeeded:
            yield Fault(one.id, "response", "STALE_ETAG", f"a write on {asked} passed although it was superseded")
        etag = one.reply.get("etag") if isinstance(one.reply, dict) else None
        if one.succeeded and etag and seen.setdefault(one.path, [""])[-1] != etag:
            seen[one.path].append(etag)


def _has_properties(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("properties"), dict)


def _rule_names(body: Any) -> set[str]:
    rules = body["properties"].get("securityRules") if _has_properties(body) else None
    return {str(rule.get("name")).lower() for rule in rules or ()}


def _covers(whole: Any, part: Any) -> bool:
    """Whether everything in `part` is in `whole`: objects may have more, lists are as long, words in any case."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(_covers(whole.get(name), one) for name, one in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(_covers, whole, part))
    return str(whole).lower() == str(part).lower()
