"""The one door to Table Storage: rows in, rows out, and what went wrong said in three words.

`Conflict`: another row or another ETag is there. `Lost`: the outcome is unknown, whatever azure-core calls it, because
a request that "was never sent" may have arrived. Everything else that fails is LedgerUnavailable. Writes are never
repeated by azure-core.
"""

import asyncio
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from itertools import batched, groupby
from typing import TYPE_CHECKING, Any, Literal, Self

from incident.errors import LedgerUnavailable
from ledger import batch, reading

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from azure.data.tables.aio import TableClient

    from ledger.wire import Wire

SCHEMA = 1
NAMES = ("entries", "keys", "signals", "incidents", "work", "deadlines", "digests", "parked", "tallies")
NO_TIME = datetime.min.replace(tzinfo=UTC)
MOST = 100  # operations in one transaction
AT_ONCE = 8  # transactions under way together
PATIENCE = timedelta(seconds=8)  # for one call, its reading retries included
PAGE = 1000  # rows in one reply, at most
TRIES = 4  # of a write whose outcome stays unknown
CONFLICTS = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
UNKNOWN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class Conflict(Exception):  # noqa: N818 - named for what happened, as the tree in incident.errors
    """A row that was to be new exists, or a row that was to be unchanged has changed (409, 412, 404 on a condition)."""


