"""Rows as they are asked for and read here: page by page, by any key, in any words."""

from uuid import uuid4

import pytest

from incident.errors import LedgerUnavailable
from ledger import Ledger, reading
from ledger.tables import Operation, literal

KEY = "o'b >é~1&$x=%27"


async def test_more_rows_than_a_page_holds_come_in_order_and_at_most_as_many_as_are_asked_for(ledger: Ledger) -> None:
    partition = uuid4().hex
    where = f"PartitionKey eq {literal(partition)}"
    numbers = [f"{number:04d}" for number in range(1_005)]
    await ledger.tables.put_all("work", ({"PartitionKey": partition, "RowKey": number} for number in numbers))

    assert [row["RowKey"] async for row in ledger.tables.query("work", where)] == numbers
    assert [row["RowKey"] async for row in ledger.tables.query("work", where, limit=1_002)] == numbers[:1_002]
    assert [row["RowKey"] async for row in ledger.tables.query("work", where, limit=2)] == numbers[:2]
    assert [row async for row in ledger.tables.query("work", where, limit=0)] == []


async def test_a_row_is_found_by_any_key_and_has_the_etag_by_which_it_can_be_replaced(ledger: Ledger) -> None:
    partition = f"{uuid4().hex} {KEY}"
    values = {"PartitionKey": partition, "RowKey": KEY, "text": 'ü"\n', "number": -5, "true": False}
    await ledger.tables.put("work", values)

    (found,) = [row async for row in ledger.tables.query("work", f"PartitionKey eq {literal(partition)}")]
    assert found.values == {**values, "schema": 1}
    alone = await ledger.tables.read("work", partition, KEY)
    assert alone
    assert (alone.values, alone.etag, alone.written) == (found.values, found.etag, found.written)
    await ledger.tables.transact("work", [Operation(kind="update", values=values, etag=found.etag)])


def test_a_row_without_an_etag_of_its_own_has_that_of_its_time() -> None:
    told = {"Timestamp": "2026-11-23T08:00:00.1234567Z"}

    assert reading.etag(told) == "W/\"datetime'2026-11-23T08%3A00%3A00.1234567Z'\""
    assert reading.etag(told | {"odata.etag": 'W/"one"'}) == 'W/"one"'


async def test_a_table_that_is_not_there_is_no_empty_one(ledger: Ledger) -> None:
    with pytest.raises(LedgerUnavailable, match="no table"):
        assert [row async for row in ledger.tables.query("missing", "")] == []
