"""The hospital's function apps and key vaults, and what is done to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from drills.estate.places import PHI
from drills.estate.principals import Principal
from drills.estate.sites import PASSWORD, function_app, knock, secret
from drills.estate.vaults import AUDIENCE, VERSION, new_key, new_vault
from drills.estate.wire import Asked, Json, RefusalError

if TYPE_CHECKING:
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

    def with_host_key(self) -> Callable[[], bool]:
        """Whoever has the host's key as it is now, asking the function again and again."""
        key = self._secret("host/default")
        return lambda: self._serves("api/receive", code=key)

    def with_password(self) -> Callable[[], bool]:
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


@dataclass(frozen=True)
class Vault:
    """One key vault."""

    clinic: "Clinic"
    id: str

    def founded(self, properties: Mapping[str, object], *keys: str) -> None:
        """The vault has always been there, with these keys (`exports` where none is named)."""
        estate = self.clinic.estate
        vault = new_vault(estate.world, self.id, **properties) | {"tags": PHI}
        for state in (vault, *(new_key(vault, name) for name in keys or ("exports",))):
            estate.world.store.seed(state)
        self.clinic.remember()

    def key(self, name: str) -> str:
        """The resource id of a key."""
        return f"{self.id}/keys/{name}"

    def version(self, name: str) -> str:
        """The resource id of the key's current version."""
        return f"{self.key(name)}/versions/{self._state(self.key(name))['versions'][-1]}"

    def admits(self, principal: Principal, *words: str) -> Self:
        """The attacker, or whoever runs the vault, lets the principal do this with its keys."""
        entry = {
            "tenantId": self.clinic.estate.world.tenant,
            "objectId": principal.oid,
            "permissions": {"keys": [*words]},
        }
        self.clinic.attacks(
            "PUT", f"{self.id}/accessPolicies/add", {"properties": {"accessPolicies": [entry]}}, VERSION
        )
        return self

    def used_by(self, principal: Principal, key: str, operation: str = "decrypt") -> Callable[[], bool]:
        """Whoever signs in as the principal, using the version that is current now again and again."""
        version = self.version(key).rpartition("/")[2]
        path = f"/vault/{self.id.rpartition('/')[2]}/keys/{key}/{version}/{operation}"
        token = self.clinic.estate.entra.service_token(principal, AUDIENCE)

        def take() -> bool:
            asked = Asked(method="POST", path=path, body={"alg": "RSA-OAEP", "value": ""})
            asked.headers["Authorization"] = f"Bearer {token}"
            try:
                return self.clinic.estate.vaults.answer(asked).status == 200
            except RefusalError:
                return False

        return take

    def _state(self, path: str) -> Json:
        state = self.clinic.estate.world.store.read(path)
        if state is None:
            raise KeyError(path)
        return state
