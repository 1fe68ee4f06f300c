"""The alarm that nobody could be woken: the paging route was never acknowledged, or not for 30 days.

It is told once a day until somebody has; by the topic and in the chain `alarms`, for the route itself is what is lost.
What people have approved goes on all the while.
"""

from desk import tell
from desk.parts import Parts
from incident.entry import Draft
from incident.plan import Mode

CHAIN = "alarms"
LOST = "Tourniquet.Paging.Lost"


async def sound(parts: Parts) -> bool:
    """Whether the alarm was told now. Nothing is read while the route holds, nor twice a day by one process."""
    now, paging = parts.now(), parts.policy.paging
    day = f"{now:%Y-%m-%d}"
    if parts.policy.can_page(now) or not _matters(parts) or parts.recent.alarmed == day:
        return False
    parts.recent.alarmed = day
    head = await parts.ledger.head(CHAIN)
    if head and head.state.get("told") == day:
        return False
    since = paging.acknowledged_at.isoformat() if paging else None
    sent = await tell.send(parts, [tell.notice(parts, CHAIN, LOST, day, {"acknowledged_at": since})])
    await parts.ledger.note(CHAIN, Draft(kind="alarm", at=now, body={"alarm": "paging route", "day": day}))
    await parts.ledger.append(CHAIN, sent, state={"told": day})
    return True


def _matters(parts: Parts) -> bool:
    """Whether the policy lets anything but watching happen, which takes somebody who can be woken."""
    return any(rule.mode is not Mode.WATCH for rule in parts.policy.modes)