class Lost(Exception):  # noqa: N818 - as above
    """No answer, or one that does not say whether the write happened."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as it was read. `written` and `answered` are the service's clock: the row's Timestamp, the reply's Date."""

    values: Mapping[str, Any]
    etag: str
    written: datetime
    answered: datetime

    @classmethod
    def kept(cls, values: Mapping[str, Any]) -> Self:
        """A row of a file: no service has told when it was written."""
        return cls(values=values, etag="", written=NO_TIME, answered=NO_TIME)

    @property
    def age(self) -> timedelta:
        """How long ago the row was written; up to a second too little, for Date has whole seconds."""
        return self.answered - self.written

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def json(self, name: str) -> Any:
        """The property, parsed; None where the row has none."""
        text = self.values.get(name)
        return None if text is None else json.loads(text)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of an entity-group transaction; an update replaces the row that still has `etag`."""

    kind: Literal["create", "update", "upsert", "delete"]
    values: Mapping[str, Any]
    etag: str | None = None


class Tables:
    """Every table of the ledger over one transport."""

    def __init__(
        self, address: str, wire: "Wire", credential: "AsyncTokenCredential | None", policies: Sequence[Any]
    ) -> None:
        self.address = address
        self.wire = wire
        self.credential = credential
        self.policies = policies
        self.clients: dict[str, TableClient] = {}

    async def create(self) -> None:
        """Every table that is missing is made."""
        await together(self._create(name) for name in NAMES)

    async def _create(self, name: str) -> None:
        try:
            async with self._answered("make a table"):
                await self.client(name).create_table()
        except Conflict:
            return
        except Lost as lost:
            raise LedgerUnavailable(f"{lost}; try again") from lost

    def client(self, name: str) -> "TableClient":
        """The client of one table; all share the transport and the extra policies."""
        if name not in self.clients:
            self.clients[name] = self._client(name)
        return self.clients[name]

    def _client(self, name: str) -> "TableClient":
        from azure.data.tables.aio import TableClient

        options: dict[str, Any] = {
            "transport": self.wire.transport(),
            "per_retry_policies": list(self.policies),
            "retry_total": 0,
            "retry_backoff_factor": 0.05,
        }
        if self.address.startswith("https://"):
            return TableClient(self.address, name, credential=self.credential, **options)
        return TableClient.from_connection_string(self.address, name, **options)

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        """The row, or None. LedgerUnavailable when it cannot be read."""
        async with self._read():
            reply = await self._asked(table, reading.one(self._account(table), table, partition, row))
        return None if reply is None else _row(json.loads(reply.content), _date(reply))

    async def query(self, table: str, where: str, *, limit: int | None = None) -> AsyncIterator[Row]:
        """The rows that match the OData filter, by partition and row key; at most `limit`."""
        left, after = limit, dict[str, str]()
        while left is None or left > 0:
            reply = await self._page(table, where, min(left or PAGE, PAGE), after)
            found = reading.rows(reply.content)[:left]
            for stored in found:
                yield _row(stored, _date(reply))
            left = None if left is None else left - len(found)
            if not (after := reading.following(reply.headers)):
                return

    async def _page(self, table: str, where: str, most: int, after: Mapping[str, str]) -> "AsyncHttpResponse":
        async with self._read():
            reply = await self._asked(table, reading.page(self._account(table), table, where, most, after))
        if reply is None:
            raise LedgerUnavailable(f"there is no table {table}; start anew, which makes it")
        return reply

    async def _asked(self, table: str, request: "HttpRequest") -> "AsyncHttpResponse | None":
        """The answer, whole; None where there is no such thing. Reading is repeated twice."""
        from azure.core.exceptions import HttpResponseError

        reply: AsyncHttpResponse = await self._door(table).send_request(request, retry_total=2)
        if reply.status_code == HTTPStatus.NOT_FOUND:
            return None
        if reply.status_code == HTTPStatus.OK:
            return reply
        raise HttpResponseError("the reading was refused", response=reply)

    def _account(self, table: str) -> str:
        return str(self.client(table).url.partition("?")[0])

    def _door(self, table: str) -> Any:
        return self.client(table)._client  # noqa: SLF001 - the client has no public door for a request of one's own

    async def insert(self, table: str, values: Mapping[str, Any]) -> Row | None:
        """None when the row is there by this call; else the row that was there first.

        A `mark` among the values says whose row it is: what was written with it before is by this call.
        """
        marked = {"mark": mark(), **values, "schema": SCHEMA}
        for turn in range(TRIES):
            try:
                async with self._answered("insert a row"):
                    await self.client(table).create_entity(marked)
            except (Conflict, Lost):
                found = await self.read(table, values["PartitionKey"], values["RowKey"])
            else:
                return None
            if found is not None:
                return None if found.values.get("mark") == marked["mark"] else found
            await pause(turn)
        raise LedgerUnavailable("a row could not be inserted; do not act; try again")

    async def replace(self, table: str, values: Mapping[str, Any], *, etag: str) -> str:
        """The row's new ETag. Conflict when it has changed or gone, Lost when nobody knows."""
        from azure.core import MatchConditions

        async with self._answered("replace a row"):
            reply = await self.client(table).update_entity(
                {**values, "schema": SCHEMA}, mode="replace", etag=etag, match_condition=MatchConditions.IfNotModified
            )
            return str(reply["etag"])

    async def put(self, table: str, values: Mapping[str, Any]) -> None:
        """The row is as given, whatever was there; repeated until known."""
        await self._settled(lambda: self.client(table).upsert_entity({**values, "schema": SCHEMA}, mode="replace"))

    async def merge(self, table: str, values: Mapping[str, Any]) -> None:
        """These properties of the row are as given, the others stay; repeated until known."""
        await self._settled(lambda: self.client(table).upsert_entity({**values, "schema": SCHEMA}, mode="merge"))

    async def delete(self, table: str, partition: str, row: str) -> None:
        """The row is gone; repeated until known."""
        await self._settled(lambda: self.client(table).delete_entity(partition, row))

    async def transact(self, table: str, operations: Sequence[Operation]) -> list[str]:
        """All or nothing, in one partition, at most 100; the rows' new ETags. Conflict or Lost as `replace`."""
        marked = [replace(each, values={**each.values, "schema": SCHEMA}) for each in operations]
        async with self._answered("commit a transaction"):
            return await self._committed(table, marked)

    async def _committed(self, table: str, operations: Sequence[Operation]) -> list[str]:
        from azure.core.exceptions import HttpResponseError

        request = batch.request(self._account(table), table, operations)
        reply = await self._door(table).send_request(request, stream=True)
        body = await reply.read()
        if (refused := batch.refusal(reply.status_code, body, len(operations))) is None:
            return [etag for _, etag in batch.answers(body)]
        error = HttpResponseError("the transaction was refused")
        error.status_code = refused or None
        raise error

    async def put_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """All rows are as given; up to 100 of one partition at a time, a part that failed one by one."""
        for parts in batched(_parts(rows), AT_ONCE, strict=False):
            await together(self._put_part(table, part) for part in parts)

    async def _put_part(self, table: str, part: Sequence[Mapping[str, Any]]) -> None:
        try:
            if len(part) > 1:
                await self.transact(table, [Operation(kind="upsert", values=row) for row in part])
                return
        except (Conflict, Lost):
            pass
        await together(self.put(table, row) for row in part)

    async def delete_all(self, table: str, keys: Iterable[tuple[str, str]]) -> None:
        """The rows with these partition and row keys are gone; together, as `put_all`."""
        rows = ({"PartitionKey": partition, "RowKey": row} for partition, row in keys)
        for parts in batched(_parts(rows), AT_ONCE, strict=False):
            await together(self._delete_part(table, part) for part in parts)

    async def _delete_part(self, table: str, part: Sequence[Mapping[str, Any]]) -> None:
        try:
            if len(part) > 1:
                await self.transact(table, [Operation(kind="delete", values=row) for row in part])
                return
        except (Conflict, Lost):
            pass
        await together(self.delete(table, row["PartitionKey"], row["RowKey"]) for row in part)

    async def _settled(self, write: Any) -> None:
        for turn in range(TRIES):
            try:
                async with self._answered("write a row"):
                    await write()
                    return
            except (Conflict, Lost):
                await pause(turn)
        raise LedgerUnavailable("a row could not be written; try again")

    @asynccontextmanager
    async def _answered(self, what: str) -> AsyncIterator[None]:
        from azure.core.exceptions import AzureError

        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                yield
        except (AzureError, HTTPException, TimeoutError, OSError) as error:
            raise _meaning(error, what) from error

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[None]:
        try:
            async with self._answered("read"):
                yield
        except (Conflict, Lost) as failed:
            raise LedgerUnavailable(f"{failed}; try again") from failed


