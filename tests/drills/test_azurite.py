import os
import shutil
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from drills import azurite
from drills.azurite import Azurite, node


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_azurite_serves_tables_and_blobs_on_loopback_and_is_gone_afterwards() -> None:
    with Azurite.run() as running:
        with TableServiceClient.from_connection_string(running.connection_string) as tables:
            tables.create_table("incidents").close()
            assert [table.name for table in tables.list_tables()] == ["incidents"]
        with BlobServiceClient.from_connection_string(running.connection_string) as blobs:
            blobs.create_container("evidence").close()
            assert [container.name for container in blobs.list_containers()] == ["evidence"]
        assert alive(running.pid)
        assert all(url.startswith("http://127.0.0.1:") for url in running.account.endpoints.values())

    assert not alive(running.pid)


async def test_two_run_side_by_side_with_keys_of_their_own() -> None:
    async with Azurite.run() as first, Azurite.run() as second:
        assert not set(first.account.endpoints.values()) & set(second.account.endpoints.values())
        assert first.account.key != second.account.key

    assert not alive(first.pid)
    assert not alive(second.pid)


def test_a_fresh_account_knows_nothing_of_another() -> None:
    with Azurite.run(spare=1) as running:
        with TableServiceClient.from_connection_string(running.connection_string) as tables:
            tables.create_table("incidents").close()
        with TableServiceClient.from_connection_string(running.fresh().connection_string) as tables:
            assert list(tables.list_tables()) == []
        with pytest.raises(StopIteration):
            running.fresh()


def test_the_package_of_node_serves_a_machine_without_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert Path(node()).name == "node"
    assert shutil.which(node())


def test_a_missing_installation_says_how_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(azurite, "PROGRAM", tmp_path / "azurite.js")

    with pytest.raises(azurite.AzuriteFailedError, match="npm ci"), Azurite.run():
        raise AssertionError("it started")
