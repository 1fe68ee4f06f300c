"""End the sessions of a user (ID-01): every refresh token dies within minutes, access tokens within about an hour.

A guest's sessions belong to the home tenant: revoking them here does nothing (Microsoft Learn, "user:
revokeSignInSessions").
"""

from datetime import UTC, datetime, timedelta

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.directory import USER, read_user, spared_user
from responders.measure import READ, Call, Irreversible, Measure, Permission, Proof, Refusal, Tier, nothing

RECENT = timedelta(minutes=15)
"""How long ago sessions may have been ended for this step to have done it."""


def guard(user: Target, before: Before, policy: Policy) -> Refusal | None:
    """Neither those that nobody may touch, nor guests."""
    if before.body.get("userType") == "Guest":
        return Refusal("a guest's sessions are its home tenant's to end: remove its access here instead")
    return spared_user(user, before, policy)


def contain(user: Target, _before: Before) -> tuple[Call, ...]:
    """One POST, always."""

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("POST", user.resource.child("revokeSignInSessions"))

    return (Call("end the sessions", send),)


async def verify(cloud: Cloud, user: Target) -> Proof:
    """Sessions count from a moment ago."""
    now = await read_user(cloud, user)
    return Proof.of(now, sessions_ended=_since(now) >= cloud.clock.now() - RECENT)


def undo(_user: Target, _before: Before) -> Irreversible:
    """The user signs in again."""
    return Irreversible("sessions do not come back: the user signs in again")


def _since(user: Before) -> datetime:
    try:
        return datetime.fromisoformat(str(user.body.get("signInSessionsValidFromDateTime"))).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


MEASURE = Measure(
    id="revoke_sessions",
    code="ID-01",
    title="End the sessions of the user",
    target=USER,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.SELF,
    blast_radius="The user is signed out everywhere and signs in again, with every factor that is asked for.",
    permissions=(
        Permission(Tier.DIRECTORY, "User.RevokeSessions.All"),
        READ("User.Read.All"),
        READ("Directory.Read.All"),
    ),
    guard=guard,
    read=read_user,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
)
