"""The preview of harm, as JSON: who would lose access by each action, those first whom patients depend on."""

from typing import Any

import azure.functions as func

from console import answers
from desk.preview import Harm, Preview
from incident.caller import Caller, Clinical
from responders import measures

SHOWN = 20
"""Callers that are listed; all are counted."""

type Known = tuple[Caller, Clinical | None]


def previewed(found: Preview) -> func.HttpResponse:
    """200: every action that has not ended."""
    told = [_action(harm) for harm in found.harms]
    return answers.json_of({"incident": found.incident, "actions": told, "stays_open": list(found.stays_open)})


def _action(harm: Harm) -> dict[str, Any]:
    step, measure = harm.state.step, measures.by_id(harm.state.step.measure)
    return {
        "hash": step.hash,
        "title": step.title,
        "code": step.code,
        "resource": step.target.resource.text,
        "stage": step.wave,
        "approval": step.approval.value,
        "waits": harm.state.hold,
        "why": harm.state.why,
        "recovery": step.recovery.value,
        "blast_radius": measure.blast_radius,
        "commands": list(harm.commands),
        "since": harm.since.isoformat() if harm.since else None,
        "loses_access": _callers(harm, harm.cut),
        "stays_reachable": _callers(harm, harm.stays),
    }


def _callers(harm: Harm, callers: tuple[Known, ...]) -> dict[str, Any]:
    """`unknown` instead of a count where no log can say: nobody is never concluded from silence."""
    if harm.unknown:
        return {"callers": "unknown", "why": harm.unknown}
    return {
        "callers": len(callers),
        "life_safety": sum(care is not None and care.life_safety for _, care in callers),
        "clinical": sum(care is not None for _, care in callers),
        "requests": sum(caller.requests for caller, _ in callers),
        "listed": [_caller(*each) for each in callers[:SHOWN]],
    }


def _caller(caller: Caller, care: Clinical | None) -> dict[str, Any]:
    told = {
        "address": caller.address,
        "identity": caller.name or caller.object_id or caller.app_id,
        "agent": caller.agent,
        "with": caller.entered,
        "direction": caller.direction,
        "port": caller.port,
        "clinical": care.name if care else "",
    }
    known = {name: value for name, value in told.items() if value}
    return {**known, "requests": caller.requests, "bytes": caller.size, "last": caller.last.isoformat()}
