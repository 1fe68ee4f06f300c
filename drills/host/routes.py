"""Route templates, matched as ASP.NET Core matches them: without regard to case, the most specific first."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

CONSTRAINTS = {
    "alpha": r"[A-Za-z]+",
    "bool": r"true|false",
    "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "int": r"-?\d+",
    "long": r"-?\d+",
}
LITERAL, CONSTRAINED, ANY, REST = range(4)

_PARAMETER = re.compile(r"\{(?P<rest>\*{0,2})(?P<name>\w+)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")


class RouteError(ValueError):
    """A template that this host cannot read."""


@dataclass(frozen=True)
class Route:
    """A template made ready: a pattern of whole paths, and a rank that sorts the more specific first."""

    pattern: re.Pattern[str]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters that a decoded path gives, without empty ones; None where it is another's."""
        matched = self.pattern.fullmatch(path)
        return {name: value for name, value in matched.groupdict().items() if value} if matched else None


def route(template: str) -> Route:
    """A template like `api/incidents/{id}`, `{id:int}`, `{id?}` or `{*page}`."""
    segments = [_segment(text) for text in template.strip("/").split("/") if text]
    return Route(
        pattern=re.compile("".join(pattern for pattern, _ in segments) + "/?", re.IGNORECASE),
        rank=tuple(rank for _, rank in segments),
    )


def _segment(text: str) -> tuple[str, int]:
    if "{" not in text:
        return "/" + re.escape(text), LITERAL
    parameter = _PARAMETER.fullmatch(text)
    if not parameter or (parameter["constraint"] or "int") not in CONSTRAINTS:
        raise RouteError(f"this host does not know the route segment {text!r}")
    name, constraint = parameter["name"], parameter["constraint"]
    if parameter["rest"]:
        return f"(?:/(?P<{name}>.*))?", REST
    value = f"/(?P<{name}>{CONSTRAINTS[constraint] if constraint else '[^/]+'})"
    return f"(?:{value})?" if parameter["optional"] else value, CONSTRAINED if constraint else ANY


def decoded(raw_path: str) -> str:
    """A path with its escapes undone, save that of the slash."""
    return unquote(re.sub("%2[Ff]", "%252F", raw_path))
