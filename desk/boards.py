"""One work item in Azure Boards for each incident, opened once it has come to rest, with a comment for each new status.

It is owed as work of its own and said by `resume`, so that it delays nothing. A work item bears the incident's id as a
tag and is looked for before one is opened, under the incident's lease: a lost reply, a crash or two processes make no
second one.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from desk import tell
from desk.annotate import comment
from desk.parts import Parts
from desk.status import status, steps
from incident.entry import Draft, Entry
from incident.errors import LeaseLost, TourniquetError
from ledger import Lease, Work
from responders.progress import Progress

KIND = "board"
ISSUE = "Issue"
TAG = "tourniquet"
SILENT = ("recorded", "in progress")


def unsaid(parts: Parts, entries: Sequence[Entry], state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The open work of the head's state: one row while Azure Boards is to be told; none without a project."""
    owed = parts.settings.boards_url and state["status"] not in SILENT and _said(entries) != state["status"]
    return [{"kind": KIND, "due": state["since"], "body": {}}] if owed else []


async def owe(parts: Parts, incident: str, state: Mapping[str, Any]) -> None:
    """What the state says is to be told in Azure Boards is due from now on."""
    if _rest(state) != state["open"]:
        await parts.ledger.owe(Work(incident=incident, kind=KIND, due=parts.now()))


async def told(parts: Parts, work: Work) -> bool:
    """Whether Azure Boards shows where the incident stands; while it does not, that stays owed."""
    try:
        lease = await parts.ledger.take(work.incident, parts.owner())
    except LeaseLost:
        return False
    try:
        return await _say(parts, work, lease)
    finally:
        await parts.ledger.release(lease)


async def _say(parts: Parts, work: Work, lease: Lease) -> bool:
    chain = await parts.ledger.chain(work.incident)
    entries = await parts.ledger.whole(chain)
    now = str(status(work.incident, entries)["status"])
    if now in SILENT or _said(entries) == now:
        await parts.ledger.settle(work.id)
        return True
    try:
        item = await _shown(parts, work.incident, entries)
    except TourniquetError as fault:
        await _failed(parts, entries, Draft(kind=KIND, at=parts.now(), body=_body(None, now, str(fault))), lease)
        await tell.later(parts, work)
        return False
    said, rest = Draft(kind=KIND, at=parts.now(), body=_body(item, now, "")), {"open": _rest(chain.state)}
    await parts.ledger.append(work.incident, [said], state=rest, lease=lease)
    await parts.ledger.settle(work.id)
    return True


async def _shown(parts: Parts, incident: str, entries: Sequence[Entry]) -> int:
    """The incident's work item, which says where it stands: a comment in the one that is there, or a new one."""
    boards, text = parts.cloud.boards, words(incident, entries)
    item = _item(entries) or await boards.tagged(TAG, incident)
    if item is None:
        return await boards.open(ISSUE, _fields(incident, entries, text))
    await boards.change(item, {"System.History": text})
    return item


async def _failed(parts: Parts, entries: Sequence[Entry], draft: Draft, lease: Lease) -> None:
    """Entered once for each reason, not for each attempt."""
    last = next((entry.body["why"] for entry in reversed(entries) if entry.kind == KIND), "")
    if last != draft.body["why"]:
        await parts.ledger.append(lease.incident, [draft], lease=lease)


def words(incident: str, entries: Sequence[Entry]) -> str:
    """What is said, as HTML: status, codes of actions, whose approval they wait for, dates of clocks; no object."""
    waiting = [
        f"Action {each.step.code} waits for approval: {each.step.approval.value}."
        for each in steps(Progress.of(incident, entries))
        if each.hold == "approval"
    ]
    return "<br>".join(html.escape(line) for line in [*comment(incident, entries).splitlines(), *waiting])


def _fields(incident: str, entries: Sequence[Entry], text: str) -> dict[str, str]:
    classes = ", ".join(status(incident, entries)["classes"])
    return {
        "System.Title": f"Tourniquet {incident}: {classes}"[:255],
        "System.Description": text,
        "System.Tags": f"{TAG}; {incident}",
    }


def _rest(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The open work that is not for Azure Boards."""
    return [row for row in state["open"] if row["kind"] != KIND]


def _body(item: int | None, now: str, why: str) -> dict[str, Any]:
    return {"item": item, "status": now, "why": why}


def _item(entries: Sequence[Entry]) -> int | None:
    return next((entry.body["item"] for entry in entries if entry.kind == KIND and entry.body["item"]), None)


def _said(entries: Sequence[Entry]) -> str | None:
    """The status that Azure Boards shows."""
    shown = (entry.body["status"] for entry in reversed(entries) if entry.kind == KIND and not entry.body["why"])
    return next(shown, None)
