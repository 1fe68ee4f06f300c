"""One request to Resource Manager and its answer, as they crossed the wire."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

type Json = dict[str, Any]

_POLL = re.compile(
    r"/locations/[^/]+/(operations|diskoperations|operationstatuses|operationresults|asyncoperations|\w+azureasyncoperation)/",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Bodies are parsed JSON, text where they are not JSON, None where there is none; header names are lower case."""

    id: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    status: int
    reply_headers: Mapping[str, str] = field(default_factory=dict)
    reply: Any = None

    @classmethod
    def of(cls, pair: Json) -> Self:
        """An exchange from the validator's form: `{"id", "liveRequest": {...}, "liveResponse": {...}}`."""
        request, response = pair["liveRequest"], pair["liveResponse"]
        return cls(
            id=str(pair["id"]),
            method=request["method"].upper(),
            url=request["url"],
            headers=lower(request.get("headers") or {}),
            body=request.get("body"),
            status=int(response["statusCode"]),
            reply_headers=lower(response.get("headers") or {}),
            reply=response.get("body"),
        )

    def pair(self) -> Json:
        """The exchange in the validator's form."""
        return {
            "id": self.id,
            "liveRequest": {"method": self.method, "url": self.url, "headers": dict(self.headers), "body": self.body},
            "liveResponse": {"statusCode": str(self.status), "headers": dict(self.reply_headers), "body": self.reply},
        }

    @property
    def number(self) -> int:
        """Which it was in its recorded run."""
        return int(self.id.rpartition("#")[2])

    @cached_property
    def path(self) -> str:
        """The path without its case, so that two spellings of one resource are equal."""
        return path_of(self.url)

    @property
    def version(self) -> str:
        """The api-version asked for; empty where there is none."""
        return dict(parse_qsl(urlsplit(self.url).query)).get("api-version", "")

    @property
    def namespace(self) -> str:
        """The resource provider, lower case; empty above all providers."""
        return self.path.rpartition("/providers/")[2].partition("/")[0] if "/providers/" in self.path else ""

    @property
    def type(self) -> str:
        """The full resource type, lower case: `microsoft.network/networksecuritygroups/securityrules`."""
        _, _, tail = self.path.rpartition("/providers/")
        namespace, *segments = tail.split("/")
        return "/".join([namespace, *segments[0::2]])

    @property
    def is_of_resource(self) -> bool:
        """Whether the path names one resource: not a list, an action, a poll or a group."""
        segments = self.path.rpartition("/providers/")[2].split("/")
        return "/providers/" in self.path and len(segments) % 2 == 1 and not self.is_poll

    @property
    def is_poll(self) -> bool:
        """Whether this asks how a long-running operation goes; the specifications do not describe these addresses."""
        return bool(_POLL.search(self.path))

    @property
    def is_write(self) -> bool:
        return self.method in {"PUT", "PATCH", "DELETE", "POST"}

    @property
    def sides(self) -> tuple[tuple[Literal["request", "response"], Any], ...]:
        """Both bodies; that of a refusal is none of the resource's."""
        return ("request", self.body), ("response", self.reply if self.succeeded else None)

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def path_of(url: str) -> str:
    """The path of an address, decoded, in lower case, without a slash at its end."""
    return unquote(urlsplit(url).path).rstrip("/").lower()
