"""The watch: a canary that must come through, and alarms for what nobody would notice otherwise.

At every look the canary of the last look must have arrived: so a queue path that has died is told of within two
periods. An alarm is entered and told when it arises, told again each day that it lasts, and entered when it is over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from desk import alarms, boards, canary, carry, offers, soundness, tell
from desk.alarms import PERIOD, Alarm, Canary, Watched, chain_of
from desk.parts import Parts
from incident.canonical import plain
from incident.entry import Draft
from incident.errors import LeaseLost
from ledger import IndexRow, Work
from ledger.tables import together

RAISED, OVER = "Tourniquet.Watch.Alarm", "Tourniquet.Watch.AlarmOver"
MANY = 50  # pieces of open work, above which growth is an alarm
MOST = 1000
LISTED = 200  # of the newest incidents, those that wait for approval are asked for expiries
UNSENT = 2  # attempts to publish a notice, or to write a work item, that have failed


async def watch(parts: Parts) -> str:
    """Look, enter what was found, and give the next canary, to be put on the queue."""
    now, before = parts.now(), await alarms.last(parts)
    name = parts.new_id()
    written = canary.message(name, now)
    under_way = await _under_way(parts, before.canaries if before else ())
    sent = Canary(key=canary.key(written, now), sent=now)
    found = await _look(parts, now, before, under_way)
    await _enter(parts, before, found, sent)
    return written


async def _under_way(parts: Parts, sent: Sequence[Canary]) -> list[Canary]:
    """The canaries that were sent after the last that has arrived: those before it have lost their way for good."""
    there = await together(canary.arrived(parts, each.key) for each in sent)
    came = [each.sent for each, arrived in zip(sent, there, strict=True) if arrived]
    return [each for each in sent if not came or each.sent > max(came)]


async def _look(parts: Parts, now: datetime, before: Watched | None, under_way: Sequence[Canary]) -> Watched:
    work = await parts.ledger.due(now + timedelta(hours=2), MOST)
    due = [each for each in work if each.due <= now]
    broken, place = await soundness.look(parts, before.broken if before else {}, before.place if before else "")
    why = {
        "canary": _silence(under_way, now),
        "backlog": _backlog(due, before.backlog if before else 0, now),
        "parked": _counted(len(await parts.ledger.parked(MOST)), "signals could not be taken in"),
        "approvals": await _expired(parts),
        "chain": "; ".join(f"{incident}: {said}" for incident, said in broken.items()),
        "notices": _counted(len(_failing(work, tell.KIND)), "notices or groups of them were refused again and again"),
        "boards": _counted(len(_failing(work, boards.KIND)), "incidents could not be said there again and again"),
    }
    since = {each.name: each.since for each in before.alarms} if before else {}
    standing = tuple(Alarm(name=name, why=said, since=since.get(name, now)) for name, said in why.items() if said)
    return Watched(
        at=now, alarms=standing, canaries=tuple(under_way[-3:]), backlog=len(due), broken=broken, place=place
    )


def _silence(under_way: Sequence[Canary], now: datetime) -> str:
    """One that was sent a moment ago, by a look that came late, may still be on its way."""
    lost = [each for each in under_way if now - each.sent > PERIOD / 2]
    return f"the canary of {lost[0].sent:%H:%M:%S} UTC has not come through" if lost else ""


def _backlog(due: Sequence[Work], before: int, now: datetime) -> str:
    late = [each for each in due if now - each.due > 2 * PERIOD]
    if late:
        return f"{len(late)} pieces of work are overdue by more than ten minutes"
    return f"{len(due)} pieces of work are due, {before} were before" if len(due) > max(MANY, before) else ""


def _counted(number: int, words: str) -> str:
    return f"{number} {words}" if number else ""


def _failing(work: Sequence[Work], kind: str) -> list[Work]:
    return [each for each in work if each.kind == kind and each.body.get("turn", 0) >= UNSENT]


async def _expired(parts: Parts) -> str:
    """Whose offers nobody has answered, of those that still wait."""
    waiting = [row for row in await parts.ledger.newest(LISTED) if _offered(row)]
    found = [row.incident for row in waiting if await _lapsed(parts, row)]
    return _counted(len(found), f"incidents, {', '.join(found[:5])} first") if found else ""


def _offered(row: IndexRow) -> bool:
    return any(owed["kind"] == offers.KIND for owed in row.state.get("open", ()))


async def _lapsed(parts: Parts, row: IndexRow) -> bool:
    entries = await parts.ledger.entries(row.incident, "expiry", "decision")
    return bool(entries) and entries[-1].kind == "expiry"


async def _enter(parts: Parts, before: Watched | None, found: Watched, sent: Canary) -> None:
    chain, told = chain_of(found.at), await _told(parts, before, found)
    state = {**plain(found), "canaries": [plain(each) for each in (*found.canaries, sent)]}
    drafts = [Draft(kind="canary", at=found.at, body={"key": sent.key}), *told]
    try:
        await parts.ledger.begin(chain, drafts, state=state)
    except LeaseLost:
        await parts.ledger.append(chain, drafts, state=state)
    await carry.anchor(parts, chain)


async def _told(parts: Parts, before: Watched | None, found: Watched) -> list[Draft]:
    """Entries and notices of what has arisen or lasted into another day, and of what is over."""
    known = before.alarms if before else ()
    today = [each.name for each in known] if before and before.at.date() == found.at.date() else []
    arisen = [each for each in found.alarms if each.name not in today]
    over = [each for each in known if each.name not in {now.name for now in found.alarms}]
    entries = [
        *(_draft("alarm", each, found.at) for each in arisen),
        *(_draft("alarm_over", each, found.at) for each in over),
    ]
    events = [
        *(_event(parts, RAISED, each, found.at) for each in arisen),
        *(_event(parts, OVER, each, found.at) for each in over),
    ]
    return [*entries, *await tell.send(parts, events)] if events else []


def _draft(kind: str, alarm: Alarm, now: datetime) -> Draft:
    return Draft(kind=kind, at=now, body=plain(alarm))


def _event(parts: Parts, kind: str, alarm: Alarm, now: datetime) -> dict[str, Any]:
    subject = f"{alarm.name}/{alarm.since.isoformat()}/{now:%Y%m%d}"
    data = {"alarm": alarm.name, "why": alarm.told, "since": alarm.since.isoformat()}
    return tell.notice(parts, chain_of(now), kind, subject, data)
