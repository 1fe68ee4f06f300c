"""The after-action report of a quarter's tabletop exercises: what was asked, decided, in which time, and every gap.

By default words of people stand there by their hash alone; for a person they are read from the restricted container,
each reading entered first.
"""

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from compliance.counting import local_day
from desk import exercises
from desk.duties import Duty
from desk.exercises import EVALUATION, TESTING, Held, chain_of
from desk.parts import Parts
from detection import rules
from incident.entry import Entry
from incident.errors import Unknown
from incident.person import Person
from incident.quarter import Quarter
from ledger import Ref

LAW = {
    TESTING: "periodic testing and revision of contingency plans (addressable)",
    EVALUATION: "periodic technical and nontechnical evaluation",
    "45 CFR 164.308(a)(6)(ii)": "response to security incidents, which is what was exercised",
    "45 CFR 164.316(b)(2)(i)": "six years' retention of this record",
}
"""What an exercise is evidence for; none of these asks for one in every quarter. Source: the regulation, read."""
MINUTE = timedelta(minutes=1)


async def report(parts: Parts, quarter: Quarter, reader: Person | None = None) -> dict[str, Any]:
    """The report as JSON; with `reader` the words too. Unknown where no exercise of the quarter is recorded."""
    held = await exercises.held(parts, quarter)
    if not held.exercises:
        raise Unknown(f"no exercise of {quarter} is recorded")
    words = await _words(parts, held, reader)
    zone = ZoneInfo(parts.policy.entity.zone)
    return {
        "exercise": chain_of(quarter),
        "quarter": str(quarter),
        "law": LAW,
        "exercises": [_exercise(entry, words, zone, quarter) for entry in held.exercises],
        "gaps": [_gap(gap, duty, held, words, parts.now()) for gap, duty in held.gaps.items()],
    }


async def _words(parts: Parts, held: Held, reader: Person | None) -> dict[str, Any]:
    """By the name of the sealed blob: what it holds, or its hash where nobody may read it."""
    kept = [entry.body["words"] for entry in held.exercises]
    kept += [entry.body["evidence"] for entry in held.entries if entry.kind == "gap_closed"]
    if reader is None:
        return {one["name"]: f"[SEALED {one['sha256'][:16]}]" for one in kept}
    found = {}
    for one in kept:
        ref = Ref(name=one["name"], sha256=one["sha256"], size=one["size"])
        read = await parts.ledger.restricted.read(ref, by=reader.id, why="after-action report", at=parts.now())
        found[ref.name] = read.decode()
    return found


def _said(words: Mapping[str, str], kept: Mapping[str, Any], *path: Any) -> str:
    """What stands at the path in the sealed words, or what stands for them."""
    found = words[kept["name"]]
    if found.startswith("[SEALED"):
        return found
    value = json.loads(found)
    for step in path:
        value = value[step]
    return str(value)


def _exercise(entry: Entry, words: Mapping[str, str], zone: ZoneInfo, quarter: Quarter) -> dict[str, Any]:
    body = entry.body
    began, ended = datetime.fromisoformat(body["began_at"]), datetime.fromisoformat(body["ended_at"])
    return {
        "id": body["id"],
        "scenario": body["scenario"],
        "title": next(rule.title for rule in rules.every() if rule.id == body["scenario"]),
        "began_at": began.astimezone(zone).isoformat(),
        "ended_at": ended.astimezone(zone).isoformat(),
        "minutes": _minutes(began, ended),
        "days_late": max(0, (local_day(began, zone) - quarter.last).days),
        "recorded_at": entry.at.isoformat(),
        "recorded_by": entry.by,
        "participants": list(body["participants"]),
        "decisions": [_decision(one, place, body["words"], words) for place, one in enumerate(body["decisions"])],
    }


