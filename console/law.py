"""What the law says of an incident, as JSON: where it stands, what changed, what runs, what does not and why."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from compliance.reckoning import Reckoning
from desk.clocks import Reckoned, Restated
from desk.duties import Duty
from desk.letters import OWN
from desk.mailing import Mailed
from desk.scope import Proposal

USUAL_LETTER = {"template": "letter", "variant": "standard"}


def restated(found: Restated) -> dict[str, Any]:
    """The answer to recorded facts: `changes` first, with what was and why."""
    return {
        "standing": found.standing.value,
        "changes": [_change(duty) for duty in found.changed],
        "clocks": [duty.body() for duty in found.duties.values()],
        "entities": [_entity(one) for one in found.reckoned],
    }


def mailed(found: Mailed) -> dict[str, Any]:
    """The answer to a list of outcomes."""
    counted = found.tally
    told = {"mailed": counted.mailed, "bad": counted.bad, "substitute_notice_due": counted.substitute}
    days = {"first": counted.first, "last": counted.last}
    return {
        **told,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        **restated(found.restated),
    }


def indexed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer about the index: which version, how many rows, the hash of what is sealed."""
    return {name: body[name] for name in ("version", "rows", "sha256")}


def proposed(found: Proposal) -> dict[str, Any]:
    """What the logs propose; each of `facts` can be posted to `/api/incidents/{id}/facts` as it is."""
    facts = [
        {**({} if customer == OWN else {"entity": customer}), "affected": counts}
        for customer, counts in found.scope.affected.items()
    ]
    return {
        "objects": found.objects,
        "unmatched": found.scope.unmatched,
        "readers": [asdict(reader) for reader in found.readers],
        "persons": found.scope.totals(),
        "facts": facts,
    }


def _change(duty: Duty) -> dict[str, Any]:
    clock = duty.clock
    return {
        "clock": duty.key,
        "state": duty.state.value,
        "was": duty.was,
        "due": clock.due.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "recipient": clock.recipient,
        "citation": clock.citation,
        "why": duty.why,
    }


def _entity(one: Reckoned) -> dict[str, Any]:
    told: dict[str, Any] = {
        "entity": one.party.entity or "own",
        "owes": "we owe" if one.party.side == "we" else "they owe",
        "status": one.party.facts.get("status", "unknown"),
        "why": one.why,
    }
    return told | (_reckoning(one.answer) if one.answer else {})


def _reckoning(answer: Reckoning) -> dict[str, Any]:
    return {
        "discovery": {"how": answer.discovery.how, "said": answer.discovery.said},
        "discovered_on": answer.discovered_on.isoformat(),
        "without_number": [
            {
                "row": undated.row.id,
                "recipient": undated.row.recipient,
                "citation": undated.row.citation,
                "by": undated.by.isoformat() if undated.by else None,
            }
            for undated in answer.undated
        ],
        "silent": [{"row": silence.id, "why": silence.why} for silence in answer.silent],
    }
