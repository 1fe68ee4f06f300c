"""HTTP triggers: from a request to a function and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from drills.host.keys import Keys
from drills.host.routes import Route, decoded, route
from drills.host.worker import Function, Message, TypedData, invoke

TRIGGER = "httpTrigger"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A function's route, the methods it takes (none named = all), and the level of key it asks for."""

    function: Function
    route: Route
    methods: frozenset[str]
    level: str


class HttpTriggers:
    """Every HTTP function of an app, by route."""

    def __init__(self, functions: Iterable[Function], *, prefix: str, keys: Keys) -> None:
        self.endpoints = sorted((_endpoint(function, prefix) for function in functions), key=lambda end: end.route.rank)
        self.keys = keys

    async def answer(self, request: web.BaseRequest) -> web.Response | None:
        """The function's response; None where no function has this route and method (404 in Azure, never 405)."""
        found = self._find(request.method, decoded(request.rel_url.raw_path))
        if not found:
            return None
        endpoint, params = found
        if not self.keys.admits(endpoint.level, request):
            return web.Response(status=401)
        value = await _typed(request, params)
        outcome = await invoke(endpoint.function, value, traceparent=request.headers.get("traceparent", ""))
        return web.Response(status=500) if outcome.error is not None else _response(outcome.value)

    def _find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        for endpoint in self.endpoints:
            if endpoint.methods and method not in endpoint.methods:
                continue
            if (params := endpoint.route.match(path)) is not None:
                return endpoint, params
        return None


def template(function: Function, prefix: str) -> str:
    """The whole route of a function, which is its name where it gives none."""
    own = function.trigger.get("route")
    return f"{prefix}/{function.name if own is None else own}".strip("/")


def methods(function: Function) -> list[str]:
    """The methods that a function takes; empty = all."""
    return [str(method).upper() for method in function.trigger.get("methods") or ()]


def _endpoint(function: Function, prefix: str) -> Endpoint:
    return Endpoint(
        function=function,
        route=route(template(function, prefix)),
        methods=frozenset(methods(function)),
        level=str(function.trigger.get("authLevel", "function")).lower(),
    )


async def _typed(request: web.BaseRequest, params: dict[str, str]) -> TypedData:
    http = Message(
        method=request.method,
        url=str(request.url),
        headers={name.lower(): value for name, value in _joined(request.headers).items()},
        params=params,
        query=_joined(request.query),
        body=TypedData(bytes=await request.read()),
    )
    return TypedData(http=http)


def _joined(fields: MultiMapping[str]) -> dict[str, str]:
    return {name: ",".join(fields.getall(name)) for name in fields}


def _response(value: TypedData | None) -> web.Response:
    if value is None:
        return web.Response(status=204)
    if value.WhichOneof("data") != "http":
        return web.Response(text=value.string)
    http = value.http
    response = web.Response(status=int(http.status_code), headers=http.headers, body=http.body.bytes)
    for cookie in http.cookies or ():
        response.set_cookie(cookie.name, cookie.value, **_attributes(cookie))
    return response


def _attributes(cookie: Message) -> dict[str, Any]:
    age = cookie.max_age and int(cookie.max_age.value)
    return {
        "domain": cookie.domain and cookie.domain.value,
        "path": cookie.path.value if cookie.path else "/",
        "max_age": age,
        "secure": cookie.secure and cookie.secure.value,
        "httponly": cookie.http_only and cookie.http_only.value,
        "samesite": cookie.same_site,
    }
