"""Reject a private endpoint that reaches a storage account from somebody else's network (ST-15)."""

from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, Send, anybody, read_raw
from responders.storage import account_of

CONNECTION = f"{STORAGE_ACCOUNT}/privateendpointconnections"
STATE = "privateLinkServiceConnectionState"
SETTABLE = ("status", "description", "actionRequired")


def contain(connection: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless it is rejected already. A rejected connection can be approved again, a deleted one cannot."""
    if _status(before) == "Rejected":
        return ()
    state = {"status": "Rejected", "description": f"Containment of incident {connection.incident}"}
    return (Call("reject the private endpoint", put(connection, state)),)


async def verify(cloud: Cloud, connection: Target) -> Proof:
    """It is rejected, and the account says so too."""
    now = await cloud.arm.read(connection.resource)
    account = await cloud.arm.read(account_of(connection))
    listed = account.properties.get("privateEndpointConnections") or ()
    states = [
        _status(Before(one)) for one in listed if str(one.get("name")).casefold() == connection.resource.name.casefold()
    ]
    return Proof.of(
        now, rejected=_status(now) == "Rejected", account_rejects=all(status == "Rejected" for status in states)
    )


def undo(connection: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the state as it stood."""
    if _status(before) == "Rejected":
        return ()
    state = before.properties.get(STATE) or {}
    return (Call("approve the private endpoint again", put(connection, {n: state[n] for n in SETTABLE if n in state})),)


def put(connection: Target, state: dict[str, Any]) -> Send:
    """One PUT of the connection's state."""
    account = account_of(connection)

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import PrivateEndpointConnection

        connections = cloud.storage(account.subscription).private_endpoint_connections
        body = PrivateEndpointConnection({"properties": {STATE: state}})
        await connections.put(account.group, account.name, connection.resource.name, body)

    return send


def _status(state: Before) -> str | None:
    return (state.properties.get(STATE) or {}).get("status")


MEASURE = Measure(
    id="reject_private_endpoint",
    code="ST-15",
    title="Reject the private endpoint",
    target=CONNECTION,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Whoever reaches the account through this private endpoint loses it. Other endpoints go on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/privateEndpointConnections/write"),
        READ("Microsoft.Storage/storageAccounts/privateEndpointConnections/read"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
)
