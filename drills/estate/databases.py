"""Azure SQL: servers, their keys and encryption protector, databases under transparent data encryption.

A database keeps, as `wrapped`, by which version of which key its own key is wrapped. While the vault does not let the
server unwrap with it, or the version is off, the database is Inaccessible. A new protector is set by a long operation,
at whose end every database of the server that can be reached is wrapped anew.
"""

from hashlib import sha1
from typing import TYPE_CHECKING
from uuid import uuid4

from drills.estate.ids import name_of
from drills.estate.operations import Operation
from drills.estate.polls import Polls, retry_after
from drills.estate.service import GROUP, SUBSCRIPTION, Kind, Route, Service
from drills.estate.settable import SERVER, Settable, one, resource
from drills.estate.vaults import KEY, kid, may
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import LOCATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.estate.world import World

VERSION = "2021-11-01"
DATABASE = f"{SERVER}/databases"
PROTECTOR = f"{SERVER}/encryptionProtector"
MANAGED = "ServiceManaged"
CLOSED = {"properties.publicNetworkAccess": "Enabled", "properties.restrictOutboundNetworkAccess": "Disabled"}


def service(world: "World") -> Service:
    """Servers and what lies below them."""
    servers, databases, polls = Servers(world), Databases(world), Polls(world)
    server = f"{GROUP}{SERVER}/{{server}}"
    return Service(
        namespace="Microsoft.Sql",
        api_versions=frozenset({VERSION}),
        routes=(
            *one(servers, server, "PATCH", "PUT"),
            Route("GET", f"{SUBSCRIPTION}{SERVER}", servers.of_subscription),
            *one(servers, f"{server}/firewallRules/{{rule}}", "PUT", "DELETE"),
            Route("GET", f"{server}/firewallRules", servers.every),
            Route("GET", f"{server}/keys/{{key}}", servers.key),
            Route("PUT", f"{server}/keys/{{key}}", servers.add_key),
            Route("GET", f"{server}/encryptionProtector/{{current}}", servers.read),
            Route("PUT", f"{server}/encryptionProtector/{{current}}", servers.protect),
            Route("GET", f"{server}/databases", databases.every),
            Route("GET", f"{server}/databases/{{database}}", databases.read),
            Route("PUT", f"{server}/databases/{{database}}", databases.copy),
            Route("GET", f"{server}/databases/{{database}}/transparentDataEncryption/{{tde}}", databases.encryption),
            Route("GET", f"{GROUP}Microsoft.Sql/locations/{{location}}/{{what}}/{{operation}}", polls.status),
        ),
        kinds={
            SERVER.lower(): Kind(managed=("properties.keyId",), defaults=CLOSED),
            f"{SERVER}/firewallRules".lower(): Kind(),
            PROTECTOR.lower(): Kind(),
        },
    )


class Servers(Settable):
    """Servers, their firewall, their keys and what protects the databases."""

    def of_subscription(self, asked: Asked) -> Reply:
        """Every server of the subscription."""
        return Reply(200, {"value": self._world.store.of_type(SERVER, asked.path.partition("/providers/")[0])})

    def key(self, asked: Asked) -> Reply:
        """The key that the server knows, by its thumbprint: what made it, the specification shows to nobody."""
        state = self._found(asked)
        shown = {name: state["properties"][name] for name in ("thumbprint",) if name in state["properties"]}
        return Reply(200, state | {"properties": shown})

    def add_key(self, asked: Asked) -> Reply:
        """202, then the server knows the key; it must be able to use it, and its name must say which it is."""
        uri = (asked.body or {})["properties"].get("uri", "")
        if not usable(self._world, self._server(asked), uri):
            raise RefusalError(400, "AzureKeyVaultMissingPermissions", "The server may not use the key vault key.")
        if name_of(asked.id) != named(uri):
            raise RefusalError(400, "InvalidKeyName", "The key's name must be 'vault_key_version'.")
        state = resource(asked.id, serverKeyType="AzureKeyVault", uri=uri, thumbprint=_thumbprint(uri))
        return _later(self._world, asked, "serverKey", lambda: self._world.store.put(state))

    def protect(self, asked: Asked) -> Reply:
        """202, then every database is wrapped by the key, and the protector says so."""
        sent = (asked.body or {})["properties"]
        server = self._server(asked)
        if sent["serverKeyType"] == MANAGED:
            state = protector(server["id"])
        else:
            key = self._world.store.read(f"{server['id']}/keys/{sent['serverKeyName']}")
            if key is None or not usable(self._world, server, key["properties"]["uri"]):
                raise RefusalError(400, "InvalidServerKey", "The server key does not exist or cannot be used.")
            state = protector(server["id"], key["properties"]["uri"], rotates=bool(sent.get("autoRotationEnabled")))
        return _later(self._world, asked, "encryptionProtector", lambda: self._protected(server, state))

    def _protected(self, server: Json, state: Json) -> None:
        store, uri = self._world.store, state["properties"].get("uri", "")
        for database in store.of_type(DATABASE, server["id"]):
            if accessible(self._world, server, database):
                store.put(database | {"wrapped": uri})
        store.put(state)
        held = store.read(server["id"]) or server
        held["properties"]["keyId"] = uri
        store.put(held)

    def _server(self, asked: Asked) -> Json:
        head, _, tail = asked.id.partition(f"/{SERVER}/")
        return self._found(asked.with_(id=f"{head}/{SERVER}/{tail.partition('/')[0]}"))


