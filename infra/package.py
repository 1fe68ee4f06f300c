"""The app as it is deployed: one archive, with bytecode that is not looked up against its source.

The bytecode is of the Python that runs this, which must be that of the app's runtime: elsewhere it is passed over, and
a cold start takes seconds more. Files stand in the order of their names under one date, so that one tree gives one
archive. Vendored, the pinned requirements are put beside the app, as wheels for the platform of Azure Functions.
"""

import compileall
import hashlib
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
RUNTIME = (3, 13)
VERSION = ".".join(map(str, RUNTIME))
ROOMS = ("incident", "ledger", "cloud", "detection", "responders", "compliance", "desk", "console")
FILES = ("function_app.py", "host.json", "requirements.txt", "LICENSE")
POLICY = ("policy.yaml", "policy.yaml.trust", "policy.yaml.sig")
VENDORED = ".python_packages/lib/site-packages"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
DATE = (1980, 1, 1, 0, 0, 0)


class WrongPythonError(RuntimeError):
    """Bytecode is of the Python that makes it, and this is not the runtime's."""


def package(out: Path, *, vendor: bool) -> str:
    """Write the archive; what it is, in a line. WrongPythonError under another Python than the runtime's."""
    if sys.version_info[:2] != RUNTIME:
        raise WrongPythonError(f"bytecode for Python {VERSION} is made by that Python")
    with TemporaryDirectory(prefix="package-") as folder:
        stage(Path(folder), vendor=vendor)
        count = archive(Path(folder), out)
    governs = "with" if (ROOT / POLICY[0]).is_file() else "without"
    return f"{out}, {count} files, {governs} a policy, sha256 {hashlib.sha256(out.read_bytes()).hexdigest()}"


def stage(folder: Path, *, vendor: bool) -> None:
    """Lay the app out in an empty folder, with its policy where there is one, and compile it."""
    for name in (*FILES, *(name for name in POLICY if (ROOT / name).is_file())):
        shutil.copyfile(ROOT / name, folder / name)
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    if vendor:
        _vendor(folder / VENDORED)
    _compile(folder)


def archive(folder: Path, out: Path) -> int:
    """Everything in the folder as a zip; how many files."""
    out.parent.mkdir(parents=True, exist_ok=True)
    files = sorted(_files(folder), key=lambda path: path.relative_to(folder).as_posix())
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            target.writestr(entry, path.read_bytes())
    return len(files)


def _compile(folder: Path) -> None:
    """Bytecode beside every source; the folder's own name stays out of it."""
    compileall.compile_dir(
        folder,
        quiet=2,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def _vendor(place: Path) -> None:
    """The pinned requirements as wheels; a requirement that has none for the platform is an error of pip."""
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    version = ["--python-version", VERSION, "--implementation", "cp", "--only-binary", ":all:"]
    subprocess.run(  # noqa: S603 - every word is ours
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
            *(*platforms, *version, "--target", str(place), "-r", str(ROOT / "requirements.txt")),
        ],
        check=True,
    )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
