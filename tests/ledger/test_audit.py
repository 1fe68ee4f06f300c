import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from incident.errors import LedgerUnavailable
from incident.settings import Settings
from ledger import Ledger, LocalSigner, Work, audit
from ledger.__main__ import main
from ledger.chain import TABLE
from ledger.rows import row_key
from ledger.verify import Fault, verify
from tests.ledger.conftest import NOW, draft

HOUR = timedelta(hours=1)

type Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """What `python -m ledger WORDS` says, and its exit status."""
    for name in ("tables", "evidence", "policy"):
        monkeypatch.setenv(f"TOURNIQUET_{name.upper()}", getattr(settings, name))

    def run(*words: object) -> tuple[int, str]:
        status = main([str(word) for word in words])
        return status, capsys.readouterr().out

    return run


@pytest.fixture
def trust(tmp_path: Path, signer: LocalSigner) -> Path:
    """Two public keys in a PEM file, the signer's last."""
    path = tmp_path / "trust.pem"
    keys = [LocalSigner.fresh().key.public_key(), signer.key.public_key()]
    path.write_bytes(b"".join(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in keys))
    return path


@pytest.fixture
async def chained(ledger: Ledger, incident: str) -> str:
    """An incident of five entries, anchored."""
    await ledger.begin(incident, [draft(number=0)], state={"status": "open"}, owner="")
    await ledger.append(incident, [draft(number=number) for number in range(1, 5)])
    head = await ledger.head(incident)
    assert head
    await ledger.anchors.put(head, at=NOW)
    return incident


async def changed(ledger: Ledger, incident: str, sequence: int, **values: object) -> None:
    await ledger.tables.merge(TABLE, {"PartitionKey": incident, "RowKey": row_key(sequence), **values})


async def fault(ledger: Ledger, incident: str) -> tuple[Fault, int] | None:
    found = verify(await audit.record(ledger, incident))
    return (found.fault, found.sequence) if found else None


async def test_a_chain_in_the_tables_is_sound(ledger: Ledger, chained: str) -> None:
    assert await fault(ledger, chained) is None
    assert chained in await audit.incidents(ledger)


async def test_a_changed_row_is_found(ledger: Ledger, chained: str) -> None:
    await changed(ledger, chained, 3, body='{"number":7}')
    assert await fault(ledger, chained) == (Fault.CHANGED, 3)


@pytest.mark.parametrize("values", [{"body": "{"}, {"at": "yesterday"}, {"hash": "", "previous": ""}])
async def test_a_broken_row_counts_as_changed(ledger: Ledger, chained: str, values: dict[str, str]) -> None:
    await changed(ledger, chained, 2, **values)
    assert await fault(ledger, chained) == (Fault.CHANGED, 2)


async def test_a_removed_row_is_found(ledger: Ledger, chained: str) -> None:
    await ledger.tables.delete(TABLE, chained, row_key(2))
    assert await fault(ledger, chained) == (Fault.REMOVED, 2)


async def test_a_cut_tail_is_found(ledger: Ledger, chained: str) -> None:
    await ledger.tables.delete(TABLE, chained, row_key(5))
    assert await fault(ledger, chained) == (Fault.TRUNCATED, 5)


async def test_rows_that_changed_places_are_found(ledger: Ledger, chained: str) -> None:
    two, three = [await ledger.tables.read(TABLE, chained, row_key(sequence)) for sequence in (2, 3)]
    assert two
    assert three
    await ledger.tables.put(TABLE, {**three.values, "RowKey": row_key(2)})
    await ledger.tables.put(TABLE, {**two.values, "RowKey": row_key(3)})
    assert await fault(ledger, chained) == (Fault.REORDERED, 2)


async def test_an_incident_that_is_gone_altogether_is_missed(ledger: Ledger, chained: str) -> None:
    async for row in ledger.tables.query(TABLE, f"PartitionKey eq '{chained}'"):
        await ledger.tables.delete(TABLE, chained, row["RowKey"])
    assert chained in await audit.incidents(ledger)
    assert await fault(ledger, chained) == (Fault.TRUNCATED, 1)


async def test_an_incident_written_again_from_the_start_is_found(ledger: Ledger, chained: str) -> None:
    async for row in ledger.tables.query(TABLE, f"PartitionKey eq '{chained}'"):
        await ledger.tables.delete(TABLE, chained, row["RowKey"])
    await ledger.begin(chained, [draft(number=9) for _ in range(5)], state={}, owner="")
    assert await fault(ledger, chained) == (Fault.REWRITTEN, 1)


