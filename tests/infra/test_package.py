"""The archive that is deployed: one tree gives one, all is compiled, and Microsoft's worker starts from it."""

import zipfile
from pathlib import Path

import aiohttp
import pytest

from drills.azurite import Azurite
from drills.host import HostProcess
from infra.package import ROOT, package

UNCHECKED = b"\x01\x00\x00\x00"  # PEP 552: a hash of the source, which is not compared


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive; the requirements are those of this environment."""
    out = tmp_path_factory.mktemp("out") / "app.zip"
    package(out, vendor=False)
    return out


@pytest.fixture(scope="module")
def folder(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked."""
    place = tmp_path_factory.mktemp("app")
    with zipfile.ZipFile(packed) as app:
        app.extractall(place)
    return place


def test_every_source_has_bytecode_that_is_not_compared_with_it(folder: Path) -> None:
    sources = list(folder.rglob("*.py"))
    compiled = [path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in sources]

    assert len(sources) > 300
    assert {path.read_bytes()[4:8] for path in compiled} == {UNCHECKED}


def test_nothing_goes_out_that_is_not_needed_to_run(folder: Path) -> None:
    top = {path.name for path in folder.iterdir()}

    assert not top & {"drills", "tests", "infra", "docs", "local.settings.json", ".venv"}
    assert {"function_app.py", "host.json", "requirements.txt", "desk", "compliance"} <= top
    for path in (folder / "compliance" / "law").iterdir():
        assert (ROOT / "compliance" / "law" / path.name).exists()


def test_one_tree_gives_one_archive(packed: Path, tmp_path: Path) -> None:
    package(tmp_path / "again.zip", vendor=False)

    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


async def test_microsofts_worker_starts_the_unpacked_app_from_its_bytecode(
    folder: Path, azurite: Azurite, tmp_path: Path
) -> None:
    settings = {"AzureWebJobsStorage": azurite.account.connection_string, "PYTHONVERBOSE": "1"}
    async with (
        HostProcess(folder, settings, log=tmp_path / "log") as host,
        aiohttp.ClientSession() as session,
        session.get(f"{host.url}/api/health") as response,
    ):
        assert response.status >= 500
        assert "TOURNIQUET_TABLES is missing" in await response.text()

    said = (tmp_path / "log").read_text()
    assert "on_event_grid: eventGrid" in said
    assert f"code object from '{folder}/function_app.py'" not in said
    assert f"matches {folder}/desk/health.py" in said
    assert f"matches {ROOT}/desk/" not in said
