"""Answers to people and machines, as JSON."""

import json
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import azure.functions as func

from compliance.fields import FactsInvalid
from console import story
from console.problems import invalid, problem
from desk.health import Health
from desk.intake import Left, Receipt
from desk.preflight import Preflight, told
from desk.verdict import Worth
from incident.entry import Entry
from incident.errors import TourniquetError
from ledger import Chain, IndexRow, Parked


async def guarded(answer: Callable[[], Awaitable[func.HttpResponse]]) -> func.HttpResponse:
    """The answer, or what went wrong."""
    try:
        return await answer()
    except FactsInvalid as fault:
        return invalid(fault)
    except TourniquetError as fault:
        return problem(fault)


def delivered(results: Sequence[Receipt | Left]) -> func.HttpResponse:
    """202: the incidents, and what was made of each signal. A handshake gets none."""
    told = [_receipt(result) if isinstance(result, Receipt) else _left(result) for result in results]
    incidents = list(dict.fromkeys(each["incident"] for each in told if each.get("incident")))
    return _json({"incidents": incidents, "signals": told}, HTTPStatus.ACCEPTED)


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "incident": receipt.incident,
        "disposition": receipt.disposition.value,
        "reason": receipt.reason,
        "classes": list(receipt.classes),
        "duplicate": receipt.duplicate,
    }


def _left(left: Left) -> dict[str, Any]:
    return {"incident": None, "disposition": "parked", "reason": left.reason, "parked": left.parked}


def listed(rows: Sequence[IndexRow]) -> func.HttpResponse:
    """The incidents, newest first."""
    told = [{"id": row.incident, "opened": row.opened.isoformat(), **row.state} for row in rows]
    return _json({"incidents": told}, HTTPStatus.OK)


def shown(chain: Chain, entries: Sequence[Entry]) -> func.HttpResponse:
    """One incident."""
    return _json(story.tell(chain, entries), HTTPStatus.OK)


def document(body: bytes | str, kind: str, name: str = "") -> func.HttpResponse:
    """200: a document that is no JSON; one with a name is to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else {}
    return func.HttpResponse(body, status_code=HTTPStatus.OK.value, headers=headers, mimetype=kind)


def health(found: Health) -> func.HttpResponse:
    """200 when fit to act, else 503."""
    body = {"ok": found.ok, "faults": list(found.faults), "warnings": list(found.warnings)}
    body |= {"watched_at": found.watched_at and found.watched_at.isoformat()}
    return _json(body, HTTPStatus.OK if found.ok else HTTPStatus.SERVICE_UNAVAILABLE)


def preflight(found: Preflight) -> func.HttpResponse:
    """200 when nothing blocks, else 503; `said` are the lines of `python -m desk preflight`."""
    body = {"ready": found.ready, "phi": found.phi, "said": list(told(found))}
    return _json(body, HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE)


def json_of(body: Any) -> func.HttpResponse:
    """200: the object."""
    return _json(body, HTTPStatus.OK)


def tuned(rules: Sequence[Worth]) -> func.HttpResponse:
    """Every rule's volume and precision."""
    return _json({"rules": [each.as_row() for each in rules]}, HTTPStatus.OK)


def parked(left: Sequence[Parked]) -> func.HttpResponse:
    """What could not be read, counted, with its reason; the bytes stay sealed."""
    rows = [{"id": each.id, "source": each.source, "reason": each.reason, "at": each.at.isoformat()} for each in left]
    return _json({"count": len(rows), "parked": rows}, HTTPStatus.OK)


def _json(body: Any, status: HTTPStatus) -> func.HttpResponse:
    text = json.dumps(body, ensure_ascii=False, indent=1)
    return func.HttpResponse(text, status_code=status.value, mimetype="application/json")
