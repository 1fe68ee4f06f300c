"""Switch an application's service principal off (ID-03): it gets no new token; those that are out live for an hour."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.directory import SERVICE_PRINCIPAL, enabled, read_principal, spared_principal, switch
from responders.measure import READ, Call, Measure, Permission, Proof, Tier


def contain(principal: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless it is off."""
    off = before.body.get("accountEnabled") is False
    return () if off else (Call("switch the service principal off", switch(principal, on=False)),)


async def verify(cloud: Cloud, principal: Target) -> Proof:
    """It is off."""
    now = await read_principal(cloud, principal)
    return Proof.of(now, principal_off=now.body.get("accountEnabled") is False)


def undo(principal: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, where it was on."""
    on = before.body.get("accountEnabled")
    return (Call("switch the service principal on", switch(principal, on=True)),) if on else ()


MEASURE = Measure(
    id="disable_service_principal",
    code="ID-03",
    title="Switch the application's service principal off",
    target=SERVICE_PRINCIPAL,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The whole integration stops: whatever signs in as this application, interface engines among it.",
    permissions=(Permission(Tier.DIRECTORY, "Application.ReadWrite.All"), READ("Application.Read.All")),
    guard=spared_principal,
    read=read_principal,
    contain=contain,
    verify=verify,
    undo=undo,
    own=enabled,
)
