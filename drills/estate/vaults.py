"""Key Vault: vaults with access policies or roles, keys with versions, and the vault's own address for their use.

A key's state keeps its `versions`, the current one last, and which of them are `disabled`; what Resource Manager and
the vault show follows from that. The vault's own address is `/vault/{vault}/keys/{key}[/{version}][/{operation}]`.
"""

from typing import TYPE_CHECKING
from uuid import uuid4

from drills.estate.origins import Origin, admits
from drills.estate.roles import allows
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.settable import VAULT, Settable, one, resource
from drills.estate.tokens import Entra
from drills.estate.wire import Asked, Json, RefusalError, Reply

if TYPE_CHECKING:
    from drills.estate.principals import Principal
    from drills.estate.world import World

VERSION = "2023-07-01"
AUDIENCE = "https://vault.azure.net"
KEY = f"{VAULT}/keys"
OPEN = {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []}
OPERATIONS = ["encrypt", "decrypt", "wrapKey", "unwrapKey"]
RIGHTS = {
    "backup": ("backup", "backup/action"),
    "decrypt": ("decrypt", "decrypt/action"),
    "rotate": ("rotate", "rotate/action"),
    "unwrapkey": ("unwrapKey", "unwrap/action"),
    "PATCH": ("update", "update/action"),
}
"""What an access policy and what a role calls an operation of the vault's own address."""


def service(world: "World") -> Service:
    """Vaults and their keys, as Resource Manager knows them."""
    vaults, vault = Managed(world), f"{GROUP}{VAULT}/{{vault}}"
    return Service(
        namespace="Microsoft.KeyVault",
        api_versions=frozenset({VERSION}),
        routes=(
            *one(vaults, vault, "PATCH", "PUT"),
            Route("PUT", f"{vault}/accessPolicies/{{operation}}", vaults.access_policies),
            Route("GET", f"{vault}/keys", vaults.keys),
            Route("GET", f"{vault}/keys/{{key}}", vaults.key),
            Route("GET", f"{vault}/keys/{{key}}/versions/{{version}}", vaults.version),
        ),
        kinds={
            VAULT.lower(): Kind(managed=("properties.vaultUri",), defaults={"properties.networkAcls": OPEN}),
            KEY.lower(): Kind(managed=("versions",)),
        },
    )


class Managed(Settable):
    """Vaults and keys as Resource Manager tells of them."""

    def put(self, asked: Asked) -> Reply:
        """The vault with the properties that were sent; its address stays."""
        sent = (asked.body or {}).get("properties") or {}
        state = new_vault(self._world, asked.id, **sent)
        self._world.store.put(state)
        return Reply(200, state)

    def access_policies(self, asked: Asked) -> Reply:
        """The vault's access policies with those that were sent, or without them."""
        vault = self._found(asked.with_(id=asked.id.partition("/accessPolicies/")[0]))
        sent = (asked.body or {})["properties"]["accessPolicies"]
        names = {entry["objectId"] for entry in sent}
        kept = [entry for entry in vault["properties"].get("accessPolicies") or () if entry["objectId"] not in names]
        after = kept + (sent if asked.names["operation"].lower() == "add" else [])
        vault["properties"]["accessPolicies"] = sorted(after, key=lambda entry: str(entry["objectId"]))
        self._world.store.put(vault)
        return Reply(200, {"id": asked.id, "properties": {"accessPolicies": vault["properties"]["accessPolicies"]}})

    def keys(self, asked: Asked) -> Reply:
        """Every key of the vault, in its current version."""
        found = self._world.store.of_type(KEY, asked.id.rpartition("/")[0])
        return Reply(200, {"value": [shown(key, key["versions"][-1]) for key in found]})

    def key(self, asked: Asked) -> Reply:
        """The key in its current version."""
        key = self._found(asked)
        return Reply(200, shown(key, key["versions"][-1]))

    def version(self, asked: Asked) -> Reply:
        """One version of the key."""
        key = self._found(asked.with_(id=asked.id.partition("/versions/")[0]))
        wanted = next((one for one in key["versions"] if one == asked.names["version"]), None)
        if wanted is None:
            raise RefusalError(404, "KeyNotFound", "A key with this version was not found in this key vault.")
        state = shown(key, wanted)
        return Reply(200, state | {"id": f"{key['id']}/versions/{wanted}", "name": wanted, "type": f"{KEY}/versions"})


