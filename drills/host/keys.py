"""Who may call: the three kinds of key that a Functions host knows."""

import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

ENVIRONMENT = {"function": "HOST_FUNCTION_KEY", "master": "HOST_MASTER_KEY", "system": "HOST_EVENTGRID_KEY"}
"""The variables that give each key."""


def _random() -> str:
    return secrets.token_urlsafe(40)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """`function` opens functions of that level, `system` the Event Grid webhook, `master` everything."""

    function: str = field(default_factory=_random, repr=False)
    master: str = field(default_factory=_random, repr=False)
    system: str = field(default_factory=_random, repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Keys":
        """The keys of the environment; random where it gives none."""
        return cls(**{kind: environment[name] for kind, name in ENVIRONMENT.items() if environment.get(name)})

    def environment(self) -> dict[str, str]:
        """What hands these keys to a host."""
        return {name: getattr(self, kind) for kind, name in ENVIRONMENT.items()}

    def admits(self, level: str, request: "web.BaseRequest") -> bool:
        """Whether `x-functions-key` or `code` suffices for a level: anonymous, function, system or admin."""
        if level == "anonymous":
            return True
        given = request.headers.get("x-functions-key") or request.query.get("code", "")
        accepted = {"function": (self.function, self.master), "system": (self.system, self.master)}
        return any(_same(given, key) for key in accepted.get(level, (self.master,)))


def _same(given: str, key: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogateescape"), key.encode())


def forget() -> None:
    """The app must not find the host's keys in its environment."""
    for name in ENVIRONMENT.values():
        os.environ.pop(name, None)