class Databases(Settable):
    """Databases, whole or dark."""

    def every(self, asked: Asked) -> Reply:
        """Every database of the server."""
        server = self._found(asked.with_(id=asked.id.rpartition("/")[0]))
        found = self._world.store.of_type(DATABASE, server["id"])
        return Reply(200, {"value": [self._shown(server, one) for one in found]})

    def read(self, asked: Asked) -> Reply:
        """The database."""
        return Reply(200, self._shown(self._server(asked), self._found(asked)))

    def encryption(self, asked: Asked) -> Reply:
        """Whether the database is encrypted at rest."""
        self._found(asked.with_(id=asked.id.partition("/transparentDataEncryption/")[0]))
        return Reply(200, resource(asked.id, state="Enabled"))

    def copy(self, asked: Asked) -> Reply:
        """202, then a copy of the source, wrapped by the key of the server on which it lies."""
        sent, server = (asked.body or {})["properties"], self._server(asked)
        source = self._world.store.read(sent["sourceDatabaseId"])
        if source is None or sent["createMode"] != "Copy":
            raise RefusalError(400, "SourceDatabaseNotFound", "The source database does not exist.")
        made = database(asked.id, (server["properties"]).get("keyId", "")) | {
            "tags": (asked.body or {}).get("tags", {})
        }
        return _later(self._world, asked, "database", lambda: self._world.store.put(made))

    def _server(self, asked: Asked) -> Json:
        return self._found(asked.with_(id=asked.id.partition("/databases/")[0]))

    def _shown(self, server: Json, state: Json) -> Json:
        shown = {name: value for name, value in state.items() if name != "wrapped"}
        status = "Online" if accessible(self._world, server, state) else "Inaccessible"
        return shown | {"properties": state["properties"] | {"status": status}}


def accessible(world: "World", server: Json, state: Json) -> bool:
    """Whether the database's key can be unwrapped now."""
    return not state["wrapped"] or usable(world, server, state["wrapped"])


def usable(world: "World", server: Json, uri: str) -> bool:
    """Whether the vault lets the server unwrap with this version, and it is switched on."""
    key = next((each for each in world.store.of_type(KEY) if uri.startswith(each["properties"]["keyUri"])), None)
    vault = world.store.read(key["id"].rpartition("/keys/")[0]) if key else None
    who = world.directory.by_oid((server.get("identity") or {}).get("principalId", ""))
    if key is None or vault is None or who is None:
        return False
    on = any(uri == kid(key, version) and version not in key["disabled"] for version in key["versions"])
    return on and may(world, vault, who, "unwrapkey")


def protector(server: str, uri: str = "", *, rotates: bool = False) -> Json:
    """What protects the server's databases: a key in a vault, or the service's own."""
    path = f"{server}/encryptionProtector/current"
    if not uri:
        return resource(path, serverKeyType=MANAGED, serverKeyName=MANAGED, autoRotationEnabled=False)
    said = {"serverKeyName": named(uri), "uri": uri, "thumbprint": _thumbprint(uri)}
    return resource(path, serverKeyType="AzureKeyVault", autoRotationEnabled=rotates, **said)


def database(path: str, wrapped: str) -> Json:
    """A database whose key is wrapped by this version; by the service's own where none is named."""
    return resource(path) | {"location": LOCATION, "wrapped": wrapped}


def named(uri: str) -> str:
    """`vault_key_version`, as a server calls a key."""
    *_, vault, _, key, version = uri.split("/")
    return f"{vault.partition('.')[0]}_{key}_{version}"


def _thumbprint(uri: str) -> str:
    return sha1(uri.encode(), usedforsecurity=False).hexdigest().upper()


def _later(world: "World", asked: Asked, what: str, finish: "Callable[[], None]") -> Reply:
    begun = {"id": f"{asked.id}/operations/{uuid4()}"}
    world.store.put(begun)  # where Azure lies, it is forgotten, and nothing is finished

    def ended() -> None:
        if world.store.read(begun["id"]):
            finish()

    operation = world.operations.begin(asked.id, world.delays.operation, ended)
    return Reply(202, None, _following(world, asked, what, operation))


def _following(world: "World", asked: Asked, what: str, operation: Operation) -> dict[str, str]:
    group = asked.id.partition("/providers/")[0]
    place = f"{group}/providers/Microsoft.Sql/locations/{LOCATION}/{what}AzureAsyncOperation/{operation.id}"
    return {"Azure-AsyncOperation": f"{world.url}{place}?api-version={VERSION}", "Retry-After": retry_after(world)}
