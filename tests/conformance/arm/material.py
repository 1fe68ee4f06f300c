"""Microsoft's specifications and the genuine recordings, unpacked once into build/."""

import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[3]


def shared() -> Path:
    """The folder of the material: SHARED, or `shared` beside the repository."""
    return (ROOT / os.environ.get("SHARED", "../shared")).resolve()


def specification() -> Path:
    """Microsoft's specifications, each of them in SEEDS.json.

    Enumerations that may grow are closed: what is not written there is a fault.
    """
    return _unpacked(shared() / "arm" / "spec.tar.xz", "whole", _prepared)


def recorded() -> Path:
    """The genuine recordings: GROUP/FILE.json."""
    return _unpacked(shared() / "arm" / "recordings.tar.xz", "as-is", lambda _: None)


def _prepared(folder: Path) -> None:
    specifications = [*(folder / "specification").rglob("*.json")]
    for path in specifications:
        path.write_text(re.sub(r'"modelAsString":\s*true', '"modelAsString": false', path.read_text()))
    seeds = [str(path.relative_to(folder)) for path in specifications if json.loads(path.read_text()).get("paths")]
    (folder / "SEEDS.json").write_text(json.dumps({"every": sorted(seeds)}))


def _unpacked(archive: Path, form: str, prepare: Callable[[Path], None]) -> Path:
    """The content of an archive, in a folder named by its digest; two runs at once do not disturb each other."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:12]
    there = ROOT / "build" / "conformance" / f"{archive.name.partition('.')[0]}-{form}-{digest}"
    if not there.is_dir():
        there.parent.mkdir(parents=True, exist_ok=True)
        _unpack(archive, there, prepare)
    return there


def _unpack(archive: Path, there: Path, prepare: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory(dir=there.parent) as scratch:
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        (content,) = Path(scratch).iterdir()
        prepare(content)
        try:
            content.rename(there)
        except OSError:
            if not there.is_dir():
                raise
