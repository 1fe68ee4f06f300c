"""Log Analytics: `POST /logs/v1/workspaces/{id}/query` runs KQL over what the drill's traffic wrote.

DuckDB runs it, by duckdb-kql. What that does not translate is refused as Log Analytics refuses a faulty query; it never
guesses. A table that the workspace does not have is refused likewise.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from drills.estate.activity import ActivityLog
from drills.estate.activity_rows import row_of
from drills.estate.log_tables import DUCKDB, KUSTO, TABLES
from drills.estate.roles import allows
from drills.estate.tokens import LOGS_AUDIENCE, Entra
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World, stamp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUERY = "Microsoft.OperationalInsights/workspaces/query/read"
WORKSPACE_ID = str(uuid5(NAMESPACE_URL, "estate/workspace/soc"))
_PATH = re.compile(r"/logs/v1/workspaces/(?P<workspace>[^/]+)/query")
_LENGTH = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)
GARBLED: Json = {"name": "PrimaryResult", "columns": [{"name": "print_0", "type": "string"}], "rows": [["-"]]}

type Span = tuple[datetime, datetime]


class LogAnalytics:
    """One workspace. `missing` are tables that it does not have, because nothing was ever sent there.

    `garbled`: every answer is a table that nobody has asked for.
    """

    def __init__(self, world: World, entra: Entra, log: ActivityLog, workspace: str) -> None:
        self._world = world
        self._entra = entra
        self._workspace = workspace
        self._rows: dict[str, Callable[[], list[Json]]] = {
            "StorageBlobLogs": lambda: world.traffic.storage_log,
            "NTANetAnalytics": lambda: world.traffic.flow_log,
            "AzureActivity": lambda: [row_of(record) for record in log.records],
        }
        self.missing: set[str] = set()
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
        import duckdb
        import duckdb_kql

        with duckdb_kql.connect() as connection:
            for name in self._rows.keys() - self.missing:
                self._load(connection, name, span)
            try:
                found = duckdb_kql.query(connection, query, query_now=self._world.clock(), allow_write=False)
                rows = found.fetchall()
            except duckdb_kql.KqlSyntaxError as fault:
                raise _faulty("Syntax", fault) from None
            except (duckdb_kql.KqlError, duckdb.Error) as fault:
                raise _faulty("Semantic", fault) from None
            columns = [
                {"name": name, "type": KUSTO.get(str(kind), "dynamic")}
                for name, kind in zip(found.columns, found.types, strict=True)
            ]
        return {"name": "PrimaryResult", "columns": columns, "rows": [[_told(one) for one in row] for row in rows]}

    def _load(self, connection: "DuckDBPyConnection", name: str, span: Span) -> None:
        """All rows in one statement: one a row takes DuckDB some milliseconds each."""
        columns = {column: DUCKDB[kind] for column, kind in TABLES[name].items()}
        declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        connection.execute(f'CREATE TABLE "{name}" ({declared})')
        rows = [{column: row.get(column) for column in columns} for row in self._within(name, span)]
        read = f"from_json_strict(?, '{json.dumps([columns])}')"
        insert = f'INSERT INTO "{name}" SELECT one.* FROM (SELECT unnest({read}) AS one)'  # noqa: S608 names are the estate's own
        connection.execute(insert, [json.dumps(rows)])

    def _within(self, name: str, span: Span) -> Iterator[Json]:
        start, end = span
        return (row for row in tuple(self._rows[name]()) if start <= _moment(row["TimeGenerated"]) <= end)

    def _span(self, written: Any) -> Span:
        now = self._world.clock()
        if not written:
            return datetime.min.replace(tzinfo=UTC), now
        first, _, second = str(written).partition("/")
        try:
            if not second:
                return now - _length(first), now
            start = _moment(first)
            return start, start + _length(second) if second.startswith("P") else _moment(second)
        except ValueError:
            raise RefusalError(400, "BadArgumentError", f"The timespan '{written}' is invalid.") from None


def _length(written: str) -> timedelta:
    found = _LENGTH.fullmatch(written)
    if found is None:
        raise ValueError(written)
    return timedelta(**{name: float(value) for name, value in found.groupdict().items() if value})


def _moment(written: str) -> datetime:
    whole, _, rest = written.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(f"{whole}.{rest[:6]}" if rest else whole)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return [_told(one) for one in value] if isinstance(value, list) else str(value)


def _faulty(kind: str, fault: Exception) -> RefusalError:
    inner = {"code": f"{kind[:3].upper()}0100", "message": str(fault)}
    described = {"code": f"{kind}Error", "message": f"A {kind.lower()} error occurred.", "innererror": inner}
    message = "The request had some invalid properties"
    return RefusalError(400, "BadArgumentError", message, more={"innererror": described})
