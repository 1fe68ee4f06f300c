"""The hospital's function apps, and what is done to them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drills.estate.sites import PASSWORD, function_app, knock, secret
from drills.estate.wire import Json, RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.estate.clinic import Clinic

FUNCTIONS = ("receive", "canary")


@dataclass(frozen=True)
class App:
    """One function app. What is taken of it now, a key or the password, is tried later by what is given back."""

    clinic: "Clinic"
    id: str

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rpartition("/")[2]

    def founded(self, tags: dict[str, str]) -> None:
        """The app has always been there, without an identity."""
        world = self.clinic.estate.world
        site, *below = function_app(world, self.id, FUNCTIONS)
        for state in (site | {"tags": tags}, *below):
            world.store.seed(state)
        self.clinic.remember()

    def link(self, function: str) -> str:
        """The path and query that open one function with its own key."""
        return f"api/{function}?code={self._secret(f'{function}/default')}"

    def with_host_key(self) -> "Callable[[], bool]":
        """Whoever has the host's key as it is now, asking the function again and again."""
        key = self._secret("host/default")
        return lambda: self._serves("api/receive", code=key)

    def with_password(self) -> "Callable[[], bool]":
        """Whoever has the publishing password as it is now, asking the deployment site."""
        password = self._secret(PASSWORD)
        return lambda: self._serves("scm", password=password)

    def _serves(self, path: str, *, code: str = "", password: str = "") -> bool:
        try:
            return self.clinic.estate.sites.answer(knock(self.name, path, code=code, password=password)).status == 200
        except RefusalError:
            return False

    def _secret(self, name: str) -> str:
        return secret(self.clinic.estate.world, self._state, name)

    @property
    def _state(self) -> Json:
        state = self.clinic.estate.world.store.read(self.id)
        if state is None:
            raise KeyError(self.id)
        return state
