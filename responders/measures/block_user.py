"""Put a user into the group that a conditional-access policy always blocks (ID-07a).

The group lies in an administrative unit, is not role-assignable, and is named in the signed policy (`forensics:
block_group`): so the responder needs rights on one group's members instead of on every account of the tenant.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.resource import ResourceId, directory_object
from incident.target import Before, Target
from responders.directory import USER, read_user, spared_user
from responders.measure import READ, Call, Measure, Permission, Proof, Tier

GROUP = "forensic_block_group"
MEMBER = "microsoft.aadiam/groups/members"


async def read(cloud: Cloud, member: Target) -> Before:
    """The user, and whether the group holds the user."""
    user = Target(resource=directory_object("users", member.resource.name), incident=member.incident)
    found, members = await asyncio.gather(
        read_user(cloud, user), cloud.graph.children(_group(member), "members", select="id")
    )
    held = member.resource.name in {one.body["objectId"] for one in members}
    return Before({**found.body, "id": member.resource.text, "member": held})


def contain(member: Target, before: Before) -> tuple[Call, ...]:
    """One POST of the member, unless the group holds the user."""

    async def send(cloud: Cloud) -> None:
        user = f"{cloud.clients.graph_url}/v1.0/directoryObjects/{member.resource.name}"
        await cloud.graph.write("POST", _group(member).child("members", "$ref"), {"@odata.id": user})

    return () if before.body["member"] else (Call("put the user into the blocked group", send),)


async def verify(cloud: Cloud, member: Target) -> Proof:
    """The group holds the user."""
    now = await read(cloud, member)
    return Proof.of(now, member=now.body["member"])


def undo(member: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE of the member, unless the group held the user before."""

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("DELETE", member.resource.child("$ref"))

    return () if before.body["member"] else (Call("take the user out of the blocked group", send),)


def own(state: Before) -> Mapping[str, Any]:
    """Whether the group holds the user."""
    return {"member": state.body["member"]}


def follows(named: Target) -> tuple[Target, ...]:
    """The user as a member of the group, where the policy names one and the user is named by object id."""
    group, user = named.parameters.get(GROUP), named.resource
    if not group or user.type != USER or "@" in user.name:
        return ()
    return (Target(resource=directory_object("groups", group).child("members", user.name), incident=named.incident),)


def _group(member: Target) -> ResourceId:
    return ResourceId(member.resource.text.partition("/members/")[0])


MEASURE = Measure(
    id="block_user",
    code="ID-07a",
    title="Put the user into the blocked group",
    target=MEMBER,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="The user is refused at every application that the blocking policy covers.",
    permissions=(
        Permission(Tier.DIRECTORY, "GroupMember.ReadWrite.All"),
        READ("GroupMember.Read.All"),
        READ("User.Read.All"),
        READ("Directory.Read.All"),
    ),
    guard=spared_user,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=follows,
)
