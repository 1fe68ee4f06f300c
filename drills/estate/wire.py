"""What crosses the wire, as every plane of the estate sees it: asked, answered or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

from multidict import CIMultiDict

from drills.estate.principals import Principal

type Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request. `names` are the named segments of the matched route, `id` its path in the route's own case.

    `body` is the parsed JSON of `raw`, or its text where it is none.
    """

    method: str
    path: str
    url: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    body: Any = None
    raw: bytes = b""
    caller: Principal | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    id: str = ""

    def with_(self, **changes: Any) -> Self:
        """The same request with something learnt about it."""
        return replace(self, **changes)

    @property
    def is_write(self) -> bool:
        """True for the verbs that state what a resource shall be, or that it shall go."""
        return self.method in {"PUT", "PATCH", "DELETE"}


@dataclass(frozen=True)
class Reply:
    """One answer. A `pace` holds the body back for so long after the headers; `broken`: half of it comes."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    pace: timedelta | None = None
    broken: bool = False

    def with_headers(self, **headers: str) -> "Reply":
        """The same answer with more headers (underscores stand for dashes)."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})


class RefusalError(Exception):
    """The estate says no: a status, the service's code and its message, and `more` that the error tells."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None, more: Json | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.more = more or {}
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


class CutError(Exception):
    """The connection is dropped without an answer."""