def _parts(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], ...]]:
    """The rows by partition, at most 100 together; of two with the same key the last."""
    single = {(row["PartitionKey"], row["RowKey"]): row for row in rows}
    for _, same in groupby([single[key] for key in sorted(single)], key=lambda row: row["PartitionKey"]):
        yield from batched(same, MOST, strict=False)


async def together[T](calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all calls give, side by side; when some fail, the first failure as it is, once all have ended."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def mark() -> str:
    """What tells a row that is to be inserted from the same row of anybody else."""
    return uuid.uuid4().hex


async def pause(turn: int) -> None:
    """A random wait, longer at each turn, so that writers do not meet again; at most 0.4 s."""
    await asyncio.sleep(secrets.randbelow(min(400, 10 << turn)) / 1000)


def literal(text: str) -> str:
    """The text as a string of an OData filter."""
    return "'" + text.replace("'", "''") + "'"


def _meaning(error: Exception, what: str) -> Exception:
    status = getattr(error, "status_code", None)
    said = f"could not {what}: {type(error).__name__}" + (f" {status}" if status else "")
    if status in CONFLICTS or status == HTTPStatus.NOT_FOUND:
        return Conflict(said)
    if status is None or status in UNKNOWN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Lost(said)
    if status in REFUSED:
        return LedgerUnavailable(f"{said}; check the identity and the address of the ledger's tables")
    return LedgerUnavailable(f"{said}: the tables refuse it as it is")


def _date(reply: "AsyncHttpResponse") -> datetime:
    return parsedate_to_datetime(reply.headers["Date"]).astimezone(UTC)


def _row(stored: Mapping[str, Any], answered: datetime) -> Row:
    if stored.get("schema", SCHEMA) > SCHEMA:
        raise LedgerUnavailable(
            f"a row has schema {stored['schema']}, this version reads {SCHEMA}: deploy the newer one"
        )
    values = {name: value for name, value in stored.items() if "odata." not in name and name != "Timestamp"}
    written = datetime.fromisoformat(stored["Timestamp"])
    return Row(values=values, etag=reading.etag(stored), written=written, answered=answered)
