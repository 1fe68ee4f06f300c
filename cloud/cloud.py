"""The door to Azure."""

import asyncio
import importlib
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloud.arm import Arm
from cloud.blobs import Blobs
from cloud.boards import Boards
from cloud.clients import Clients
from cloud.clock import PATIENCE, Clock, budget
from cloud.exchange import Exchange, Rehearsed, Reply, Request
from cloud.graph import Graph
from cloud.keys import Keys
from cloud.logs import Logs
from cloud.notices import publish
from cloud.operations import progress
from cloud.probe import Probe
from cloud.telemetry import Telemetry
from cloud.throttle import sweeping
from incident.errors import Interrupted, Postponed, TourniquetError
from incident.settings import Settings

if TYPE_CHECKING:
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.mgmt.storage.aio import StorageManagementClient

log = logging.getLogger(__name__)
type Send = Callable[["Cloud"], Awaitable[object]]
WARM = ("azure.identity.aio", "azure.mgmt.core.policies", "azure.mgmt.storage.aio", "azure.mgmt.network.aio")


class Cloud:
    """Reads, writes, probes and notices. `policies` are azure-core pipeline policies put last before the wire.

    Errors are those of incident.errors: Refused, Gone, Postponed, Interrupted. RuntimeError says that a `send` is
    written wrongly: it made no write, or a second one.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        policies: Sequence[Any] = (),
        transport: Any = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.clients = Clients(settings, self.clock, policies, transport)
        self.arm = Arm(self.clients)
        self.graph = Graph(self.clients)
        self.blobs = Blobs(self.clients)
        self.keys = Keys(self.clients)
        self.probe = Probe(self.clients)
        self.logs = Logs(self.clients)
        self.boards = Boards(self.clients)
        self.telemetry = Telemetry()

    def storage(self, subscription: str) -> "StorageManagementClient":
        """The typed storage client of a subscription, as the contain identity."""
        return self.clients.storage(subscription)

    def network(self, subscription: str) -> "NetworkManagementClient":
        """The typed network client of a subscription, as the contain identity."""
        return self.clients.network(subscription)

    async def perform(self, send: Send, *, request_id: str, timeout: timedelta) -> Reply:  # noqa: ASYNC109 - a budget that is checked before each wait
        """Make the one write of `send` under this x-ms-client-request-id, and say how it was acknowledged.

        Interrupted: it may have been carried out. Refused, Gone, Postponed: it was not.
        """
        exchange = Exchange(request_id=request_id)
        until = self.clock.now() + timeout
        try:
            with exchange.open(), budget(until):
                async with asyncio.timeout(timeout.total_seconds()):
                    await send(self)
        except (TimeoutError, _azure_error()) as broken:
            if exchange.reply is None:
                raise _unfinished(exchange, broken, until) from broken
            log.warning("acknowledged, but the client could not read the answer (%s)", type(broken).__name__)
        if exchange.reply is None:
            raise RuntimeError("a call makes one write, this one made none")
        return exchange.reply

    async def rehearse(self, send: Send) -> Request:
        """The request that `send` would make, exactly; nothing is sent and no token is asked for."""
        exchange = Exchange(request_id="", rehearsal=True)
        try:
            with exchange.open():
                await send(self)
        except Rehearsed:
            pass
        if exchange.request is None:
            raise RuntimeError("a call makes one write, this one made none")
        return exchange.request

    async def poll(self, url: str) -> Reply:
        """How far the long-running operation is, asked once. Refused unless the URL is Resource Manager's."""
        return await progress(self.clients, url)

    async def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Publish CloudEvents to the topic of the settings. Refused (NoTopic) where none is set."""
        await publish(self.clients, events)

    @contextmanager
    def within(self, until: datetime) -> Iterator[None]:
        """Inside, no read waits beyond `until`: what would take longer is Postponed."""
        with budget(until):
            yield

    @contextmanager
    def sweeping(self, patience: timedelta = PATIENCE) -> Iterator[None]:
        """Inside, requests leave a part of Azure's limits to containment; Throttled where that takes longer."""
        with sweeping(patience):
            yield

    async def warm(self) -> None:
        """Import what the line needs, beside the loop; then begin to tell how it goes."""
        for module in WARM:
            await asyncio.to_thread(importlib.import_module, module)
        await asyncio.to_thread(self.telemetry.start, os.environ)

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.to_thread(self.telemetry.stop)
        await self.probe.close()
        await self.clients.close()


def _azure_error() -> type[Exception]:
    from azure.core.exceptions import AzureError

    return AzureError


def _unfinished(exchange: Exchange, broken: Exception, until: datetime) -> TourniquetError:
    """What a time-out, or an error of the client itself, means for the write."""
    what = type(broken).__name__
    if exchange.in_doubt:
        return Interrupted(f"the outcome is unknown, read back before repeating ({what})")
    return Postponed(f"nothing was sent in time ({what})", until=until)