def _decision(one: Mapping[str, Any], place: int, kept: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    asked, decided = one["asked_at"], one["decided_at"]
    took = _minutes(datetime.fromisoformat(asked), datetime.fromisoformat(decided)) if decided else None
    return {
        **one,
        "minutes": took,
        "asked": _said(words, kept, "decisions", place, "asked"),
        "decided": _said(words, kept, "decisions", place, "decided") if decided else "",
    }


def _gap(gap: str, duty: Duty, held: Held, words: Mapping[str, str], now: datetime) -> dict[str, Any]:
    found = next(each for each in held.exercises if gap in {one["id"] for one in each.body["gaps"]})
    closed = next((each for each in held.entries if each.kind == "gap_closed" and each.body["gap"] == gap), None)
    late = duty.clock.due_at < (closed.at if closed else now)
    return {
        "id": gap,
        "what": _said(words, found.body["words"], "gaps", gap),
        "owner": duty.clock.obligor,
        "due": duty.clock.due.isoformat(),
        "state": ("closed late" if late else "closed") if closed else ("overdue" if late else "open"),
        "closed_at": closed.at.isoformat() if closed else None,
        "closed_by": closed.by if closed else None,
        "evidence": words[closed.body["evidence"]["name"]] if closed else None,
    }


def _minutes(since: datetime, until: datetime) -> int:
    return round((until - since) / MINUTE)


def page(found: Mapping[str, Any]) -> Iterator[str]:
    """The report as Markdown, a line each."""
    yield f"# After-action report of {found['exercise']}"
    for each in found["exercises"]:
        yield from (
            "",
            f"## {each['title']} ({each['scenario']})",
            "",
            *_held(each),
            "",
            *_decisions(each["decisions"]),
        )
    yield from ("", "## Gaps", "", *(_gaps(found["gaps"]) if found["gaps"] else ["None was found."]))
    yield from ("", "## What this is evidence for", "")
    yield from (f"- {citation}: {what}" for citation, what in found["law"].items())


def _held(each: Mapping[str, Any]) -> Iterator[str]:
    roles = ", ".join(f"{one['role']} {one['person']}".strip() for one in each["participants"])
    late = f", {each['days_late']} days after the quarter's end" if each["days_late"] else ""
    yield f"Held from {each['began_at']} to {each['ended_at']} ({each['minutes']} minutes){late}. Took part: {roles}."
    yield f"Recorded at {each['recorded_at']} by {each['recorded_by']} as {each['id']}."


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from _table("asked", "of", "decided", "after")
    for one in decisions:
        took = "nothing was decided" if one["minutes"] is None else f"{one['minutes']} minutes"
        yield _row(one["asked"], one["of"], one["decided"], took)


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from _table("gap", "what", "owner", "due", "state", "evidence")
    for gap in gaps:
        yield _row(gap["id"], gap["what"], gap["owner"], gap["due"], gap["state"], gap["evidence"] or "")


def _table(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield _row(*("---" for _ in names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |"


def sheet(lines: Iterable[str]) -> str:
    """The lines of `page` as one HTML page for print; whatever people wrote is text there."""
    blocks = groupby(filter(None, lines), key=lambda line: line.partition(" ")[0])
    body = "".join(_block(mark, list(block)) for mark, block in blocks)
    style = "body{font-family:sans-serif;max-width:60em}td{border:1px solid;padding:.3em}"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}</style>{body}</html>'


def _block(mark: str, lines: Sequence[str]) -> str:
    """Lines that begin alike: rows of a table, items of a list, or headings and sentences."""
    if mark == "|":
        return f"<table>{''.join(_cells(line) for line in lines if not line.startswith('| --- '))}</table>"
    if mark == "-":
        return f"<ul>{''.join(f'<li>{html.escape(line[2:])}</li>' for line in lines)}</ul>"
    tag = {"#": "h1", "##": "h2"}.get(mark)
    return "".join(f"<{tag}>{html.escape(line.lstrip('# '))}</{tag}>" if tag else _sentence(line) for line in lines)


def _sentence(line: str) -> str:
    return f"<p>{html.escape(line)}</p>"


def _cells(line: str) -> str:
    cells = "".join(f"<td>{html.escape(cell.strip())}</td>" for cell in line.strip("|").split("|"))
    return f"<tr>{cells}</tr>"
