"""What a service of the estate is made of: routes, api-versions, the dialect of its errors and the kinds it keeps.

To add one: a file with a function `service(world) -> Service`, and its line in `services.py`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from drills.estate.wire import Asked, Json, RefusalError, Reply

GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/"
SUBSCRIPTION = "/subscriptions/{subscription}/providers/"


@dataclass(frozen=True)
class Route:
    """One operation: method, path template with `{names}`, and the function that answers it.

    A name stands for one segment of the path, `{scope}` at its beginning for any number of them.
    """

    method: str
    template: str
    answer: Callable[[Asked], Reply]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        whole = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        return re.compile(whole.replace("(?P<scope>[^/]+)", "(?P<scope>.*)", 1), re.IGNORECASE)

    def match(self, asked: Asked) -> Asked | None:
        """The request with its names and its path in the template's case, when it is this operation."""
        found = self._pattern.fullmatch(asked.path.rstrip("/"))
        if found is None or asked.method != self.method:
            return None
        return asked.with_(names=found.groupdict(), id=self.template.format(**found.groupdict()))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What of a resource type is configuration: paths the service manages itself, and what an absent property means."""

    managed: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    sorted_by_name: tuple[str, ...] = ()


@dataclass(frozen=True)
class Right:
    """An action at a scope, both in any case."""

    action: str
    scope: str


def enveloped(refusal: RefusalError) -> Json:
    """The dialect of Resource Manager and of most services."""
    return {"error": {"code": refusal.code, "message": refusal.message} | refusal.more}


def flat(refusal: RefusalError) -> Json:
    """The dialect of Insights and DNS."""
    return {"code": refusal.code, "message": refusal.message}


def capital(refusal: RefusalError) -> Json:
    """The dialect of Web."""
    return {"Code": refusal.code, "Message": refusal.message}


def nothing_linked(_: Asked) -> Iterable[Right]:
    """The body names no other resource that needs a right of its own."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Service:
    """One resource provider. Routes are tried in order."""

    namespace: str
    api_versions: frozenset[str]
    routes: tuple[Route, ...]
    dialect: Callable[[RefusalError], Json] = enveloped
    linked: Callable[[Asked], Iterable[Right]] = nothing_linked
    kinds: Mapping[str, Kind] = field(default_factory=dict)
