"""Switch a version of a vault's key off (KV-04): nobody can use it. It is not deleted, and can be switched on again."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import READ, USE, Call, Measure, Proof, anybody, read_raw


def contain(_version: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless it is off."""
    return (switch("switch the version off", before, enabled=False),) if _enabled(before) else ()


async def verify(cloud: Cloud, version: Target) -> Proof:
    """Resource Manager shows it switched off."""
    now = await cloud.arm.read(version.resource)
    return Proof.of(now, off=not _enabled(now))


def undo(_version: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, where it was on."""
    return (switch("switch the version on", before, enabled=True),) if _enabled(before) else ()


def switch(name: str, version: Before, *, enabled: bool) -> Call:
    """One PATCH at the vault's own address."""

    async def send(cloud: Cloud) -> None:
        await cloud.keys.switch(version, enabled=enabled)

    return Call(name, send)


def own(state: Before) -> Mapping[str, Any]:
    """Whether it can be used."""
    return {"enabled": _enabled(state)}


def _enabled(state: Before) -> bool:
    return (state.properties.get("attributes") or {}).get("enabled") is not False


MEASURE = Measure(
    id="disable_key_version",
    code="KV-04",
    title="Switch the version of the vault's key off",
    target="microsoft.keyvault/vaults/keys/versions",
    activity="restrict-access",
    approval=Approval.A2,
    recovery=Recovery.EXACT,
    blast_radius="Everything that is encrypted under this version goes dark: databases within ten minutes, storage "
    "accounts and disks within hours.",
    permissions=(
        USE("Microsoft.KeyVault/vaults/keys/update/action"),
        READ("Microsoft.KeyVault/vaults/keys/versions/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
