"""Microsoft.ResourceGraph, api-version 2022-10-01: KQL over graph_tables, run by DuckDB as in log_analytics.

Of each table it shows what the caller may read. An index lags: after `lag` it answers as it stood then, until it
catches up. A caller has 15 queries in five seconds (learn.microsoft.com, governance/resource-graph, guidance for
throttled requests); pages count.
"""

import json
import re
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import UUID

from drills.estate.activity import ActivityLog
from drills.estate.graph_tables import OBJECTS, TABLES, TEXTS, rows
from drills.estate.principals import Principal
from drills.estate.roles import allows
from drills.estate.service import Route, Service
from drills.estate.throttling import Bucket, Limit
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PATH = "/providers/Microsoft.ResourceGraph/resources"
PAGE = 1000
QUOTA = Limit(15, 15 / 5)


class ResourceGraph:
    """The index. `asked` are the queries that came, `refused` how many came too fast."""

    def __init__(self, world: World, log: ActivityLog) -> None:
        self._world = world
        self._log = log
        self._behind: dict[str, list[Json]] = {}
        self._quotas: dict[str, Bucket] = {}
        self.asked: list[str] = []
        self.refused = 0
        self.most = PAGE
        self.quota = QUOTA

    def service(self) -> Service:
        """The one operation: a query."""
        return Service(
            namespace="Microsoft.ResourceGraph",
            api_versions=frozenset({"2022-10-01"}),
            routes=(Route("POST", PATH, self.answer),),
        )

    def lag(self) -> None:
        """From now on it knows of no further change."""
        self._behind = {table: self._indexed(table) for table in TABLES}

    def catch_up(self) -> None:
        """It knows of everything again."""
        self._behind = {}

    def answer(self, asked: Asked) -> Reply:
        """One page of the rows, as objects."""
        body = asked.body if isinstance(asked.body, dict) else {}
        query, options = body.get("query"), body.get("options") or {}
        if not isinstance(query, str) or asked.caller is None:
            raise faulty("the query is missing")
        quota = self._admit(asked.caller)
        self.asked.append(query)
        found = self._found(query, asked.caller, body.get("subscriptions"))
        start, most = int(options.get("$skipToken") or 0), min(self.most, int(options.get("$top") or 100))
        page = found[start : start + most]
        told: Json = {"totalRecords": len(found), "count": len(page), "data": page, "facets": []}
        told["resultTruncated"] = "false"
        if start + most < len(found):
            told["$skipToken"] = str(start + most)
        return Reply(200, told).with_headers(**quota)

    def _admit(self, caller: Principal) -> dict[str, str]:
        """The headers that tell what is left. Raises RefusalError 429 when nothing is."""
        now = self._world.clock()
        bucket = self._quotas.setdefault(caller.oid, Bucket(self.quota, self.quota.size, now))
        if wait := bucket.take(now):
            self.refused += 1
            raise throttled(ceil(wait.total_seconds()))
        return {"x_ms_user_quota_remaining": str(int(bucket.left)), "x_ms_user_quota_resets_after": "00:00:05"}

    def _rows(self, table: str, caller: Principal, subscriptions: Any) -> list[Json]:
        among = {str(each).lower() for each in subscriptions or ()}
        return [
            row
            for row in (self._behind[table] if self._behind else self._indexed(table))
            if (not among or row["subscriptionId"] in among)
            and allows(self._world, caller, f"{row['type']}/read", row["id"])
        ]

    def _indexed(self, table: str) -> list[Json]:
        return rows(self._world, self._log, table)

    def _found(self, query: str, caller: Principal, subscriptions: Any) -> list[Json]:
        import duckdb
        import duckdb_kql

        with duckdb_kql.connect() as connection:
            for table in (each for each in TABLES if re.search(rf"\b{each}\b", query)):
                load(connection, table, self._rows(table, caller, subscriptions))
            try:
                found = duckdb_kql.query(connection, query, query_now=self._world.clock(), allow_write=False)
                kinds = [str(kind) for kind in found.types]
                return [
                    {name: _value(each, kind) for name, kind, each in zip(found.columns, kinds, row, strict=True)}
                    for row in found.fetchall()
                ]
            except (duckdb_kql.KqlError, duckdb.Error) as fault:
                raise faulty(str(fault)) from None


def load(connection: "DuckDBPyConnection", table: str, found: list[Json]) -> None:
    """The table with these rows."""
    declared = ", ".join([*(f'"{name}" VARCHAR' for name in TEXTS), *(f'"{name}" JSON' for name in OBJECTS)])
    connection.execute(f"CREATE TABLE {table} ({declared})")
    values = [
        [*(row[name] for name in TEXTS), *(None if row[name] is None else json.dumps(row[name]) for name in OBJECTS)]
        for row in found
    ]
    if values:
        places = ", ".join("?" for _ in (*TEXTS, *OBJECTS))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", values)  # noqa: S608 - our own names


def faulty(why: str) -> RefusalError:
    """The refusal of a query, in Resource Graph's own words."""
    details = [{"code": "InvalidQuery", "message": f"Query is invalid. {why}"}]
    message = f"Please provide below info when asking for support: timestamp, correlationId = {UUID(int=0)}."
    return RefusalError(400, "BadRequest", message, more={"details": details})


def throttled(seconds: int) -> RefusalError:
    """The refusal of a caller who asks too fast."""
    said = "Client application has been throttled and should not attempt to repeat the request until the time is over."
    details = [{"code": "RateLimiting", "message": said}]
    return RefusalError(429, "RateLimiting", said, more={"details": details}, retry_after=seconds)


def _value(value: Any, kind: str) -> Any:
    if kind == "JSON" and isinstance(value, str):
        return json.loads(value)
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
