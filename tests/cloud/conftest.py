import ssl
from collections.abc import AsyncIterator

import pytest

from cloud import Cloud
from incident.settings import Settings
from tests.cloud.wire import Quick, Wire, certificate


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    return certificate(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def wire(authority: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    wire = Wire(*authority)
    await wire.start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", wire.identity)
    monkeypatch.setenv("IDENTITY_HEADER", "header-of-the-platform")
    yield wire
    await wire.stop()


@pytest.fixture
def settings(wire: Wire) -> Settings:
    return Settings(
        tables="t",
        evidence="e",
        policy="p",
        arm_url=wire.url,
        ca_bundle=wire.ca_file,
        identity_read="reader",
        identity_contain="cutter",
    )


@pytest.fixture
def clock() -> Quick:
    return Quick()


@pytest.fixture
async def cloud(settings: Settings, clock: Quick) -> AsyncIterator[Cloud]:
    cloud = Cloud(settings, clock=clock)
    yield cloud
    await cloud.close()