class Vaults:
    """The vaults' own addresses."""

    def __init__(self, world: "World", entra: Entra) -> None:
        self._world = world
        self._entra = entra

    def answer(self, asked: Asked) -> Reply:
        """A use of a key, a new version, or a version switched off or on.

        Raises RefusalError for a token, a network or a principal that the vault does not admit.
        """
        caller = self._entra.caller(asked, AUDIENCE)
        _, _, vault, _, key, *rest = asked.path.split("/")
        operation = "PATCH" if asked.method == "PATCH" else rest[-1]
        state = self._admitted(asked, caller, f"/providers/{VAULT}/{vault}", operation)
        found = self._world.store.read(f"{state['id']}/keys/{key}")
        if found is None:
            raise RefusalError(404, "KeyNotFound", f"A key with (name/id) {key} was not found in this key vault.")
        if operation == "rotate":
            found["versions"].append(uuid4().hex)
        elif operation == "PATCH":
            _switch(found, rest[0], enabled=asked.body["attributes"]["enabled"])
        elif rest[0] in found["disabled"]:
            raise RefusalError(403, "Forbidden", f"Operation {operation} is not allowed on a disabled key.")
        self._world.store.put(found)
        return Reply(200, {"key": {"kid": kid(found, found["versions"][-1])}})

    def _admitted(self, asked: Asked, caller: "Principal", ending: str, operation: str) -> Json:
        version = self._world.store.in_force_ending(ending)
        if version is None or version.state is None:
            raise RefusalError(404, "VaultNotFound", "The vault does not exist.")
        if not admits(self._world, version.state, Origin.of(asked)):
            raise RefusalError(403, "Forbidden", "Client address is not authorized (ForbiddenByFirewall).")
        if not may(self._world, version.state, caller, operation):
            raise RefusalError(
                403, "Forbidden", f"The caller may not {operation} (ForbiddenByPolicy, ForbiddenByRbac)."
            )
        return version.state


def may(world: "World", vault: Json, caller: "Principal", operation: str) -> bool:
    """Whether the vault lets the principal do this with its keys: by role, or by access policy where roles rule not."""
    word, action = RIGHTS[operation]
    if vault["properties"].get("enableRbacAuthorization"):
        return allows(world, caller, f"Microsoft.KeyVault/vaults/keys/{action}", vault["id"])
    entries = [one for one in vault["properties"].get("accessPolicies") or () if one["objectId"] == caller.oid]
    return any(word in entry["permissions"].get("keys", ()) for entry in entries)


def new_vault(world: "World", path: str, **properties: object) -> Json:
    """A vault under access policies, with an address of its own."""
    return resource(path, vaultUri=f"{world.url}/vault/{path.rpartition('/')[2]}/", **properties)


def new_key(vault: Json, name: str) -> Json:
    """An RSA key of the vault, in its first version."""
    uri = f"{vault['properties']['vaultUri']}keys/{name}"
    made = resource(f"{vault['id']}/keys/{name}", kty="RSA", keySize=3072, keyOps=OPERATIONS, keyUri=uri)
    return made | {"location": vault["location"], "versions": [uuid4().hex], "disabled": []}


def shown(key: Json, version: str) -> Json:
    """The key as Resource Manager shows it in this version."""
    state = {name: value for name, value in key.items() if name not in {"versions", "disabled"}}
    said = {"attributes": {"enabled": version not in key["disabled"]}, "keyUriWithVersion": kid(key, version)}
    return state | {"properties": key["properties"] | said}


def kid(key: Json, version: str) -> str:
    """The address of one version."""
    return f"{key['properties']['keyUri']}/{version}"


def _switch(key: Json, version: str, *, enabled: bool) -> None:
    rest = [one for one in key["disabled"] if one != version]
    key["disabled"] = rest if enabled else [*rest, version]
