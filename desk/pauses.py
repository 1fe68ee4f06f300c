"""The pauses that run, read in one row; and their end, which is told."""

from collections.abc import Iterable
from datetime import datetime

from desk import tell
from desk.parts import Parts
from incident.entry import Draft, Entry
from incident.pause import CHAIN, Pause
from ledger import Head, Work

ENDED = "Tourniquet.Pause.Ended"
KIND = "pause"
OVER = ("pause_lifted", "pause_ended")


async def running(parts: Parts) -> tuple[Pause, ...]:
    """The pauses that run now. One read of one row, made beside others. LedgerUnavailable: nothing may be done."""
    return listed(await parts.ledger.head(CHAIN), parts.now())


def listed(head: Head | None, now: datetime) -> tuple[Pause, ...]:
    """The pauses in the head's state that have not ended."""
    found = [Pause.of(row) for row in (head.state.get("pauses") or ())] if head else []
    return tuple(pause for pause in found if now < pause.until)


async def restate(parts: Parts) -> None:
    """The head's state says what the entries say. Of two who write at once the later sees both entries."""
    chain = await parts.ledger.chain(CHAIN)
    left = [pause for pause in _told(chain.entries) if parts.now() < pause.until]
    rows = [pause.as_row() for pause in left]
    if chain.state.get("pauses", []) != rows:
        status = Draft(kind="status", at=parts.now(), body={"pauses": rows})
        open_work = [{"kind": KIND, "due": pause.until.isoformat(), "body": pause.as_row()} for pause in left]
        await parts.ledger.append(CHAIN, [status], state={"pauses": rows, "open": open_work})


def _told(entries: Iterable[Entry]) -> tuple[Pause, ...]:
    """The pauses that were begun and neither lifted nor ended."""
    begun: dict[str, Pause] = {}
    for entry in entries:
        if entry.kind == "pause_begun":
            begun[entry.body["pause"]] = Pause.of(entry.body)
        elif entry.kind in OVER:
            begun.pop(entry.body["pause"], None)
    return tuple(begun.values())


def ends(pause: Pause) -> Work:
    """The row of open work that tells of its end."""
    return Work(incident=CHAIN, kind=KIND, due=pause.until, body=pause.as_row())


async def ended(parts: Parts, work: Work) -> None:
    """Somebody is paged: writes go on from now."""
    pause = Pause.of(work.body)
    event = tell.notice(parts, CHAIN, ENDED, pause.id, {"scope": pause.scope, "until": pause.until.isoformat()})
    over = Draft(kind="pause_ended", at=parts.now(), body={"pause": pause.id})
    await parts.ledger.append(CHAIN, [over, *await tell.send(parts, [event])])
    await restate(parts)
    await parts.ledger.settle(work.id)
