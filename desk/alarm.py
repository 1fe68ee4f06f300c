"""The alarm that nobody could be woken: the paging route was never acknowledged, or not for 30 days.

It is told once a day until somebody has; by the topic and in the chain `alarms`, for the route itself is what is lost.
What people have approved goes on all the while.
"""

from desk import tell
from desk.parts import Parts

CHAIN = "alarms"
LOST = "Tourniquet.Paging.Lost"


async def sound(parts: Parts) -> bool:
    """Whether the alarm was told now. Nothing is read while the route holds."""
    now, paging = parts.now(), parts.policy.paging
    if parts.policy.can_page(now):
        return False
    since = paging.acknowledged_at.isoformat() if paging else None
    event = tell.notice(parts, CHAIN, LOST, f"{now:%Y-%m-%d}", {"acknowledged_at": since})
    told = await parts.ledger.entries(CHAIN, "notice")
    if any(entry.body["id"] == event["id"] for entry in told):
        return False
    for draft in await tell.send(parts, [event]):
        await parts.ledger.note(CHAIN, draft)
    return True
