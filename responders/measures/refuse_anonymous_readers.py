"""Refuse anonymous readers on a storage account (ST-01)."""

from http import HTTPStatus

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, anybody, read_raw
from responders.storage import account_properties

FLAG = "allowBlobPublicAccess"


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless strangers are refused already. An absent flag means that they are let in."""
    if before.properties.get(FLAG) is False:
        return ()
    return (Call("refuse anonymous readers", account_properties(account, **{FLAG: False})),)


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The flag is off, and a stranger is turned away by the account itself, whatever container he names.

    A mere 404 is the answer of an open account that has no such container.
    """
    now = await cloud.arm.read(account.resource)
    sight = await cloud.probe.anonymous_list(now, "tourniquet-probe")
    refused = sight.refused and sight.status != HTTPStatus.NOT_FOUND
    return Proof.of(now, flag_off=now.properties.get(FLAG) is False, stranger_refused=refused)


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back. A flag that was absent becomes true, which means the same: Azure takes no null here."""
    if before.properties.get(FLAG) is False:
        return ()
    return (Call("admit anonymous readers again", account_properties(account, **{FLAG: True})),)


MEASURE = Measure(
    id="refuse_anonymous_readers",
    code="ST-01",
    title="Refuse anonymous readers on the storage account",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Public downloads from this account stop: static sites by blob URL, CDN origins, linked templates. "
    "The $web static website endpoint stays public.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only(FLAG),
)
