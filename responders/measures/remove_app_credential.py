"""Take a secret or certificate away from an application or its service principal (ID-05).

An attacker who may write an application puts a credential on either of the two: the incident names both as targets, and
each is asked for the key that it names. What cannot be told apart by its key is a person's to take.
"""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.directory import APPLICATION, SERVICE_PRINCIPAL, read_principal, spared_principal
from responders.measure import READ, Call, Irreversible, Measure, Permission, Proof, Tier

KEY = "credential_key"
SECRETS, CERTIFICATES = "passwordCredentials", "keyCredentials"


def contain(holder: Target, before: Before) -> tuple[Call, ...]:
    """One POST for a secret, one PATCH of the certificates that may stay; nothing where neither is there."""
    key = holder.parameters[KEY]

    async def remove(cloud: Cloud) -> None:
        await cloud.graph.write("POST", holder.resource.child("removePassword"), {"keyId": key})

    async def keep(cloud: Cloud) -> None:
        kept = [one for one in before.body[CERTIFICATES] if one["keyId"] != key]
        await cloud.graph.write("PATCH", holder.resource, {CERTIFICATES: kept})

    if key in _keys(before, SECRETS):
        return (Call("take the secret away", remove),)
    return (Call("take the certificate away", keep),) if key in _keys(before, CERTIFICATES) else ()


async def verify(cloud: Cloud, holder: Target) -> Proof:
    """No credential has the key."""
    now = await read_principal(cloud, holder)
    return Proof.of(now, gone=holder.parameters[KEY] not in {*_keys(now, SECRETS), *_keys(now, CERTIFICATES)})


def undo(_holder: Target, _before: Before) -> Irreversible:
    """Nobody knows the secret any more."""
    return Irreversible("a secret that was taken away cannot be given back: its owner makes a new one")


def own(state: Before) -> Mapping[str, Any]:
    """The keys of the credentials."""
    return {name: sorted(_keys(state, name)) for name in (SECRETS, CERTIFICATES)}


def follows(named: Target) -> tuple[Target, ...]:
    """The application or service principal, where the incident names the key."""
    if named.resource.type not in (APPLICATION, SERVICE_PRINCIPAL) or not named.parameters.get(KEY):
        return ()
    kept = {KEY: named.parameters[KEY]}
    return (Target(resource=named.resource, incident=named.incident, parameters=kept),)


def _keys(state: Before, name: str) -> set[str]:
    return {str(one["keyId"]) for one in state.body.get(name) or ()}


MEASURE = Measure(
    id="remove_app_credential",
    code="ID-05",
    title="Take the credential away from the application",
    target=APPLICATION,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.NONE,
    blast_radius="Whatever signs in with this secret or certificate can no longer do so, its rightful owner included.",
    permissions=(Permission(Tier.DIRECTORY, "Application.ReadWrite.All"), READ("Application.Read.All")),
    guard=spared_principal,
    read=read_principal,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=follows,
)
