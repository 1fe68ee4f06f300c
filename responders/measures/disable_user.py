"""Switch a user's account off (ID-02). A user who holds a directory role asks one approver more."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.directory import USER, enabled, read_user, spared_user, switch
from responders.measure import READ, Call, Measure, Permission, Proof, Refusal, Tier


def guard(user: Target, before: Before, policy: Policy) -> Refusal | None:
    """A user who comes from on premises would be switched on again by the next synchronisation."""
    if before.body.get("onPremisesSyncEnabled"):
        return Refusal(
            "the user is synchronised from on premises: disable the account in Active Directory and reset its "
            "password twice there, then let the synchronisation run"
        )
    return spared_user(user, before, policy)


def contain(user: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless the account is off."""
    return (
        () if before.body.get("accountEnabled") is False else (Call("switch the account off", switch(user, on=False)),)
    )


async def verify(cloud: Cloud, user: Target) -> Proof:
    """The account is off."""
    now = await read_user(cloud, user)
    return Proof.of(now, account_off=now.body.get("accountEnabled") is False)


def undo(user: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, where the account was on."""
    return (Call("switch the account on", switch(user, on=True)),) if before.body.get("accountEnabled") else ()


MEASURE = Measure(
    id="disable_user",
    code="ID-02",
    title="Switch the user's account off",
    target=USER,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The user can no longer sign in anywhere. Access tokens that are out work for up to an hour.",
    permissions=(
        Permission(Tier.DIRECTORY, "User.EnableDisableAccount.All"),
        READ("User.Read.All"),
        READ("Directory.Read.All"),
    ),
    guard=guard,
    read=read_user,
    contain=contain,
    verify=verify,
    undo=undo,
    own=enabled,
)
