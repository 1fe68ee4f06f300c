"""python -m ledger: verify, export, rebuild, backup, restore.

The last line says what was counted; the exit status whether all held.
"""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from incident.errors import SettingsIncomplete, TourniquetError
from incident.settings import Settings
from ledger import audit, backup
from ledger.anchors import Signed, signed_by
from ledger.ledger import Ledger
from ledger.verify import Found, Record, verify


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ledger", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    checks = commands.add_parser("verify", help="check chains against their anchors; name the first fault of each")
    checks.add_argument("--incident", help="only this one")
    checks.add_argument("--export", type=Path, help="a file that `export` wrote, instead of the tables")
    checks.add_argument("--trust", type=Path, help="PEM file of the public keys that sign anchors")
    writes = commands.add_parser("export", help="write chains and anchors as JSON lines, for checking elsewhere")
    writes.add_argument("file", type=Path)
    writes.add_argument("--incident", help="only this one")
    commands.add_parser("rebuild", help="restore the list of incidents and the open work from the chains")
    keeps = commands.add_parser("backup", help="write every row of the tables as JSON lines")
    keeps.add_argument("file", type=Path)
    returns = commands.add_parser("restore", help="put a backup into new tables, judged by the anchors")
    returns.add_argument("file", type=Path)
    return parser


def main(words: list[str] | None = None) -> int:
    """The exit status: 0 when all held, 1 for a fault, 2 when the question could not be answered."""
    given = arguments().parse_args(words)
    try:
        return asyncio.run(COMMANDS[given.command](given))
    except (TourniquetError, ValueError, OSError) as error:
        return _say(f"could not {given.command}: {error}", status=2)


async def check(given: argparse.Namespace) -> int:
    """Each fault on a line of its own."""
    signed = trusted(given.trust) if given.trust else None
    counts, faults = [0, 0, 0], 0
    async for record in _records(given):
        found = verify(record, signed=signed)
        faults += found is not None
        counts = [a + b for a, b in zip(counts, (1, len(record.entries), len(record.anchors)), strict=True)]
        if found:
            _say(told(record, found))
    chains, entries, anchors = counts
    belief = "signatures checked" if signed else "signatures not checked: give --trust"
    said = f"{chains} chains, {entries} entries, {anchors} anchors ({belief}): {faults} with a fault"
    return _say(said if chains else "nothing to verify", status=int(bool(faults) or not chains))


async def write(given: argparse.Namespace) -> int:
    """The records as JSON lines in the file, which must not be there yet."""
    chains = entries = 0
    with given.file.open("x", encoding="utf-8") as file:
        async for record in _records(given):
            file.writelines(f"{line}\n" for line in audit.exported(record))
            chains, entries = chains + 1, entries + len(record.entries)
    return _say(f"{chains} chains, {entries} entries exported", status=int(not chains))


async def rebuild(_: argparse.Namespace) -> int:
    """Index and work rows are there again; chains that cannot be read are named."""
    restored: list[int] = []
    broken = 0
    async for incident, owed in _rebuilt():
        if owed is None:
            broken += 1
            _say(f"{incident}: broken, not restored: verify it")
        else:
            restored.append(owed)
    said = f"{len(restored)} chains with {sum(restored)} open works restored, {broken} broken"
    return _say(said, status=int(broken > 0))


async def keep(given: argparse.Namespace) -> int:
    """Every row as a JSON line in the file, which must not be there yet."""
    count = -1  # the last line counts the others
    async with opened() as ledger:
        with given.file.open("x", encoding="utf-8") as file:
            async for line in backup.backed_up(ledger):
                file.write(f"{line}\n")
                count += 1
    return _say(f"{count} rows backed up", status=int(not count))


async def restore(given: argparse.Namespace) -> int:
    """The rows are there again; chains that the backup does not hold to their end are named."""
    async with opened() as ledger:
        count, fallen = await backup.restored(ledger, given.file.read_text(encoding="utf-8").splitlines())
    for chain in fallen:
        _say(f"{chain.incident}: its last entries are not in the backup, and a person must look: {chain.why}")
    return _say(f"{count} rows restored, {len(fallen)} chains with a lost end", status=int(bool(fallen)))


COMMANDS = {"verify": check, "export": write, "rebuild": rebuild, "backup": keep, "restore": restore}


def told(record: Record, found: Found) -> str:
    """The fault as a line."""
    return f"{record.incident}: {found.fault} at entry {found.sequence}: {found.why}"


def trusted(path: Path) -> Signed:
    """Whether a key of the PEM file signed an anchor. SettingsIncomplete when no public key in it could have."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    blocks = re.findall(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", path.read_bytes(), re.DOTALL)
    kinds = (Ed25519PublicKey, EllipticCurvePublicKey)
    keys = [key for block in blocks if isinstance(key := load_pem_public_key(block), kinds)]
    if not keys:
        raise SettingsIncomplete(f"there is no Ed25519 or P-256 public key in {path}")
    return signed_by(keys)


async def _records(given: argparse.Namespace) -> AsyncIterator[Record]:
    records = _from_export(given) if getattr(given, "export", None) else _from_tables(given)
    async for record in records:
        yield record


async def _from_export(given: argparse.Namespace) -> AsyncIterator[Record]:
    with given.export.open(encoding="utf-8") as file:
        records: Iterable[Record] = audit.imported(file)
    for record in records:
        if given.incident in (None, record.incident):
            yield record


async def _from_tables(given: argparse.Namespace) -> AsyncIterator[Record]:
    async with opened() as ledger:
        for incident in [given.incident] if given.incident else await audit.incidents(ledger):
            yield await audit.record(ledger, incident)


async def _rebuilt() -> AsyncIterator[tuple[str, int | None]]:
    async with opened() as ledger:
        async for one in audit.rebuild(ledger):
            yield one


@asynccontextmanager
async def opened() -> AsyncIterator[Ledger]:
    """The ledger that the environment names."""
    ledger = await Ledger.open(Settings.read(os.environ))
    try:
        yield ledger
    finally:
        await ledger.close()


def _say(line: str, status: int = 0) -> int:
    sys.stdout.write(line + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
