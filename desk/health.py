"""Whether the responder could act now, and what stands in its way, in words."""

from dataclasses import dataclass
from datetime import datetime

from desk import alarms, pauses, quarters
from desk.alarms import SILENT, Watched
from desk.parts import Parts
from incident.errors import LedgerUnavailable


@dataclass(frozen=True, kw_only=True)
class Health:
    """`faults` make it unfit to act; `warnings` do not. `watched_at`: when the watch looked last."""

    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    watched_at: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether it is fit to act."""
        return not self.faults


async def health(parts: Parts) -> Health:
    """Try the ledger, look at policy and settings. Nothing secret is said: anybody may ask."""
    faults, warnings, watched = [], [], None
    try:
        overdue = await parts.ledger.due(parts.now())
        parked = await parts.ledger.parked()
        paused = await pauses.running(parts)
        watched = await alarms.last(parts)
        exercised = await quarters.warnings(parts)
    except LedgerUnavailable:
        faults.append("the ledger cannot be read: nothing is done until it can")
    else:
        warnings += [f"{len(overdue)} unfinished pieces of work are due"] if overdue else []
        warnings += [f"{len(parked)} signals could not be read and need a person"] if parked else []
        warnings += [f"new writes are paused in {len(paused)} scopes"] if paused else []
        warnings += exercised
        warnings += [] if watched else ["the watch has not looked yet"]
        faults += _alarming(watched, parts.now()) if watched else []
    if len(parts.policy.signed_by) < 2:
        faults.append("the policy is not signed by two roles: everything is watched, nothing is contained")
    if not parts.policy.can_page(parts.now()):
        faults.append("nobody has acknowledged the paging route within 30 days: everything is watched")
    settings = parts.settings
    warnings += [] if settings.events_topic else ["no topic for notices: they are kept in the ledger alone"]
    warnings += [] if settings.boards_url else ["no Azure Boards project: incidents get no work items"]
    warnings += [] if settings.signing_key else ["anchors are not signed"]
    warnings += [] if settings.wrapping_key else ["there is no key for ePHI: none can be stored"]
    warnings += [] if settings.tenant and settings.audience else ["people cannot sign in: no tenant or audience"]
    at = watched.at if watched else None
    return Health(faults=tuple(faults), warnings=tuple(warnings), watched_at=at)


def _alarming(watched: Watched, now: datetime) -> list[str]:
    """What the watch found; or that it has not looked since."""
    if now - watched.at > SILENT:
        return [f"the watch has not looked since {watched.at:%Y-%m-%d %H:%M} UTC: its timer does not run"]
    return [alarm.told for alarm in watched.alarms]
