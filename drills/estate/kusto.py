"""KQL over rows, run by DuckDB through duckdb-kql. What that does not translate is refused, never guessed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from drills.estate.log_tables import DUCKDB, KUSTO, TABLES
from drills.estate.wire import Json
from drills.estate.world import stamp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WATCHLIST = """\
function _GetWatchlist(alias: string) {{
    datatable(Alias: string, SearchKey: string) [{items}]
    | where Alias == alias
    | project SearchKey
}}"""

ASKS_THE_TIME = re.compile(r"\b(now|ago)\s*\(")

type Span = tuple[datetime, datetime]
type Tables = Mapping[str, Sequence[Json]]
type Watchlists = Mapping[str, Sequence[str]]


class FaultyQueryError(Exception):
    """The query is none. `kind`: "Syntax" or "Semantic"."""

    def __init__(self, kind: str, fault: Exception) -> None:
        super().__init__(str(fault))
        self.kind = kind


@dataclass(frozen=True)
class Result:
    """The answer: KQL's type by column, and rows by column, as JSON has them."""

    columns: Mapping[str, str]
    rows: Sequence[Json]


def clipped(tables: Tables, span: Span) -> dict[str, list[Json]]:
    """The rows whose TimeGenerated lies within the span: so Sentinel cuts every table, outside of the query's text."""
    start, end = span
    return {
        name: [row for row in rows if start <= moment(row["TimeGenerated"]) <= end] for name, rows in tables.items()
    }


class Engine:
    """One DuckDB in memory, for one thread at a time; to be closed, or given back by `borrowed`, which keeps it.

    A query that was translated once is not translated again.
    """

    _idle: ClassVar[list[Self]] = []

    @classmethod
    @contextmanager
    def borrowed(cls) -> Iterator[Self]:
        """An engine without a table, which others have used before and will use again."""
        engine = cls._idle.pop() if cls._idle else cls()
        try:
            yield engine
        finally:
            engine.forget()
            cls._idle.append(engine)

    def __init__(self) -> None:
        import duckdb_kql

        self._connection = duckdb_kql.connect()
        self._connection.execute("SET TimeZone='UTC'; SET threads=1")
        self._loaded: set[str] = set()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closed."""
        self._connection.close()

    def run(self, query: str, tables: Tables, *, now: datetime, watchlists: Watchlists | None = None) -> Result:
        """What the query gives over these tables at `now`. FaultyQueryError for one that cannot be run."""
        import duckdb
        import duckdb_kql

        for name, rows in tables.items():
            if name in query:
                self._loaded.add(name)
                _load(self._connection, name, rows)
        at = now if ASKS_THE_TIME.search(query) else None
        try:
            sql, values = _translated(query, frozenset(tables), at, _watchlist(watchlists or {}))
            found = self._connection.execute(sql, values)
            answer = found.fetchall()
        except duckdb_kql.KqlSyntaxError as fault:
            raise FaultyQueryError("Syntax", fault) from None
        except (duckdb_kql.KqlError, duckdb.Error) as fault:
            raise FaultyQueryError("Semantic", fault) from None
        columns = {name: KUSTO.get(str(kind), "dynamic") for name, kind, *_ in found.description or ()}
        return Result(columns, [dict(zip(columns, map(_told, row), strict=True)) for row in answer])

    def forget(self) -> None:
        """Every table is gone."""
        while self._loaded:
            self._connection.execute(f'DROP TABLE IF EXISTS "{self._loaded.pop()}"')


@lru_cache(maxsize=256)
def _translated(query: str, tables: frozenset[str], now: datetime | None, watchlist: str) -> tuple[str, dict[str, Any]]:
    import duckdb_kql

    schema = {name: list(TABLES[name]) for name in tables}
    found = duckdb_kql.to_sql(query, schema=schema, query_now=now, functions=[watchlist], allow_write=False)
    return str(found), dict(found.parameters)


def moment(written: str) -> datetime:
    """The time as Azure writes it, up to seven digits of a second; without a zone UTC is meant."""
    whole, _, rest = written.rstrip("Z").partition(".")
    found = datetime.fromisoformat(f"{whole}.{rest[:6]}" if rest else whole)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _watchlist(lists: Watchlists) -> str:
    pairs = (json.dumps(word) for alias, keys in lists.items() for key in keys for word in (alias, key))
    return WATCHLIST.format(items=", ".join(pairs) or '"", ""')


def _load(connection: "DuckDBPyConnection", name: str, rows: Iterable[Json]) -> None:
    """All rows in one statement: one a row takes DuckDB some milliseconds each."""
    columns = {column: DUCKDB[kind] for column, kind in TABLES[name].items()}
    declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    connection.execute(f'CREATE OR REPLACE TABLE "{name}" ({declared})')
    whole = [{column: row.get(column) for column in columns} for row in rows]
    read = f"from_json_strict(?, '{json.dumps([columns])}')"
    insert = f'INSERT INTO "{name}" SELECT one.* FROM (SELECT unnest({read}) AS one)'  # noqa: S608 names are the estate's own
    connection.execute(insert, [json.dumps(whole)])


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return [_told(one) for one in value] if isinstance(value, list) else str(value)
