"""Make a new version of a vault's key (KV-06): what is encrypted from now on, whoever had the old one cannot read.

What was encrypted before still needs the old version, which stays. Where the vault's network refuses the responder,
so does the vault: rotate before the network is closed, or through a private endpoint.
"""

from collections.abc import Awaitable, Callable

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import READ, USE, Call, Irreversible, Measure, Proof, anybody, nothing

KEY = "microsoft.keyvault/vaults/keys"


async def read(cloud: Cloud, key: Target) -> Before:
    """The key in its current version, as Resource Manager tells of it."""
    return await cloud.arm.read(key.resource)


def contain(key: Target, before: Before) -> tuple[Call, ...]:
    """One POST, always. Each new version is one more to look after, so it reads back whether it has happened."""

    async def send(cloud: Cloud) -> None:
        await cloud.keys.rotate(before)

    return (Call("make a new version", send, once=newer(key, before)),)


def newer(key: Target, before: Before) -> Callable[[Cloud], Awaitable[bool]]:
    """Reads back whether another version is the current one."""

    async def once(cloud: Cloud) -> bool:
        now = await read(cloud, key)
        return _version(now) not in ("", _version(before))

    return once


async def verify(cloud: Cloud, key: Target) -> Proof:
    """The current version can be used; that it is another than before, the call itself reads back."""
    now = await read(cloud, key)
    return Proof.of(now, enabled=(now.properties.get("attributes") or {}).get("enabled") is True)


def undo(_key: Target, _before: Before) -> Irreversible:
    """What was encrypted since needs the new version."""
    return Irreversible("a version that was made stays: whoever must use an older one can name it")


def _version(state: Before) -> str:
    return str(state.properties.get("keyUriWithVersion") or "").rpartition("/")[2]


MEASURE = Measure(
    id="rotate_vault_key",
    code="KV-06",
    title="Make a new version of the vault's key",
    target=KEY,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.NONE,
    blast_radius="Services that follow the key take the new version within a day or so; those that name a version "
    "go on with the old one.",
    permissions=(USE("Microsoft.KeyVault/vaults/keys/rotate/action"), READ("Microsoft.KeyVault/vaults/keys/read")),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
)
