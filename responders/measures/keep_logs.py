"""Keep the rows of a log table for as long as HIPAA's documents are kept (LG-01). Retention is raised, never lowered.

2,556 days cover six years (45 CFR 164.316(b)(2)(i)) with every leap day; a table keeps 4,383 at most. Shortened
retention takes effect after 30 days: whatever is raised in time has lost nothing.
"""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, Proof, anybody, read_raw

DAYS = 2556
TOTAL = "totalRetentionInDays"


def contain(table: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless rows are kept long enough."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PATCH", table.resource, {"properties": {TOTAL: DAYS}})

    return () if _days(before) >= DAYS else (Call("keep the rows for six years", send),)


async def verify(cloud: Cloud, table: Target) -> Proof:
    """Rows are kept long enough."""
    now = await cloud.arm.read(table.resource)
    return Proof.of(now, kept_six_years=_days(now) >= DAYS)


def undo(_table: Target, _before: Before) -> Irreversible:
    """Lowering would destroy evidence."""
    return Irreversible("retention is never lowered by the responder: rows would be lost")


def own(state: Before) -> Mapping[str, Any]:
    """How long rows are kept."""
    return {TOTAL: _days(state)}


def _days(state: Before) -> int:
    return int(state.properties.get(TOTAL) or 0)


MEASURE = Measure(
    id="keep_logs",
    code="LG-01",
    title="Keep the rows of the log table for six years",
    target="microsoft.operationalinsights/workspaces/tables",
    activity="preserve",
    approval=Approval.AUTO,
    recovery=Recovery.SELF,
    blast_radius="Nothing stops; keeping the rows costs what archived logs cost.",
    permissions=(
        CONTAIN("Microsoft.OperationalInsights/workspaces/tables/write"),
        READ("Microsoft.OperationalInsights/workspaces/tables/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
