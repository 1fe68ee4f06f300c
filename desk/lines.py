"""Lines for the daily digest: what is said of a clock, and on which day."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.duties import Duty
from incident.policy import Policy
from ledger import Line

STARTED = "started"


def line(duty: Duty, incident: str, rung: str, day: date) -> Line:
    """What the digest says of a clock."""
    body = {
        "clock": duty.key,
        "rung": rung,
        "due": duty.clock.due.isoformat(),
        "due_at": duty.clock.due_at.isoformat(),
        "recipient": duty.clock.recipient,
        "citation": duty.clock.citation,
        "side": duty.side.value,
        "provisional": duty.provisional,
    }
    return Line(day=day, incident=incident, key=f"{duty.key}~{duty.clock.due_at:%Y%m%dT%H%M%S}~{rung}", body=body)


def started(duties: Iterable[Duty], incident: str, day: date) -> list[Line]:
    """That clocks have begun to run, or run to another date."""
    return [line(duty, incident, STARTED, day) for duty in duties]


def next_digest(policy: Policy, now: datetime) -> date:
    """The local day of the next digest: today's, until its hour."""
    local = now.astimezone(ZoneInfo(policy.entity.zone))
    return local.date() if local.hour < policy.reminders.digest_hour else local.date() + timedelta(days=1)
