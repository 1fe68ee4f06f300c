"""Microsoft.ResourceGraph, api-version 2022-10-01: KQL over the table `resources`, run by DuckDB as in log_analytics.

The table holds the tenant's resources that have a type of their own, as their services describe them, and of those only
what the caller may read. An index lags: after `lag` it answers as it stood then, until it catches up.
"""

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from uuid import UUID

from drills.estate.ids import subscription_of, type_of
from drills.estate.network import shown
from drills.estate.principals import Principal
from drills.estate.roles import allows
from drills.estate.service import Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PATH = "/providers/Microsoft.ResourceGraph/resources"
TEXTS = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
OBJECTS = ("sku", "plan", "properties", "tags", "identity")
PAGE = 1000


class ResourceGraph:
    """The index. `asked` are the queries that came."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._behind: list[Json] | None = None
        self.asked: list[str] = []
        self.most = PAGE

    def service(self) -> Service:
        """The one operation: a query."""
        return Service(
            namespace="Microsoft.ResourceGraph",
            api_versions=frozenset({"2022-10-01"}),
            routes=(Route("POST", PATH, self.answer),),
        )

    def lag(self) -> None:
        """From now on it knows of no further change."""
        self._behind = self._indexed()

    def catch_up(self) -> None:
        """It knows of everything again."""
        self._behind = None

    def answer(self, asked: Asked) -> Reply:
        """One page of the rows, as objects."""
        body = asked.body if isinstance(asked.body, dict) else {}
        query, options = body.get("query"), body.get("options") or {}
        if not isinstance(query, str) or asked.caller is None:
            raise faulty("the query is missing")
        self.asked.append(query)
        rows = self._found(query, self._rows(asked.caller, body.get("subscriptions")))
        start, most = int(options.get("$skipToken") or 0), min(self.most, int(options.get("$top") or 100))
        page = rows[start : start + most]
        told: Json = {"totalRecords": len(rows), "count": len(page), "data": page, "facets": []}
        told["resultTruncated"] = "false"
        if start + most < len(rows):
            told["$skipToken"] = str(start + most)
        return Reply(200, told)

    def _rows(self, caller: Principal, subscriptions: Any) -> list[Json]:
        among = {str(each).lower() for each in subscriptions or ()}
        return [
            row
            for row in (self._indexed() if self._behind is None else self._behind)
            if (not among or row["subscriptionId"] in among)
            and allows(self._world, caller, f"{row['type']}/read", row["id"])
        ]

    def _indexed(self) -> list[Json]:
        return [self._row(one) for one in self._world.store.all() if _is_resource(one["id"])]

    def _row(self, state: Json) -> Json:
        told = shown(self._world, state) if "/microsoft.network/" in state["id"].lower() else deepcopy(state)
        group = state["id"].split("/")[4].lower()
        kept = {name: told.get(name) for name in (*TEXTS, *OBJECTS)}
        subscription = subscription_of(state["id"]).lower()
        return kept | {
            "type": type_of(state["id"]).lower(),
            "tenantId": self._world.tenant,
            "resourceGroup": group,
            "subscriptionId": subscription,
        }

    def _found(self, query: str, rows: list[Json]) -> list[Json]:
        import duckdb
        import duckdb_kql

        with duckdb_kql.connect() as connection:
            load(connection, rows)
            try:
                found = duckdb_kql.query(connection, query, query_now=self._world.clock(), allow_write=False)
                kinds = [str(kind) for kind in found.types]
                return [
                    {name: _value(each, kind) for name, kind, each in zip(found.columns, kinds, row, strict=True)}
                    for row in found.fetchall()
                ]
            except (duckdb_kql.KqlError, duckdb.Error) as fault:
                raise faulty(str(fault)) from None


def load(connection: "DuckDBPyConnection", rows: list[Json]) -> None:
    """The table `resources` with these rows."""
    declared = ", ".join([*(f'"{name}" VARCHAR' for name in TEXTS), *(f'"{name}" JSON' for name in OBJECTS)])
    connection.execute(f"CREATE TABLE resources ({declared})")
    values = [
        [*(row[name] for name in TEXTS), *(None if row[name] is None else json.dumps(row[name]) for name in OBJECTS)]
        for row in rows
    ]
    if values:
        places = ", ".join("?" for _ in (*TEXTS, *OBJECTS))
        connection.executemany(f"INSERT INTO resources VALUES ({places})", values)  # noqa: S608 - our own names


def faulty(why: str) -> RefusalError:
    """The refusal of a query, in Resource Graph's own words."""
    details = [{"code": "InvalidQuery", "message": f"Query is invalid. {why}"}]
    message = f"Please provide below info when asking for support: timestamp, correlationId = {UUID(int=0)}."
    return RefusalError(400, "BadRequest", message, more={"details": details})


def _is_resource(resource: str) -> bool:
    """Whether it stands in a group and under no other resource."""
    head, found, tail = resource.rpartition("/providers/")
    return bool(found) and "/providers/" not in head and "/resourcegroups/" in head.lower() and tail.count("/") == 2


def _value(value: Any, kind: str) -> Any:
    if kind == "JSON" and isinstance(value, str):
        return json.loads(value)
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
