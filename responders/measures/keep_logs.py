"""Keep the rows of a log table for as long as HIPAA's documents are kept (LG-01). Retention is raised, never lowered.

2,556 days cover six years (45 CFR 164.316(b)(2)(i)) with every leap day; a table keeps 4,383 at most. Shortened
retention takes effect after 30 days: whatever is raised in time has lost nothing.

Where the policy sets a budget, one approver is asked if the rows would cost more a month once all are there, or if
nobody can say what the table takes in. That is told by the workspace's own `Usage`, in megabytes of 10^6 bytes.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cloud import Cloud
from incident.errors import Interrupted, Postponed, Refused
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, Proof, anybody

DAYS, MONTH = 2556, 30
TOTAL, TAKES_IN = "totalRetentionInDays", "megabytesInMonth"
USAGE = 'workspace("{workspace}").Usage | where DataType == "{table}" | summarize megabytes = sum(Quantity)'


async def read(cloud: Cloud, table: Target) -> Before:
    """The table, and where its rows are not kept long enough what it has taken in within thirty days; None: unknown."""
    now = await cloud.arm.read(table.resource)
    return now if _days(now) >= DAYS else Before({**now.body, TAKES_IN: await _takes_in(cloud, table.resource)})


async def _takes_in(cloud: Cloud, table: ResourceId) -> float | None:
    workspace, until = table.parent, cloud.clock.now()
    if workspace is None:
        return None
    query = USAGE.format(workspace=workspace.text, table=table.name)
    try:
        rows = await cloud.logs.ask(query, since=until - timedelta(days=MONTH), until=until)
    except (Refused, Postponed, Interrupted):
        return None
    return float(rows[0]["megabytes"] or 0) or None if rows else None


def price(before: Before, policy: Policy) -> str:
    """Why the price needs somebody's word; empty where it does not, or where the policy sets no budget."""
    budget, terabyte, megabytes = (
        policy.limits.retention_budget,
        policy.limits.archived_terabyte,
        before.body.get(TAKES_IN),
    )
    if budget is None or terabyte is None or _days(before) >= DAYS:
        return ""
    if megabytes is None:
        return "nobody can say what the table takes in, nor what keeping it costs"
    cost = megabytes / 1e6 * (DAYS - _days(before)) / MONTH * terabyte
    return f"its rows will cost about {cost:.0f} a month, more than the budget of {budget}" if cost > budget else ""


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
        READ("Microsoft.OperationalInsights/workspaces/query/read"),
    ),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    price=price,
)
