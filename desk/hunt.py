"""The retro-hunt: one analytics rule over all that the workspace keeps. It reads, and says; it opens and cuts nothing.

What it finds are deliveries for the queue `signals`, where they are taken in like any other claim.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from cloud import Cloud
from detection.analytics import Analytic
from detection.analytics.retro import delivery, windows

PATIENCE = timedelta(minutes=3)  # nobody waits for a hunt; Log Analytics gives a query ten minutes at most


async def hunt(cloud: Cloud, rule: Analytic, *, since: datetime, until: datetime) -> AsyncIterator[dict[str, Any]]:
    """Each finding once, the earliest first. Refused and Postponed as `cloud.logs` raises them."""
    known: set[str] = set()
    for start, end in windows(rule, since, until):
        for row in await cloud.logs.ask(rule.ending(end), since=start, until=end, within=PATIENCE):
            found = delivery(rule, row)
            if found["SystemAlertId"] not in known:
                known.add(found["SystemAlertId"])
                yield found
