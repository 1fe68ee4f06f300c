"""Log Analytics: `POST /logs/v1/workspaces/{id}/query` runs KQL over what the drill's traffic wrote.

What the engine does not translate is refused as Log Analytics refuses a faulty query; it never guesses. A table that
the workspace does not have is refused likewise.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from drills.estate import kusto
from drills.estate.activity import ActivityLog
from drills.estate.activity_rows import row_of
from drills.estate.kusto import Span, moment
from drills.estate.roles import allows
from drills.estate.tokens import LOGS_AUDIENCE, Entra
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY = "Microsoft.OperationalInsights/workspaces/query/read"
WORKSPACE_ID = str(uuid5(NAMESPACE_URL, "estate/workspace/soc"))
_PATH = re.compile(r"/logs/v1/workspaces/(?P<workspace>[^/]+)/query")
_LENGTH = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)
_NAMED = re.compile(r'workspace\("(?P<workspace>[^"]+)"\)\.')
GARBLED: Json = {"name": "PrimaryResult", "columns": [{"name": "print_0", "type": "string"}], "rows": [["-"]]}


class LogAnalytics:
    """One workspace. `missing` are tables that it does not have, because nothing was ever sent there.

    `watchlists`: search keys by the list's alias. `garbled`: every answer is a table that nobody has asked for.
    """

    def __init__(self, world: World, entra: Entra, log: ActivityLog, workspace: str) -> None:
        self._world = world
        self._entra = entra
        self._workspace = workspace
        self._rows: dict[str, Callable[[], list[Json]]] = {
            "StorageBlobLogs": lambda: world.traffic.storage_log,
            "NTANetAnalytics": lambda: world.traffic.flow_log,
            "Usage": lambda: self.usage,
            "AzureActivity": lambda: [row_of(record) for record in log.records],
        }
        self.usage: list[Json] = []
        self.missing: set[str] = set()
        self.watchlists: dict[str, list[str]] = {}
        self.garbled = False
        self.asked: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        """The result of the query, or a refusal in Log Analytics' own words."""
        try:
            return self._answer(asked)
        except RefusalError as refusal:
            error: Json = {"message": refusal.message, "code": refusal.code, "correlationId": str(uuid4())}
            return Reply(refusal.status, {"error": error | refusal.more}, refusal.headers)

    def _answer(self, asked: Asked) -> Reply:
        self._admit(asked)
        terms = asked.body if isinstance(asked.body, dict) else asked.query
        query = terms.get("query")
        if not isinstance(query, str) or not query.strip():
            raise RefusalError(400, "BadArgumentError", "The request had some invalid properties: query.")
        self.asked.append(query)
        found = GARBLED if self.garbled else self._table(query, self._span(terms.get("timespan")))
        return Reply(200, {"tables": [found]})

    def _admit(self, asked: Asked) -> None:
        try:
            caller = self._entra.caller(asked, LOGS_AUDIENCE)
        except RefusalError as refusal:
            raise RefusalError(401, "InvalidTokenError", refusal.message) from None
        found = _PATH.fullmatch(asked.path)
        if found is None:
            raise RefusalError(404, "PathNotFoundError", "The requested path does not exist.")
        if not allows(self._world, caller, QUERY, self._workspace):
            message = "The provided credentials have insufficient access to perform the requested operation"
            raise RefusalError(403, "InsufficientAccessError", message)
        if found["workspace"].lower() != WORKSPACE_ID:
            raise RefusalError(404, "WorkspaceNotFoundError", "The requested resource does not exist.")

    def _table(self, query: str, span: Span) -> Json:
        tables = {name: rows() for name, rows in self._rows.items() if name not in self.missing}
        try:
            with kusto.Engine.borrowed() as engine:
                cut = kusto.clipped(tables, span)
                found = engine.run(
                    _NAMED.sub(self._here, query), cut, now=self._world.clock(), watchlists=self.watchlists
                )
        except kusto.FaultyQueryError as fault:
            raise _faulty(fault.kind, fault) from None
        columns = [{"name": name, "type": kind} for name, kind in found.columns.items()]
        return {"name": "PrimaryResult", "columns": columns, "rows": [list(row.values()) for row in found.rows]}

    def _here(self, named: re.Match[str]) -> str:
        """Nothing, for a workspace that is named is this one; there is no other."""
        if named["workspace"].casefold() != self._workspace.casefold():
            message = f"Failed to resolve workspace '{named['workspace']}'"
            raise RefusalError(400, "BadArgumentError", message)
        return ""

    def _span(self, written: Any) -> Span:
        now = self._world.clock()
        if not written:
            return datetime.min.replace(tzinfo=UTC), now
        first, _, second = str(written).partition("/")
        try:
            if not second:
                return now - _length(first), now
            start = moment(first)
            return start, start + _length(second) if second.startswith("P") else moment(second)
        except ValueError:
            raise RefusalError(400, "BadArgumentError", f"The timespan '{written}' is invalid.") from None


def _length(written: str) -> timedelta:
    found = _LENGTH.fullmatch(written)
    if found is None:
        raise ValueError(written)
    return timedelta(**{name: float(value) for name, value in found.groupdict().items() if value})


def _faulty(kind: str, fault: Exception) -> RefusalError:
    inner = {"code": f"{kind[:3].upper()}0100", "message": str(fault)}
    described = {"code": f"{kind}Error", "message": f"A {kind.lower()} error occurred.", "innererror": inner}
    message = "The request had some invalid properties"
    return RefusalError(400, "BadArgumentError", message, more={"innererror": described})
