"""Make the keys of a storage account anew (ST-06): the one that leaked, or both, the second first.

Azure answers with the new keys in clear. Nothing of the answer is kept. A second rotation would break whoever has
been given the first new key, so each call reads back whether it has happened.
"""

from collections.abc import Awaitable, Callable

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.measure import (
    CONTAIN,
    READ,
    STORAGE_ACCOUNT,
    Call,
    Irreversible,
    Measure,
    Proof,
    Refusal,
    Send,
    nothing,
    read_raw,
)
from responders.storage import bearers

KEYS = ("key2", "key1")


def guard(account: Target, _before: Before, _policy: Policy) -> Refusal | None:
    """There are two keys."""
    key = account.parameters.get("key")
    return None if key in (None, *KEYS) else Refusal(f"there is no account key {key}")


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One POST per key, always: whoever has the old one must lose it."""
    keys = (account.parameters["key"],) if "key" in account.parameters else KEYS
    return tuple(Call(f"make {key} anew", rotation(account, key), once=newer(account, before, key)) for key in keys)


def rotation(account: Target, key: str) -> Send:
    """One POST; the answer, which holds the keys, is dropped."""

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import StorageAccountRegenerateKeyParameters

        accounts = cloud.storage(account.resource.subscription).storage_accounts
        which = StorageAccountRegenerateKeyParameters({"keyName": key})
        await accounts.regenerate_key(account.resource.group, account.resource.name, which)

    return send


def newer(account: Target, before: Before, key: str) -> Callable[[Cloud], Awaitable[bool]]:
    """Reads back whether the key was made after the state before was read."""
    was = _made(before, key)

    async def once(cloud: Cloud) -> bool:
        return _made(await cloud.arm.read(account.resource), key) not in (None, was)

    return once


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The account says when its keys were made, and whoever bears a canary that the old key signed is turned away."""
    now = await cloud.arm.read(account.resource)
    canaries = await bearers(cloud, now, "account_sas", "service_sas", "policy_sas")
    return Proof.of(now, keys_dated=all(_made(now, key) for key in KEYS), **canaries)


def undo(_account: Target, _before: Before) -> Irreversible:
    """There is no way back, only forward."""
    return Irreversible("a key that was made anew cannot be brought back: give the new key to those who need it")


def _made(state: Before, key: str) -> str | None:
    made = (state.properties.get("keyCreationTime") or {}).get(key)
    return str(made) if made else None


def follows(named: Target) -> tuple[Target, ...]:
    """The account; with the key where it is known which one leaked."""
    if named.resource.type != STORAGE_ACCOUNT:
        return ()
    kept = {"key": named.parameters["key"]} if named.parameters.get("key") else {}
    return (Target(resource=named.resource, incident=named.incident, parameters=kept),)


MEASURE = Measure(
    id="rotate_account_keys",
    code="ST-06",
    title="Make the account keys anew",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.NONE,
    blast_radius="Every application that holds the old key, or a SAS signed by it, loses this account until it "
    "is given the new one.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/regeneratekey/action"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=guard,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=follows,
)
