"""Decisions and pauses between a request and the desk: what is asked, what is answered."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func

from console.front import object_of
from console.problems import BadRequest
from desk.decide import Decision
from desk.pause import Wish
from incident.pause import Pause


def decisions_of(request: func.HttpRequest) -> list[Decision]:
    """The answers in `{"decisions": [{"step": hash, "decision": "approve" | "reject", "reason": words}]}`."""
    listed = object_of(request).get("decisions")
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise BadRequest("`decisions` must be a list of objects, at least one", status=400)
    decisions = [_decision(each) for each in listed]
    if len({decision.hash for decision in decisions}) < len(decisions):
        raise BadRequest("a step can be decided once in a request", status=400)
    return decisions


def _decision(item: Mapping[str, Any]) -> Decision:
    step, word, reason = item.get("step"), item.get("decision"), item.get("reason", "")
    if not isinstance(step, str) or word not in ("approve", "reject") or not isinstance(reason, str):
        raise BadRequest("a decision names a `step` by its hash and says `approve` or `reject`", status=400)
    return Decision(hash=step, approve=word == "approve", reason=reason)


def pause_of(request: func.HttpRequest) -> Wish:
    """What is to be paused, in `{"scope": everything | class | resource id, "minutes": n, "reason": words}`."""
    body = object_of(request)
    scope, minutes, reason = body.get("scope"), body.get("minutes"), body.get("reason")
    if not isinstance(scope, str) or not scope.strip() or not isinstance(reason, str) or not reason.strip():
        raise BadRequest("`scope` and `reason` must be words", status=400)
    if not isinstance(minutes, int) or isinstance(minutes, bool):
        raise BadRequest("`minutes` must be a whole number", status=400)
    return Wish(scope=scope.strip(), minutes=minutes, reason=reason)


def asked(pause: str) -> func.HttpResponse:
    """202: the request, which somebody of the other role has to confirm."""
    return _json({"pause": pause, "state": "waits for a second person"}, HTTPStatus.ACCEPTED)


def paused(pause: Pause) -> func.HttpResponse:
    """200: the pause that runs."""
    return _json({"pause": pause.id, "state": "running", **pause.as_row()}, HTTPStatus.OK)


def lifted(pause: str) -> func.HttpResponse:
    """200: the pause is over."""
    return _json({"pause": pause, "state": "lifted"}, HTTPStatus.OK)


def _json(body: Any, status: HTTPStatus) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body, indent=1), status_code=status.value, mimetype="application/json")
