"""Pausing new writes: one person asks, another of the other role confirms; at most four hours. Either may lift it."""

from dataclasses import dataclass
from datetime import timedelta

from desk import pauses, reasons, tell
from desk.parts import Parts
from detection import rules
from incident.consent import APPROVING
from incident.entry import Draft, Entry
from incident.errors import NotAllowed, Refused, Unknown
from incident.pause import CHAIN, EVERYTHING, LONGEST, Pause
from incident.person import Person
from incident.plan import Approval
from incident.resource import ResourceId
from responders.approval import Said, sufficient

BEGUN, WANTED = "Tourniquet.Pause.Begun", "Tourniquet.Pause.Requested"
ANSWERED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be paused, for how long, and why, in a person's words."""

    scope: str
    minutes: int
    reason: str


async def ask(parts: Parts, person: Person, wish: Wish) -> str:
    """The id of the request, which somebody of the other role has to confirm within 15 minutes."""
    if not timedelta(0) < timedelta(minutes=wish.minutes) <= LONGEST:
        raise Refused("a pause lasts from 1 to 240 minutes", code="PauseTooLong")
    _check_scope(wish.scope)
    asked, now = parts.new_id(), parts.now()
    kept = await reasons.keep(parts, CHAIN, wish.reason)
    body = {"pause": asked, "scope": wish.scope, "minutes": wish.minutes, "roles": _roles(person), "reason": kept}
    event = tell.notice(parts, CHAIN, WANTED, asked, {"scope": wish.scope, "minutes": wish.minutes})
    told = await tell.send(parts, [event])
    await parts.ledger.chains.note(CHAIN, Draft(kind="pause_asked", at=now, by=person.id, body=body))
    await parts.ledger.append(CHAIN, told)
    return asked


async def confirm(parts: Parts, person: Person, asked: str) -> Pause:
    """The pause, which runs from now. Refused unless somebody else, of the other role, has asked for it just now."""
    entries = (await parts.ledger.chain(CHAIN)).entries
    request = _found(entries, "pause_asked", asked)
    _check(parts, person, request, entries)
    until = parts.now() + timedelta(minutes=request.body["minutes"])
    pause = Pause(id=asked, scope=request.body["scope"], until=until)
    await parts.ledger.owe(pauses.ends(pause))
    event = tell.notice(parts, CHAIN, BEGUN, asked, {"scope": pause.scope, "until": until.isoformat()})
    body = {"pause": asked, **pause.as_row(), "asked_by": request.by, "roles": _roles(person)}
    drafts = [Draft(kind="pause_begun", at=parts.now(), by=person.id, body=body), *await tell.send(parts, [event])]
    await parts.ledger.append(CHAIN, drafts)
    await pauses.restate(parts)
    return pause


async def lift(parts: Parts, person: Person, pause: str) -> None:
    """The pause ends now. One person is enough: what protects needs no second word."""
    _found((await parts.ledger.chain(CHAIN)).entries, "pause_begun", pause)
    body = {"pause": pause, "roles": _roles(person)}
    await parts.ledger.append(CHAIN, [Draft(kind="pause_lifted", at=parts.now(), by=person.id, body=body)])
    await pauses.restate(parts)


def _check_scope(scope: str) -> None:
    """What names nothing would pause nothing, and somebody would rely on it."""
    if scope.startswith("/"):
        try:
            ResourceId.parse(scope)
        except ValueError as fault:
            raise Refused(f"the scope is {fault}", code="UnknownScope") from fault
    elif scope not in (EVERYTHING, *(rule.id for rule in rules.every())):
        raise Refused(f"{scope[:80]!r} is neither everything, nor a class, nor a resource id", code="UnknownScope")


def _found(entries: tuple[Entry, ...], kind: str, pause: str) -> Entry:
    entry = next((each for each in entries if each.kind == kind and each.body["pause"] == pause), None)
    if entry is None:
        raise Unknown(f"there is no pause {pause}")
    return entry


def _check(parts: Parts, person: Person, request: Entry, entries: tuple[Entry, ...]) -> None:
    """Two people, one of each role."""
    asked = Said(by=request.by.casefold(), roles=frozenset(request.body["roles"]))
    agreed = Said(by=person.id.casefold(), roles=frozenset(_roles(person)))
    if asked.by == agreed.by:
        raise NotAllowed("whoever asks for a pause cannot confirm it", known=True)
    if not sufficient(Approval.A2, (asked, agreed)):
        raise NotAllowed("somebody of the other approver role must confirm it", known=True)
    if parts.now() - request.at > ANSWERED_WITHIN:
        raise Refused("the request has expired: ask again", code="Expired")
    if any(each.kind == "pause_begun" and each.body["pause"] == request.body["pause"] for each in entries):
        raise Refused("it has been confirmed already", code="AlreadyDecided")


def _roles(person: Person) -> list[str]:
    return sorted(role.value for role in APPROVING if person.may(role))
