"""Long-running operations in a capture: each was begun in it, and followed to its end."""

from collections.abc import Iterator, Sequence

from tests.conformance.arm.exchange import Exchange, path_of
from tests.conformance.arm.fault import Fault

POINTERS = ("azure-asyncoperation", "location")
TERMINAL = frozenset({"succeeded", "failed", "canceled"})


def ends_told(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """A 202 says where to ask, and whoever asked went on until the operation had ended."""
    for at, one in enumerate(capture):
        addresses = _addresses(one)
        if one.status == 202 and not addresses:
            yield Fault(one.id, "response", "NOWHERE_TO_ASK", "202 without Azure-AsyncOperation or Location")
        if one.is_write and addresses and not one.is_poll:
            yield from _followed(one, [later for later in capture[at + 1 :] if later.path in addresses])


def _followed(begun: Exchange, polls: Sequence[Exchange]) -> Iterator[Fault]:
    if not polls:
        yield Fault(begun.id, "capture", "NEVER_POLLED", f"nobody asked what became of {begun.method} {begun.path}")
        return
    for poll in polls:
        if _status(poll) == "":
            yield Fault(poll.id, "response", "NO_STATUS", "the answer to a poll has no status")
    if not any(_has_ended(poll) for poll in polls):
        yield Fault(polls[-1].id, "capture", "NO_END", f"{begun.method} {begun.path} was left at {_status(polls[-1])}")


def polls_begun(capture: Sequence[Exchange]) -> Iterator[Fault]:
    """Whoever asks how an operation goes was told to ask there."""
    told: set[str] = set()
    for one in capture:
        if one.is_poll and one.path not in told:
            yield Fault(one.id, "capture", "NEVER_BEGUN", f"nothing in the capture points to {one.path}")
        told |= _addresses(one)


def _addresses(one: Exchange) -> set[str]:
    """Where the answer says to ask. A Location that comes without a 202 is the address of something made."""
    names = POINTERS if one.status == 202 or one.is_poll else POINTERS[:1]
    return {path_of(one.reply_headers[name]) for name in names if name in one.reply_headers}


def _has_ended(poll: Exchange) -> bool:
    return poll.succeeded and poll.status != 202 and _status(poll) in TERMINAL


def _status(poll: Exchange) -> str:
    """`inprogress`, `succeeded`...; empty where a status belongs and is not. Results addresses tell by their code."""
    if poll.status == 202:
        return "inprogress"
    if "/operations/" in poll.path or "/operationstatuses/" in poll.path or _is_of_compute(poll):
        return str(poll.reply.get("status") or "").lower() if isinstance(poll.reply, dict) else ""
    return "succeeded" if poll.succeeded else "failed"


def _is_of_compute(poll: Exchange) -> bool:
    """Compute has one address for both: `monitor=true` asks for the result."""
    return "/diskoperations/" in poll.path and "monitor=true" not in poll.url
