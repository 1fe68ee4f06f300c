"""The line in one process: a simulated estate and a real Azurite on loopback, and production's own doors to both."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from cloud import Cloud
from drills.azurite import Account, Azurite
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.policy import Policy
from incident.settings import Settings
from ledger import Envelope, Ledger, LocalSigner, LocalWrapping

hypothesis.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("busy")  # a slow machine is no fault
NOTHING = timedelta(0)
START = datetime(2026, 11, 20, 22, 31, tzinfo=UTC)
SIGNED = ("privacy", "security")
SPARE = 1000
"""Accounts for tests that must find nothing of another; their keys fit into one variable of 128 KiB."""


@dataclass
class Ticking:
    """A clock that moves by a millisecond each time it is looked at, and by hand."""

    at: datetime = START

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def passes(self, **length: float) -> None:
        self.at += timedelta(**length)


@dataclass
class Wire:
    """A pipeline policy: what strikes a write of resources on its way out, or its answer on its way back."""

    next: Any = None
    sent: list[Any] = field(default_factory=list)
    leaving: Callable[[int], None] = lambda _nth: None
    answered: Callable[[int], None] = lambda _nth: None

    async def send(self, request: Any) -> Any:
        method, url = request.http_request.method, request.http_request.url
        if method == "GET" or "/subscriptions/" not in url or "ipFlowVerify" in url:
            return await self.next.send(request)
        nth = len(self.sent) + 1
        self.leaving(nth)
        self.sent.append(request.http_request)
        answer = await self.next.send(request)
        self.answered(nth)
        return answer


def policy_of(mode: str = "act", *, signed: tuple[str, ...] = SIGNED, paged: datetime = START, **more: Any) -> Policy:
    """A policy that two roles have signed and whose paging route somebody has acknowledged."""
    document = {
        "version": 1,
        "entity": {"name": "Clinic", "zone": "America/New_York", "role": "covered_entity"},
        "modes": [{"class": "*", "mode": mode}],
        "paging": {"route": "on-call", "acknowledged_at": paged.isoformat()},
        **more,
    }
    return Policy.of(document).signed(signed)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite.run(SPARE) as running:
        yield running


@pytest.fixture
def storage_account(azurite: Azurite) -> Account:
    """Where the ledger is; one for all tests, that use names of their own."""
    return azurite.account


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
async def estate() -> AsyncIterator[Estate]:
    delays = Delays(poll=NOTHING, operation=NOTHING, blobs=NOTHING, rules=NOTHING, directory=NOTHING)
    async with Estate.serve(delays=delays) as running:
        yield running


@pytest.fixture
def clinic(estate: Estate) -> Clinic:
    return Clinic(estate)


@pytest.fixture
def settings(estate: Estate, storage_account: Account, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, estate.environment()[name])
    place = storage_account.connection_string
    stores = {"TOURNIQUET_TABLES": place, "TOURNIQUET_EVIDENCE": place, "TOURNIQUET_POLICY": "policy.yaml"}
    return Settings.read({**estate.environment(), **stores})


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def cloud(settings: Settings, wire: Wire) -> AsyncIterator[Cloud]:
    cloud = Cloud(settings, policies=[wire])
    yield cloud
    await cloud.close()


@pytest.fixture(scope="session")
def signer() -> LocalSigner:
    return LocalSigner.fresh()


@pytest.fixture
async def ledger(settings: Settings, signer: LocalSigner) -> AsyncIterator[Ledger]:
    ledger = await Ledger.open(settings, signer=signer, envelope=Envelope(LocalWrapping(bytes(32))))
    yield ledger
    await ledger.close()
