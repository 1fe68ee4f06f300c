"""The hospital's function apps, key vaults and database servers, and what is done to them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from drills.estate.configuration import STORE, feature
from drills.estate.databases import database, named, protector
from drills.estate.places import GROUP, PHI
from drills.estate.principals import Principal
from drills.estate.settable import resource
from drills.estate.sites import PASSWORD, asks, function_app, knock, secret
from drills.estate.vaults import AUDIENCE, VERSION, kid, new_key, new_vault
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

    def deployed_from(self, account: str) -> Self:
        """The app has always got its package from the account, with a connection string that is among its settings."""
        storage = {
            "type": "blobContainer",
            "value": f"https://{account}.blob.core.windows.net/packages",
            "authentication": {
                "type": "StorageAccountConnectionString",
                "storageAccountConnectionStringName": "DEPLOYMENT_STORAGE_CONNECTION_STRING",
            },
        }
        state = self._state
        state["properties"]["functionAppConfig"] = {"deployment": {"storage": storage}}
        self.clinic.estate.world.store.seed(state)
        self.clinic.remember()
        return self

    def asks_flag(self, name: str, store: str = "clinic-flags") -> str:
        """The app has always asked a feature flag of the store whether to answer; the flag's id."""
        world = self.clinic.estate.world
        holder = f"{GROUP}/providers/{STORE}/{store}"
        flag = f"{holder}/keyValues/.appconfig.featureflag~2F{name}"
        world.store.seed(resource(holder, dataPlaneProxy={"authenticationMode": "Pass-through"}))
        world.store.seed(feature(world, flag, name))
        asks(world, self.id, flag)
        self.clinic.remember()
        return flag

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

    def founded(self, properties: Mapping[str, object]) -> None:
        """The vault has always been there, with a key `exports`."""
        estate = self.clinic.estate
        estate.world.store.seed(new_vault(estate.world, self.id, **properties) | {"tags": PHI})
        self.with_key("exports")

    def with_key(self, name: str) -> Self:
        """The vault has always had this key besides its others."""
        store = self.clinic.estate.world.store
        if store.read(self.key(name)) is None:
            store.seed(new_key(self._state(self.id), name))
        self.clinic.remember()
        return self

    def has_always_admitted(self, principal: Principal, *words: str) -> Self:
        """The principal has always been let in to do this with the vault's keys."""
        store, state = self.clinic.estate.world.store, self._state(self.id)
        state["properties"].setdefault("accessPolicies", []).append(self._entry(principal, words))
        state["properties"]["accessPolicies"].sort(key=lambda entry: str(entry["objectId"]))
        store.seed(state)
        self.clinic.remember()
        return self

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

    def uri(self, name: str) -> str:
        """The address of the key's current version."""
        state = self._state(self.key(name))
        return kid(state, state["versions"][-1])

    def _entry(self, principal: Principal, words: Iterable[str]) -> Json:
        tenant = self.clinic.estate.world.tenant
        return {"tenantId": tenant, "objectId": principal.oid, "permissions": {"keys": [*words]}}

    def _state(self, path: str) -> Json:
        state = self.clinic.estate.world.store.read(path)
        if state is None:
            raise KeyError(path)
        return state


WRAPS = ("get", "wrapKey", "unwrapKey")


@dataclass(frozen=True)
class DatabaseServer:
    """One database server."""

    clinic: "Clinic"
    id: str

    def founded(self, vault: Vault, key: str) -> None:
        """The server has always been there, with two databases and an identity that the vault lets wrap and unwrap."""
        world = self.clinic.estate.world
        vault.with_key(key).has_always_admitted(self.identity, *WRAPS)
        own = {"type": "SystemAssigned", "principalId": self.identity.oid, "tenantId": world.tenant}
        uri = vault.uri(key)
        server = resource(self.id, publicNetworkAccess="Enabled", keyId=uri) | {"tags": PHI, "identity": own}
        databases = (database(self.database(name), uri) for name in ("records", "billing"))
        known = resource(f"{self.id}/keys/{named(uri)}", serverKeyType="AzureKeyVault", uri=uri)
        for state in (server, known, protector(self.id, uri), *databases):
            world.store.seed(state)
        self.clinic.remember()

    @property
    def identity(self) -> Principal:
        """The server's own identity."""
        return self.clinic.estate.member(f"server {self.id.rpartition('/')[2]}")

    @property
    def protector(self) -> str:
        """The resource id of what protects the databases."""
        return f"{self.id}/encryptionProtector/current"

    def database(self, name: str) -> str:
        """The resource id of a database."""
        return f"{self.id}/databases/{name}"