async def test_the_command_verifies_and_names_the_fault(
    ledger: Ledger, chained: str, command: Command, trust: Path
) -> None:
    status, said = await asyncio.to_thread(command, "verify", "--incident", chained, "--trust", trust)
    assert (status, said) == (0, "1 chains, 5 entries, 1 anchors (signatures checked): 0 with a fault\n")
    await changed(ledger, chained, 4, by="somebody")
    status, said = await asyncio.to_thread(command, "verify", "--incident", chained)
    assert status == 1
    assert said.startswith(f"{chained}: changed at entry 4: ")
    assert said.endswith("(signatures not checked: give --trust): 1 with a fault\n")


async def test_an_export_is_verified_without_the_tables(
    ledger: Ledger, chained: str, command: Command, trust: Path, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    assert await asyncio.to_thread(command, "export", file, "--incident", chained) == (
        0,
        "1 chains, 5 entries exported\n",
    )
    await changed(ledger, chained, 4, by="somebody")
    assert (await asyncio.to_thread(command, "verify", "--export", file, "--trust", trust))[0] == 0
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:3] + lines[4:]) + "\n")
    status, said = await asyncio.to_thread(command, "verify", "--export", file)
    assert status == 1
    assert said.startswith(f"{chained}: removed at entry 3: ")


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"entry": {}}', '{"x": {"incident": "a"}}', '{"a": 1, "b": 2}'])
async def test_an_export_with_a_foreign_line_is_refused(command: Command, tmp_path: Path, line: str) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(line + "\n")
    status, said = await asyncio.to_thread(command, "verify", "--export", file)
    assert (status, said) == (2, "could not verify: line 1 of the export is no head, entry or anchor\n")


async def test_an_empty_export_verifies_nothing_and_says_so(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.touch()
    assert await asyncio.to_thread(command, "verify", "--export", file) == (1, "nothing to verify\n")


async def test_a_file_of_no_keys_is_not_trusted(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "trust.pem"
    file.touch()
    status, said = await asyncio.to_thread(command, "verify", "--export", file, "--trust", file)
    assert status == 2
    assert "no Ed25519 or P-256 public key" in said


async def test_lost_hints_are_rebuilt_from_the_chains(ledger: Ledger, incident: str, command: Command) -> None:
    for left in await audit.incidents(ledger):
        async for old in ledger.tables.query(TABLE, f"PartitionKey eq '{left}'"):
            await ledger.tables.delete(TABLE, left, old["RowKey"])
    owed = Work(incident=incident, kind="resume", due=NOW - 400 * 24 * HOUR, body={"wave": 1})
    row = {"kind": owed.kind, "due": owed.due.isoformat(), "body": owed.body}
    await ledger.begin(incident, [draft()], state={"status": "open", "open": [row]}, owner="")
    for service in ("contracts", "litigation-holds", "parked", f"privileged-{incident}"):
        await ledger.note(service, draft())
    ends = Work(incident="pause", kind="pause", due=NOW - 300 * 24 * HOUR, body={"pause": "p"})
    waits = [{"kind": ends.kind, "due": ends.due.isoformat(), "body": ends.body}]
    await ledger.begin("pause", [draft()], state={"pauses": [], "open": waits}, owner="")
    status, said = await asyncio.to_thread(command, "rebuild")
    assert (status, said) == (0, "1 chains with 1 open works restored, 0 broken\n")
    assert owed in await ledger.due(owed.due)
    [line] = [line for line in await ledger.newest(1000) if line.incident == incident]
    assert (line.opened, line.state) == (NOW, {"status": "open"})
    assert [line.incident for line in await ledger.newest(1000)].count("pause") == 0
    assert ends in await ledger.due(ends.due)
    await changed(ledger, incident, 1, body="{")
    status, said = await asyncio.to_thread(command, "rebuild")
    assert (status, said.splitlines()[0]) == (1, f"{incident}: broken, not restored: verify it")
    with pytest.raises(LedgerUnavailable, match="is broken"):
        await ledger.chain(incident)


async def test_the_command_says_what_is_missing_from_the_settings(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOURNIQUET_TABLES")
    assert await asyncio.to_thread(command, "verify") == (2, "could not verify: TOURNIQUET_TABLES is missing\n")


def test_the_command_runs_as_a_module() -> None:
    program = [sys.executable, "-m", "ledger", "--help"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)  # noqa: S603 - every word is ours
    assert "verify" in done.stdout
