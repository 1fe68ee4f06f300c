"""Take a principal out of the access policies of a key vault (KV-01)."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Measure, Proof, Send, anybody, read_raw, wanting

VAULT = "microsoft.keyvault/vaults"
PRINCIPALS = "principals"


def contain(vault: Target, before: Before) -> tuple[Call, ...]:
    """One PUT that takes the entries away as they stand, unless there is none."""
    entries = _entries(vault, before)
    return (Call("take the access policies away", put(vault, "remove", entries)),) if entries else ()


async def verify(cloud: Cloud, vault: Target) -> Proof:
    """No access policy names them."""
    now = await cloud.arm.read(vault.resource)
    return Proof.of(now, gone=not _entries(vault, now))


def undo(vault: Target, before: Before) -> tuple[Call, ...]:
    """One PUT that adds the entries as they stood."""
    entries = _entries(vault, before)
    return (Call("give the access policies back", put(vault, "add", entries)),) if entries else ()


def put(vault: Target, operation: str, entries: list[Mapping[str, Any]]) -> Send:
    """One PUT of the entries."""

    async def send(cloud: Cloud) -> None:
        place = vault.resource.child("accessPolicies", operation)
        await cloud.arm.write("PUT", place, {"properties": {"accessPolicies": entries}})

    return send


def own(state: Before) -> Mapping[str, Any]:
    """The access policies, by principal."""
    entries = state.properties.get("accessPolicies") or ()
    return {"accessPolicies": sorted(entries, key=lambda entry: str(entry.get("objectId")))}


def _entries(vault: Target, state: Before) -> list[Mapping[str, Any]]:
    named = {each.strip().casefold() for each in vault.parameters[PRINCIPALS].split(",")}
    entries = state.properties.get("accessPolicies") or ()
    return [entry for entry in entries if str(entry.get("objectId")).casefold() in named]


MEASURE = Measure(
    id="remove_vault_principal",
    code="KV-01",
    title="Take the principals out of the vault's access policies",
    target=VAULT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="What signs in as one of them can no longer use the vault's keys, secrets and certificates.",
    permissions=(
        CONTAIN("Microsoft.KeyVault/vaults/accessPolicies/write"),
        READ("Microsoft.KeyVault/vaults/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=wanting(VAULT, PRINCIPALS),
)
