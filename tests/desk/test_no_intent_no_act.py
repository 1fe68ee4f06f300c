"""Whatever keeps the first transaction from the tables, nothing is done in Azure; once it is over, it is done once."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from desk.intake import deliver
from drills.estate.activity import event_of
from drills.figures import writes
from incident.errors import LedgerUnavailable
from incident.settings import Settings
from ledger import Ledger
from responders.runner import Runner
from tests.desk.office import Office
from tests.proxy import Proxy, Trouble
from tests.responders.line import QUICK

TROUBLES = {
    "throttled": Trouble(status=429, code="ServerBusy"),
    "busy": Trouble(status=503, code="ServerBusy"),
    "conflict": Trouble(status=409, code="EntityAlreadyExists"),
    "forbidden": Trouble(status=403, code="AuthorizationFailure"),
    "reset": Trouble(),
}


@pytest.fixture
async def proxy(settings: Settings) -> AsyncIterator[Proxy]:
    parts = dict(part.split("=", 1) for part in settings.tables.strip(";").split(";"))
    async with Proxy.before(parts["TableEndpoint"]) as standing:
        yield standing


@pytest.fixture
async def hostile(office: Office, settings: Settings, proxy: Proxy) -> AsyncIterator[Office]:
    ledger = await Ledger.open(replace(settings, tables=settings.tables.replace(proxy.target, proxy.url)))
    runner = Runner(office.parts.cloud, ledger, now=office.clock, pace=QUICK)
    office.parts = replace(office.parts, ledger=ledger, runner=runner)
    yield office
    await ledger.close()


@pytest.mark.parametrize("name", TROUBLES)
async def test_without_an_intent_there_is_no_act(hostile: Office, proxy: Proxy, name: str) -> None:
    account = hostile.clinic.account("phistore").opens_to_anyone()
    event = event_of(hostile.estate.log.records[-1]) | {"eventTime": hostile.clock().isoformat()}
    proxy.strikes(TROUBLES[name], 10_000, "POST", path="/$batch")

    with pytest.raises(LedgerUnavailable):
        await deliver(hostile.parts, event, "eventgrid")

    assert writes(hostile.estate.exchanges) == []
    proxy.strikes(Trouble(), 0)
    await deliver(hostile.parts, event, "eventgrid")
    assert account.has("allowBlobPublicAccess") is False
    closed = [
        one for one in writes(hostile.estate.exchanges) if "storageAccounts/phistore?" in one["liveRequest"]["url"]
    ]
    assert len(closed) == 1
