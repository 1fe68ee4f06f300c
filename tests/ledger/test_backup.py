import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from drills.azurite import Azurite
from incident.errors import LedgerUnavailable
from incident.settings import Settings
from ledger import IndexRow, Ledger, LocalSigner, Work, tables
from ledger.__main__ import main
from ledger.audit import record
from ledger.backup import BackupUnreadable, backed_up, restored
from ledger.verify import Fault, verify
from tests.ledger.conftest import NOW, draft


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    """Of its own: a backup is of everything."""
    with Azurite.run() as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Azurite]:
    with Azurite.run() as running:
        yield running


@pytest.fixture
async def other(settings: Settings, elsewhere: Azurite, signer: LocalSigner) -> AsyncIterator[Ledger]:
    """A ledger with new tables, and the anchors and the evidence of the first."""
    ledger = await Ledger.open(replace(settings, tables=elsewhere.connection_string), signer=signer)
    await emptied(ledger)
    yield ledger
    await ledger.close()


async def emptied(ledger: Ledger) -> None:
    for name in tables.NAMES:
        rows = [(row["PartitionKey"], row["RowKey"]) async for row in ledger.tables.query(name, "")]
        await ledger.tables.delete_all(name, rows)


async def anchored(ledger: Ledger, incident: str) -> None:
    head = await ledger.head(incident)
    assert head
    await ledger.anchors.put(head, at=NOW)


@pytest.fixture
async def kept(ledger: Ledger, incident: str) -> list[str]:
    """The backup of a ledger that holds a running incident, and what belongs to it."""
    await emptied(ledger)
    await ledger.begin(incident, [draft(n=1), draft(words="x" * 40_000)], state={"status": "open"}, owner="somebody")
    await anchored(ledger, incident)
    await ledger.claim(["cause:a"], incident)
    await ledger.seen("signal", {"id": 1}, incident)
    await ledger.index(IndexRow(incident=incident, opened=NOW, state={"status": "open"}))
    await ledger.owe(Work(incident=incident, kind="incident", due=NOW))
    return [line async for line in backed_up(ledger)]


async def test_a_backup_brings_everything_back_and_the_incident_goes_on(
    kept: list[str], other: Ledger, incident: str
) -> None:
    count, fallen = await restored(other, kept)

    assert (count, fallen) == (len(kept) - 1, [])
    assert verify(await record(other, incident)) is None
    assert await other.keys.find("cause:a") == incident
    assert await other.keys.place("signal") == incident
    assert [work.kind for work in await other.due(NOW)] == ["incident"]
    assert [row.incident for row in await other.newest()] == [incident]
    lease = await other.take(incident, "another")
    entries = await other.append(incident, [draft(n=3)], lease=lease)
    assert entries[0].sequence == 3
    assert [line async for line in backed_up(other)] != kept


async def test_what_came_after_the_backup_is_named_by_its_anchors(
    ledger: Ledger, kept: list[str], other: Ledger, incident: str
) -> None:
    await ledger.append(incident, [draft(n=3)])
    await anchored(ledger, incident)
    later = f"{incident}-later"
    await ledger.begin(later, [draft()], state={})
    await anchored(ledger, later)

    _, fallen = await restored(other, kept)

    assert {each.incident: each.why for each in fallen if each.incident.startswith(incident)} == {
        incident: "an anchor tells of 3 entries",
        later: "anchors tell of 1 states, the backup of none",
    }


async def test_a_file_that_is_not_what_was_written_is_refused_before_a_row_is_written(
    kept: list[str], other: Ledger, incident: str
) -> None:
    rows = [json.loads(line) for line in kept[:-1]]
    place = next(n for n, each in enumerate(rows) if each["row"]["RowKey"] == "0000000001")
    forged = [dict(each) for each in rows]
    forged[place] = {"table": "entries", "row": {**rows[place]["row"], "body": '{"n":9}'}}
    newer = json.loads(kept[-1]) | {"schema": tables.SCHEMA + 1}

    refusals = {
        "its last line does not fit": kept[:-3] + kept[-1:],
        "no whole backup": kept[:-1],
        f"{incident}: changed at entry 1": sealed(forged),
        "use the newer one": [*kept[:-1], json.dumps(newer)],
    }
    for why, lines in refusals.items():
        with pytest.raises(BackupUnreadable, match=why):
            await restored(other, lines)
    assert [line async for line in backed_up(other)][:-1] == []

    await restored(other, kept)
    with pytest.raises(BackupUnreadable, match="is not empty"):
        await restored(other, kept)


def sealed(rows: list[dict[str, object]]) -> list[str]:
    """The rows with a last line that fits them: whoever forges one can forge the other."""
    lines = [json.dumps(row, sort_keys=True) for row in rows]
    digest = sha256("".join(lines).encode()).hexdigest()
    return [*lines, json.dumps({"rows": len(lines), "sha256": digest, "schema": tables.SCHEMA})]


@pytest.mark.usefixtures("kept")
async def test_the_commands_back_up_and_restore(  # noqa: PLR0913, PLR0917 - the fixtures of a command
    settings: Settings,
    other: Ledger,
    elsewhere: Azurite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("tables", "evidence", "policy"):
        monkeypatch.setenv(f"TOURNIQUET_{name.upper()}", getattr(settings, name))
    file = tmp_path / "backup.jsonl"

    assert await asyncio.to_thread(main, ["backup", str(file)]) == 0
    monkeypatch.setenv("TOURNIQUET_TABLES", elsewhere.connection_string)
    monkeypatch.setenv("TOURNIQUET_ANCHORS", settings.anchors)
    await asyncio.to_thread(main, ["restore", str(file)])

    count = len(file.read_text().splitlines()) - 1
    said = capsys.readouterr().out
    assert f"{count} rows backed up\n" in said
    assert f"{count} rows restored, " in said
    assert len([line async for line in backed_up(other)]) == count + 1


async def test_an_upgrade_goes_on_with_what_the_older_version_wrote_and_the_older_one_stops_at_the_newer_rows(
    ledger: Ledger, other: Ledger, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two versions side by side, as while slots are swapped."""
    older = other
    older.tables.address = ledger.tables.address
    older.tables.clients.clear()
    begun = await older.begin(incident, [draft(n=1)], state={"status": "open"}, owner="older")
    assert begun.lease
    await older.release(begun.lease)

    with monkeypatch.context() as newer:
        newer.setattr(tables, "SCHEMA", tables.SCHEMA + 1)
        lease = await ledger.take(incident, "newer")
        await ledger.append(incident, [draft(n=2)], lease=lease)
        chain = await ledger.chain(incident)
        assert [entry.body["n"] for entry in chain.entries] == [1, 2]
        found = verify(await record(ledger, incident))
        assert found is not None
        assert found.fault is Fault.NOT_ANCHORED

    with pytest.raises(LedgerUnavailable, match="deploy the newer one"):
        await older.chain(incident)
    with pytest.raises(LedgerUnavailable, match="deploy the newer one"):
        await older.append(incident, [draft(n=3)])
    with pytest.raises(LedgerUnavailable, match="deploy the newer one"):
        await older.take(incident, "older")
