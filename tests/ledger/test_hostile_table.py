"""A hostile Table Storage, operation by trouble: what is written is written once, and what is not known is not done."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from incident.errors import LeaseLost, LedgerUnavailable
from incident.settings import Settings
from ledger import Chain, Ledger, Work
from tests.ledger.conftest import NOW, draft
from tests.ledger.test_chain import whole
from tests.proxy import Proxy, Trouble

type Operation = Callable[[Ledger, Chain], Awaitable[Any]]

TROUBLES = {
    "429": Trouble(status=429, code="ServerBusy"),
    "429 with Retry-After": Trouble(status=429, code="ServerBusy", headers={"Retry-After": "1"}),
    "500": Trouble(status=500, code="InternalError"),
    "502": Trouble(status=502),
    "503": Trouble(status=503, code="ServerBusy"),
    "504": Trouble(status=504, code="OperationTimedOut"),
    "reset": Trouble(),
    "reply lost": Trouble(arrives=True),
    "503 although done": Trouble(status=503, code="ServerBusy", arrives=True),
}
REFUSALS = {
    "401": Trouble(status=401, code="AuthenticationFailed"),
    "403": Trouble(status=403, code="AuthorizationFailure"),
}
ALWAYS = 10_000


async def begin(ledger: Ledger, chain: Chain) -> None:
    await ledger.begin(f"{chain.incident}-next", [draft("signal"), draft("intent")], state={}, owner="one")


async def append(ledger: Ledger, chain: Chain) -> None:
    await ledger.append(chain.incident, [draft("intent")], state={"status": "open"}, lease=chain.lease)


async def renew(ledger: Ledger, chain: Chain) -> None:
    assert chain.lease
    await ledger.renew(chain.lease)


async def take(ledger: Ledger, chain: Chain) -> None:
    await ledger.take(chain.incident, "one")


async def seen(ledger: Ledger, chain: Chain) -> None:
    assert await ledger.seen(f"signal-{chain.incident}", {"kind": "test"}) is None


async def claim(ledger: Ledger, chain: Chain) -> None:
    assert await ledger.claim([f"key-{chain.incident}"], chain.incident) == chain.incident


async def owe(ledger: Ledger, chain: Chain) -> None:
    await ledger.owe(Work(incident=chain.incident, kind="incident", due=NOW))


OPERATIONS: tuple[Operation, ...] = (begin, append, renew, take, seen, claim, owe)


@pytest.fixture
async def proxy(settings: Settings) -> AsyncIterator[Proxy]:
    parts = dict(part.split("=", 1) for part in settings.tables.strip(";").split(";"))
    async with Proxy.before(parts["TableEndpoint"]) as standing:
        yield standing


@pytest.fixture
async def hostile(settings: Settings, proxy: Proxy) -> AsyncIterator[Ledger]:
    tables = settings.tables.replace(proxy.target, proxy.url)
    ledger = await Ledger.open(replace(settings, tables=tables), ttl=timedelta(seconds=20))
    yield ledger
    await ledger.close()


@pytest.fixture
async def chain(hostile: Ledger, incident: str) -> Chain:
    return await hostile.begin(incident, [draft("signal")], state={}, owner="one")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
async def test_a_trouble_that_passes_leaves_the_operation_done_once(
    proxy: Proxy, hostile: Ledger, chain: Chain, operation: Operation
) -> None:
    for number, trouble in enumerate(TROUBLES.values()):
        own = replace(chain, incident=f"{chain.incident}-{number}")
        begun = await hostile.begin(own.incident, [draft("signal")], state={}, owner="one")
        proxy.strikes(trouble, 1)

        await operation(hostile, begun)

        kinds = [entry.kind for entry in (await hostile.chain(own.incident)).entries]
        assert (trouble, kinds) == (trouble, ["signal", "intent"] if operation is append else ["signal"])
        assert whole((await hostile.chain(own.incident)).entries)
        if operation is begin:
            assert len((await hostile.chain(f"{own.incident}-next")).entries) == 2


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
async def test_a_trouble_that_stays_fails_closed_and_leaves_nothing(
    proxy: Proxy, hostile: Ledger, chain: Chain, operation: Operation
) -> None:
    staying = {name: trouble for name, trouble in TROUBLES.items() if not trouble.arrives}
    for name, trouble in (staying | REFUSALS).items():
        proxy.strikes(trouble, ALWAYS)

        with pytest.raises(LedgerUnavailable, match=r"again|stop|check"):
            await operation(hostile, chain)

        proxy.strikes(trouble, 0)
        assert (name, len((await hostile.chain(chain.incident)).entries)) == (name, 1)
    assert await hostile.head(f"{chain.incident}-next") is None


@pytest.mark.parametrize("status", [409, 412])
@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "always"])
async def test_a_conflict_that_nobody_caused_is_tried_again_and_never_taken_for_written(
    proxy: Proxy, hostile: Ledger, chain: Chain, status: int, times: int
) -> None:
    proxy.strikes(Trouble(status=status, code="UpdateConditionNotSatisfied"), times)

    if times == 1:
        await append(hostile, chain)
    else:
        with pytest.raises(LedgerUnavailable, match="do not act"):
            await append(hostile, chain)

    assert len((await hostile.chain(chain.incident)).entries) == 1 + (times == 1)


async def test_a_conflict_with_a_newer_term_tells_a_stale_writer_to_stop(
    proxy: Proxy, hostile: Ledger, settings: Settings, chain: Chain
) -> None:
    other = await Ledger.open(settings)
    try:
        assert chain.lease
        await other.release(chain.lease)
        await other.take(chain.incident, "two")
        proxy.strikes(TROUBLES["reply lost"], 1)

        with pytest.raises(LeaseLost):
            await append(hostile, chain)

        assert [entry.kind for entry in (await other.chain(chain.incident)).entries] == ["signal"]
    finally:
        await other.close()


async def test_what_cannot_be_read_back_is_not_known_to_be_written(proxy: Proxy, hostile: Ledger, chain: Chain) -> None:
    proxy.strikes(TROUBLES["reply lost"], ALWAYS, "POST", "GET")

    with pytest.raises(LedgerUnavailable):
        await append(hostile, chain)

    proxy.strikes(Trouble(), 0)
    assert whole((await hostile.chain(chain.incident)).entries)
