"""The SAS expiration policy of a storage account: how long what a key signs may live, and what happens to the rest."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from incident.target import Before

LIFE, PERIOD = timedelta(hours=1), "0.01:00:00"
LOG, BLOCK = "Log", "Block"
WRITTEN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})")


def policy(account: Before) -> Mapping[str, Any]:
    """The policy as it stands; empty where there is none."""
    return account.properties.get("sasPolicy") or {}


def blocks(account: Before) -> bool:
    """Whether what lives longer is refused, and not only logged."""
    return policy(account).get("expirationAction") == BLOCK


def short(account: Before) -> bool:
    """Whether it allows an hour at most."""
    lasts = _lasts(policy(account).get("sasExpirationPeriod"))
    return lasts is not None and lasts <= LIFE


def shortened(account: Before, action: str) -> dict[str, str]:
    """A policy of this action and of an hour, or of less where less is allowed now."""
    period = str(policy(account)["sasExpirationPeriod"]) if short(account) else PERIOD
    return {"sasExpirationPeriod": period, "expirationAction": action}


def _lasts(written: object) -> timedelta | None:
    """`d.hh:mm:ss`; None for anything else."""
    found = WRITTEN.fullmatch(str(written))
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
