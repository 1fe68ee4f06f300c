"""Entity-group transactions as they are written and read here."""

import pytest

from ledger import Ledger, batch
from ledger.tables import Conflict, Operation

KEY = "o'b >é~1"
HALF = (
    b'--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\nETag: W/"one"\r\n\r\n\r\n'
    b"--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Con"
)


def row(key: str, **values: object) -> dict[str, object]:
    return {"PartitionKey": "batch'es", "RowKey": key, **values}


async def test_keys_and_values_arrive_as_they_are(ledger: Ledger) -> None:
    values = {"text": 'q"\r\n--changeset HTTP/1.1 404\r\nü', "number": 5, "true": True}
    created = [Operation(kind="create", values=row(key, **values)) for key in (KEY, "2")]
    etags = await ledger.tables.transact("work", created)
    kept = await ledger.tables.read("work", "batch'es", KEY)
    assert kept
    assert kept.etag == etags[0]
    assert {name: kept[name] for name in values} == values
    changed = [
        Operation(kind="update", values=row(KEY, number=6, nothing=None), etag=etags[0]),
        Operation(kind="delete", values=row("2")),
    ]
    assert (await ledger.tables.transact("work", changed))[1] == ""
    kept = await ledger.tables.read("work", "batch'es", KEY)
    assert kept
    assert set(kept.values) == {"PartitionKey", "RowKey", "number", "schema"}
    assert await ledger.tables.read("work", "batch'es", "2") is None


async def test_one_stale_etag_stops_all_of_it(ledger: Ledger) -> None:
    await ledger.tables.put("work", row("1"))
    stale = Operation(kind="update", values=row("1", number=1), etag="W/\"datetime'1601-01-01T00%3A00%3A00.0Z'\"")
    with pytest.raises(Conflict, match="412"):
        await ledger.tables.transact("work", [Operation(kind="upsert", values=row("2")), stale])
    assert await ledger.tables.read("work", "batch'es", "2") is None


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [(202, HALF, 0), (202, b"", 0), (202, HALF.replace(b"204", b"409"), 409), (503, b"", 503)],
)
def test_an_answer_that_breaks_off_says_nothing_of_what_was_written(status: int, body: bytes, refused: int) -> None:
    assert batch.refusal(status, body, 2) == refused
