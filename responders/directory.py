"""Users and applications as measures see them, and whom no measure may touch."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from cloud import Cloud
from incident.errors import Gone
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Refusal, Send, absent

USER = "microsoft.aadiam/users"
APPLICATION = "microsoft.aadiam/applications"
SERVICE_PRINCIPAL = "microsoft.aadiam/serviceprincipals"
MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that owns Microsoft's own applications (appOwnerOrganizationId)."""

USER_FIELDS = (
    "id",
    "accountEnabled",
    "userPrincipalName",
    "userType",
    "onPremisesSyncEnabled",
    "signInSessionsValidFromDateTime",
)
SYNCHRONISERS = ("sync_", "adtoaadsyncserviceaccount")
"""How the accounts are called under which Entra Connect and cloud sync write."""


async def read_user(cloud: Cloud, user: Target) -> Before:
    """The user, and the directory roles that the user holds for good."""
    found, groups = await asyncio.gather(
        cloud.graph.read(user.resource, select=",".join(USER_FIELDS)), cloud.graph.children(user.resource, "memberOf")
    )
    held = [one.body.get("displayName") for one in groups if "directoryRole" in str(one.body.get("@odata.type"))]
    return Before({**found.body, "directoryRoles": sorted(map(str, held))})


async def read_principal(cloud: Cloud, principal: Target) -> Before:
    """The service principal or application, and whether it is the responder's own."""
    found = await cloud.graph.read(principal.resource)
    settings = cloud.settings
    ours = {settings.identity_read, settings.identity_contain, settings.identity_directory, settings.identity_evidence}
    return Before({**found.body, "ours": found.body.get("appId") in ours - {""}})


async def read_object(cloud: Cloud, found: Target) -> Before:
    """The object; where there is none, its id alone and `absent`."""
    try:
        return await cloud.graph.read(found.resource)
    except Gone:
        return Before({"id": found.resource.text, "absent": True})


async def read_held(cloud: Cloud, held: Target) -> Before:
    """What a service principal or application holds, out of all of its kind; where it is not, its id and `absent`."""
    holder, kind = holder_of(held)
    for one in await cloud.graph.children(holder, kind):
        if one.body["objectId"] == held.resource.name:
            return one
    return Before({"id": held.resource.text, "absent": True})


def holder_of(held: Target) -> tuple[ResourceId, str]:
    """Who holds it, and the kind of what is held: Graph lists those, and gives each no address of its own to read."""
    holder, kind, _ = held.resource.text.rsplit("/", 2)
    return ResourceId(holder), kind


def delete(found: Target) -> Send:
    """One DELETE of the object."""

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("DELETE", found.resource)

    return send


def give_back(found: Target, before: Before, fields: Iterable[str]) -> Send:
    """One POST of the object as it stood, where its like are listed."""
    body = {name: before.body[name] for name in fields if before.body.get(name) is not None}
    collection = ResourceId(found.resource.text.rpartition("/")[0])

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("POST", collection, body)

    return send


def spared_user(user: Target, before: Before, policy: Policy) -> Refusal | None:
    """Break-glass accounts, and those under which the directory is synchronised."""
    names = {str(before.body.get(name)).casefold() for name in ("objectId", "userPrincipalName")}
    if (names | {user.resource.name.casefold()}) & {each.casefold() for each in policy.break_glass}:
        return Refusal("the policy names the user as a break-glass account")
    if str(before.body.get("userPrincipalName")).casefold().startswith(SYNCHRONISERS):
        return Refusal("the directory is synchronised under this account: without it nobody's password changes")
    return None


def spared_principal(_principal: Target, before: Before, policy: Policy) -> Refusal | None:
    """Microsoft's own applications, the responder's, and break-glass ones; managed identities cannot be disabled."""
    names = {str(before.body.get(name)).casefold() for name in ("objectId", "appId")}
    if before.body.get("ours"):
        return Refusal("this is the responder's own identity")
    if before.body.get("appOwnerOrganizationId") == MICROSOFT:
        return Refusal("the application is Microsoft's own")
    if names & {each.casefold() for each in policy.break_glass}:
        return Refusal("the policy names the application as a break-glass account")
    if before.body.get("servicePrincipalType") == "ManagedIdentity":
        return Refusal("a managed identity cannot be disabled: take its roles away and cut its network instead")
    return None


def enabled(state: Before) -> Mapping[str, Any]:
    """What the measures that switch an account off answer for."""
    return {} if absent(state) else {"accountEnabled": state.body.get("accountEnabled")}


def switch(account: Target, *, on: bool) -> Send:
    """One PATCH of `accountEnabled`, of a user or a service principal."""

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("PATCH", account.resource, {"accountEnabled": on})

    return send
