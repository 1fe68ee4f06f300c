"""Every id under which senders know one alert.

Defender writes `2517536653831539999_658fa695-...` where Graph's properties write `658fa695-...` alone; Sentinel gives
the alert an id of its own and keeps Defender's as `VendorOriginalId`. Signals about one alert share at least one id.
"""

import re

from detection.fields import identity

TAILED = re.compile(r"\d{19}_([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


def alert_ids(*written: str | None) -> tuple[str, ...]:
    """The ids as they came and what is after their ticks, in order, without repetition and without nil."""
    found: dict[str, None] = {}
    for each in written:
        tail = TAILED.fullmatch(each or "")
        found |= dict.fromkeys(known for known in (identity(each), tail and identity(tail[1])) if known)
    return tuple(found)
