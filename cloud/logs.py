"""Log Analytics, asked as the read identity: KQL over the one workspace of the settings."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud.clients import Clients
from cloud.clock import budget
from incident.errors import Postponed, Refused

PATIENCE = timedelta(seconds=10)

type Row = Mapping[str, Any]


class Logs:
    """What was logged. An answer that is not whole is none."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    async def ask(self, query: str, *, since: datetime, until: datetime, within: timedelta = PATIENCE) -> list[Row]:
        """The rows of the query by column; times are aware UTC.

        Refused without a workspace (NoWorkspace), for a table that is not there (BadArgumentError), and for an answer
        that breaks off (PartialAnswer). Postponed where it does not come in time.
        """
        if not (workspace := self.clients.settings.workspace):
            raise Refused("no workspace is set (TOURNIQUET_WORKSPACE)", code="NoWorkspace")
        end = self.clients.clock.now() + within
        try:
            with budget(end):
                async with asyncio.timeout(within.total_seconds()):
                    found = await self._asked(workspace, query, (since, until), within)
        except TimeoutError as late:
            raise Postponed("Log Analytics did not answer in time", until=end) from late
        return _rows(found)

    async def _asked(self, workspace: str, query: str, span: tuple[datetime, datetime], within: timedelta) -> Any:
        from azure.core.exceptions import AzureError

        seconds = max(1, int(within.total_seconds()))
        try:
            return await self.clients.logs.query_workspace(workspace, query, timespan=span, server_timeout=seconds)
        except (AzureError, ValueError, KeyError, TypeError) as odd:
            raise Refused(f"the answer cannot be read ({type(odd).__name__})", code="UnreadableAnswer") from odd


def _rows(found: Any) -> list[Row]:
    if getattr(found, "partial_error", None):
        raise Refused("Log Analytics broke its answer off", code="PartialAnswer")
    (table,) = found.tables
    return [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows]


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
