"""What protects the databases of a server: reading it, setting another key, and what may not be done to it.

The order is the measure: the new key lies in another vault (`forensic_tde_key`, from the policy), the server knows it,
the protector names it, every database is wrapped by it; only then is the old access cut. The old key is never deleted.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from cloud import Cloud
from incident.errors import Gone
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Call, Proof, Refusal, Send

SERVER = "microsoft.sql/servers"
PROTECTOR = f"{SERVER}/encryptionprotector"
SAFE, EXPOSED = "forensic_tde_key", "exposed_vault"
MANAGED = "ServiceManaged"
TERMS = ("serverKeyType", "serverKeyName", "autoRotationEnabled")


async def read(cloud: Cloud, protector: Target) -> Before:
    """The protector; where the policy names a safe key, that key, its vault, and whether the server knows it."""
    if SAFE not in protector.parameters:
        return await cloud.arm.read(protector.resource)
    safe = ResourceId.parse(protector.parameters[SAFE])
    places = (protector.resource, safe, safe.parent or safe)
    now, key, vault = await asyncio.gather(*(cloud.arm.read(each) for each in places))
    held = {**now.body, "safe": {"key": key.body, "vault": vault.body}}
    return Before({**held, "known": await _knows(cloud, protector, Before(held))})


async def verify(cloud: Cloud, protector: Target) -> Proof:
    """The protector names another key than the exposed one; every database is reached through it, and encrypted."""
    now = await read(cloud, protector)
    server = server_of(protector)
    databases = await cloud.arm.children(server, "databases")
    states = [await _encryption(cloud, ResourceId(str(each.body["id"]))) for each in databases if not _system(each)]
    dark = [each for each in databases if each.properties.get("status") == "Inaccessible"]
    return Proof.of(now, moved=not exposed(protector, now), online=not dark, encrypted=set(states) <= {"Enabled"})


def exposed(protector: Target, state: Before) -> bool:
    """Whether the databases are protected by a key of the exposed vault, by whose name the key's begins."""
    vault = str(state.properties.get("serverKeyName")).partition("_")[0]
    return vault.casefold() == protector.parameters[EXPOSED].casefold()


def guard(protector: Target, before: Before, _policy: Policy) -> Refusal | None:
    """The safe key is in another vault, switched on, closed to the Internet, and cannot be purged."""
    if SAFE not in protector.parameters or not exposed(protector, before):
        return None
    vault, key = (Before(before.body["safe"][name]) for name in ("vault", "key"))
    if str(vault.body.get("name")).casefold() == protector.parameters[EXPOSED].casefold():
        return Refusal("the policy's key lies in the very vault that is exposed")
    if (key.properties.get("attributes") or {}).get("enabled") is False:
        return Refusal("the policy's key is switched off")
    if vault.properties.get("enablePurgeProtection") is not True:
        return Refusal("the vault of the policy's key can be purged, and Azure SQL takes no key from there")
    return Refusal("the vault of the policy's key is open to every network") if _open(vault) else None


def set_to(protector: Target, terms: Mapping[str, Any], name: str) -> Call:
    """One PUT; Azure wraps the databases anew and says when that has ended."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", protector.resource, {"properties": dict(terms)})

    return Call(name, send)


def undo(protector: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the protector as it stood, where it was another. The server goes on knowing the safe key."""
    return (set_to(protector, own(before), "set the former protector"),) if exposed(protector, before) else ()


def own(state: Before) -> Mapping[str, Any]:
    """By which key, and whether it follows new versions."""
    meant = {"autoRotationEnabled": False}
    return {name: state.properties.get(name, meant.get(name)) for name in TERMS}


def uri_of(before: Before) -> str:
    """The address of the safe key's current version."""
    return str(before.body["safe"]["key"]["properties"].get("keyUriWithVersion") or "")


def name_of(before: Before) -> str:
    """What the server calls the safe key: `vault_key_version`, exactly."""
    vault = str(before.body["safe"]["vault"]["name"])
    key, version = uri_of(before).rsplit("/", 2)[1:]
    return f"{vault}_{key}_{version}"


def server_of(protector: Target) -> ResourceId:
    """The server."""
    return protector.resource.climb(SERVER) or protector.resource


def known_key(protector: Target, before: Before) -> ResourceId:
    """The safe key as the server keeps it."""
    return server_of(protector).child("keys", name_of(before))


def add(protector: Target, before: Before) -> Send:
    """One PUT of the safe key to the server, which must be able to use it."""
    body = {"properties": {"serverKeyType": "AzureKeyVault", "uri": uri_of(before)}}

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", known_key(protector, before), body)

    return send


def below(*needed: str, without: str = "") -> Callable[[Target], tuple[Target, ...]]:
    """The protector of a server, where these parameters are known and that one is not."""

    def follows(named: Target) -> tuple[Target, ...]:
        told = named.parameters
        if named.resource.type != SERVER or not all(told.get(name) for name in needed) or told.get(without):
            return ()
        resource = named.resource.child("encryptionProtector", "current")
        kept = {name: told[name] for name in (SAFE, EXPOSED) if told.get(name)}
        return (Target(resource=resource, incident=named.incident, parameters=kept),)

    return follows


async def _knows(cloud: Cloud, protector: Target, before: Before) -> bool:
    try:
        await cloud.arm.read(known_key(protector, before))
    except Gone:
        return False
    return True


async def _encryption(cloud: Cloud, database: ResourceId) -> str:
    state = await cloud.arm.read(database.child("transparentDataEncryption", "current"))
    return str(state.properties.get("state"))


def _system(database: Before) -> bool:
    return str(database.body.get("name")).casefold() == "master"


def _open(vault: Before) -> bool:
    rules = vault.properties.get("networkAcls") or {}
    return vault.properties.get("publicNetworkAccess") != "Disabled" and rules.get("defaultAction") != "Deny"
