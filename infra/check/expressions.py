"""Template expressions, parsed: `[format('{0}-read', parameters('prefix'))]` becomes a tree of calls.

The grammar is that of Microsoft's "Syntax and expressions in ARM templates": literals (single-quoted strings,
integers), calls, and after a call any number of `.property` and `[index]`. What begins with `[[` is plain text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

MANY = 99
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    name.casefold(): (least, most)
    for least, most, names in (
        (
            0,
            0,
            "deployer deployment environment false managementGroup newGuid null resourceGroup subscription tenant true",
        ),
        (0, 1, "utcNow"),
        (0, 2, "copyIndex"),
        (0, MANY, "and createArray createObject or"),
        (
            1,
            1,
            "array base64 base64ToJson base64ToString bool dataUri dataUriToString dateTimeFromEpoch dateTimeToEpoch",
        ),
        (
            1,
            1,
            "empty first float int items json lambdaVariables last length mapValues not objectKeys parameters parseUri",
        ),
        (1, 1, "string toLower toUpper trim uriComponent uriComponentToString variables"),
        (1, 3, "reference"),
        (1, MANY, "coalesce concat format guid intersection max min shallowMerge union uniqueString"),
        (2, 2, "add contains div endsWith equals filter greater greaterOrEquals groupBy indexOf join lastIndexOf less"),
        (2, 2, "lessOrEquals map mod mul range skip sort split startsWith sub take uri"),
        (2, 3, "cidrHost cidrSubnet dateTimeAdd padLeft substring toObject"),
        (2, 3, "list listAccountSas listCallbackUrl listHostKeys listKeys listSecrets listServiceSas"),
        (
            2,
            MANY,
            "lambda managementGroupResourceId pickZones resourceId subscriptionResourceId tenantResourceId tryGet",
        ),
        (3, 3, "if reduce replace"),
        (3, MANY, "extensionResourceId"),
    )
    for name in names.split()
}
"""How many arguments each function takes, at least and at most, by its name in lower case."""
TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()\[\],.]))")


class Malformed(Exception):  # noqa: N818 - named for what the text is
    """The text is no expression; the message says where it stops being one."""


@dataclass(frozen=True)
class Call:
    """A call and what is taken from its result: property names and indices."""

    name: str
    arguments: tuple["Node", ...]
    taken: tuple["Node", ...] = ()


type Node = Call | str | int


def is_expression(value: object) -> bool:
    """Whether the value is worked out when it is deployed."""
    return isinstance(value, str) and value.startswith("[") and value.endswith("]") and not value.startswith("[[")


@lru_cache(maxsize=20_000)
def parse(text: str) -> Node:
    """The tree of `[...]`; each text is parsed once. Malformed where it is none."""
    tokens = _tokens(text[1:-1])
    node, rest = _node(tokens)
    if rest:
        raise Malformed(f"{rest[0][1]!r} is left over")
    return node


def calls(node: Node) -> Iterator[Call]:
    """Every call in the tree, outermost first."""
    if isinstance(node, Call):
        yield node
        for inner in (*node.arguments, *node.taken):
            yield from calls(inner)


def misuse(call: Call) -> str | None:
    """What is wrong with the function or the number of its arguments; None when nothing is."""
    if call.name.casefold() not in FUNCTIONS:
        return f"unknown function {call.name}"
    least, most = FUNCTIONS[call.name.casefold()]
    if not least <= len(call.arguments) <= most:
        return f"{call.name} takes {least} to {most} arguments, not {len(call.arguments)}"
    return None


type Tokens = list[tuple[str, str]]


def _tokens(text: str) -> Tokens:
    found, place = [], 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        if match is None:
            raise Malformed(f"{text[place:][:20]!r} is no part of an expression")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        place = match.end()
    return found


def _node(tokens: Tokens) -> tuple[Node, Tokens]:
    kind, text = tokens[0] if tokens else ("end", "the end")
    if kind == "text":
        return text[1:-1].replace("''", "'"), tokens[1:]
    if kind == "number":
        return int(text), tokens[1:]
    if kind != "name":
        raise Malformed(f"a value is expected, not {text!r}")
    arguments, rest = _arguments(tokens[1:])
    taken, rest = _taken(rest)
    return Call(text, arguments, taken), rest


def _arguments(tokens: Tokens) -> tuple[tuple[Node, ...], Tokens]:
    rest, found = _after(tokens, "("), []
    if rest[:1] == [("mark", ")")]:
        return (), rest[1:]
    while True:
        node, rest = _node(rest)
        found.append(node)
        if rest[:1] != [("mark", ",")]:
            return tuple(found), _after(rest, ")")
        rest = rest[1:]


def _taken(tokens: Tokens) -> tuple[tuple[Node, ...], Tokens]:
    rest, found = tokens, list[Node]()
    while rest[:1] in ([("mark", ".")], [("mark", "[")]):
        if rest[0][1] == ".":
            if rest[1:2] == [] or rest[1][0] != "name":
                raise Malformed("a property's name is expected after '.'")
            found.append(rest[1][1])
            rest = rest[2:]
        else:
            node, rest = _node(rest[1:])
            found.append(node)
            rest = _after(rest, "]")
    return tuple(found), rest


def _after(tokens: Tokens, mark: str) -> Tokens:
    if tokens[:1] != [("mark", mark)]:
        raise Malformed(f"{mark!r} is expected, not {tokens[0][1] if tokens else 'the end'!r}")
    return tokens[1:]
