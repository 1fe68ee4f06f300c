"""The simulated Azure, whole: one https server on loopback and the plain-http managed-identity endpoint beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

from drills.estate import lifecycle
from drills.estate.activity import ActivityLog
from drills.estate.arm import ResourceManager, said
from drills.estate.blobs import Blobs
from drills.estate.boards import PROJECT, Boards
from drills.estate.certificates import shared_context
from drills.estate.compute import Exports
from drills.estate.denials import Denial
from drills.estate.eligibilities import eligible
from drills.estate.events import EventGrid, Topic
from drills.estate.exchanges import Exchanges
from drills.estate.faults import Faults
from drills.estate.flows import Flow
from drills.estate.front import application
from drills.estate.graph import KINDS, Graph
from drills.estate.ids import subscription_of, type_of
from drills.estate.log_analytics import WORKSPACE_ID, LogAnalytics
from drills.estate.normal import effective
from drills.estate.places import WORKSPACE
from drills.estate.principals import TIERS, Principal
from drills.estate.resource_graph import ResourceGraph
from drills.estate.roles import assignment, definition_id
from drills.estate.server import background, listening, on_a_thread
from drills.estate.service import Kind, enveloped
from drills.estate.services import services
from drills.estate.sites import Sites
from drills.estate.store import Clock
from drills.estate.tokens import ARM_AUDIENCE, HOUR, Entra
from drills.estate.topology import interface_of
from drills.estate.vaults import Vaults
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import Delays, World, utc_now

AUDIENCE = "api://tourniquet"


class Estate:
    """One tenant, one subscription. Made by `serve` or `in_thread`; what is public may be called from any thread."""

    def __init__(self, clock: Clock = utc_now, delays: Delays | None = None) -> None:
        self.world = World(clock, delays or Delays())
        self.faults = Faults(self.world.store.forgetting)
        self.log = ActivityLog(self.world)
        self.events = EventGrid()
        self.entra = Entra(self.world)
        self.blobs = Blobs(self.world, self.entra)
        self.sites = Sites(self.world)
        self.vaults = Vaults(self.world, self.entra)
        self.graph_index = ResourceGraph(self.world, self.log)
        offered = (*services(self.world, self.log), self.graph_index.service())
        self.arm = ResourceManager(self.world, self.entra, offered, self.log, self.events.hear)
        self.topic = Topic(self.world, self.entra)
        self.graph = Graph(self.world, self.entra)
        self.exports = Exports(self.world)
        self.logs = LogAnalytics(self.world, self.entra, self.log, WORKSPACE)
        self.boards = Boards(self.world, self.entra)
        self.ca_file = ""
        self.identity_endpoint = ""

    @classmethod
    @asynccontextmanager
    async def serve(
        cls, *, latency: timedelta | None = None, clock: Clock = utc_now, delays: Delays | None = None
    ) -> AsyncIterator[Self]:
        """A running estate on the caller's loop. `latency` is one round trip to Resource Manager."""
        estate = cls(clock, delays)
        if latency is not None:
            estate.world.delays.latency = latency
        async with estate._running():
            yield estate

    @classmethod
    def in_thread(
        cls, *, latency: timedelta | None = None, clock: Clock = utc_now, delays: Delays | None = None
    ) -> AbstractContextManager[Self]:
        """A running estate on a thread and loop of its own, so that a slow client does not slow it."""
        return on_a_thread(partial(cls.serve, latency=latency, clock=clock, delays=delays))

    # Where it is

    @property
    def url(self) -> str:
        """The address of Resource Manager."""
        return self.world.url

    @property
    def graph_url(self) -> str:
        """The address of Microsoft Graph."""
        return f"{self.url}/graph"

    @property
    def login_url(self) -> str:
        """The address of Entra ID."""
        return self.entra.login_url

    @property
    def logs_url(self) -> str:
        """The address of Log Analytics queries."""
        return f"{self.url}/logs"

    @property
    def workspace_id(self) -> str:
        """The id under which the workspace is queried (its customerId)."""
        return WORKSPACE_ID

    @property
    def boards_url(self) -> str:
        """The address of the project in Azure DevOps."""
        return f"{self.url}{PROJECT}"

    @property
    def topic_url(self) -> str:
        """The address of the Event Grid topic."""
        return f"{self.url}/topic/api/events"

    @property
    def identity_header(self) -> str:
        """The secret that the managed-identity endpoint asks for."""
        return self.entra.header

    def environment(self) -> dict[str, str]:
        """The settings of a responder that runs in this tenant."""
        tiers = {f"TOURNIQUET_IDENTITY_{tier.upper()}": self.world.directory[tier].client_id for tier in TIERS}
        return tiers | {
            "IDENTITY_ENDPOINT": self.identity_endpoint,
            "IDENTITY_HEADER": self.identity_header,
            "TOURNIQUET_ARM_URL": self.url,
            "TOURNIQUET_GRAPH_URL": self.graph_url,
            "TOURNIQUET_LOGS_URL": self.logs_url,
            "TOURNIQUET_WORKSPACE": self.workspace_id,
            "TOURNIQUET_LOGIN_URL": self.login_url,
            "TOURNIQUET_CA_BUNDLE": self.ca_file,
            "TOURNIQUET_TENANT": self.world.tenant,
            "TOURNIQUET_AUDIENCE": AUDIENCE,
            "TOURNIQUET_EVENTS_TOPIC": self.topic_url,
        }

    # Who may

    def grant(self, principal: str, *actions: str) -> None:
        """The principal may do these from now on."""
        self.world.directory[principal].grants.update(actions)

    def used(self, principal: str) -> set[str]:
        """The grants that really served, in the grants' own spelling; for a wildcard the action itself."""
        return set(self.world.directory[principal].used)

    def person(self, name: str, *actions: str) -> Principal:
        """A person or pipeline of the tenant with these grants."""
        return self.world.directory.add(Principal(name, is_person=True, grants=set(actions)))

    def member(self, name: str) -> Principal:
        """A managed identity of the tenant, the same for the same name."""
        return self.world.directory.member(name)

    def assign(self, principal: Principal, role: str, scope: str) -> str:
        """The principal has always held the built-in role at the scope; the assignment's id."""
        kind = "User" if principal.is_person else "ServicePrincipal"
        terms = {"principalId": principal.oid, "principalType": kind}
        state = assignment(self.world, scope, terms | {"roleDefinitionId": definition_id(self.world, role)})
        self.world.store.seed(state)
        return str(state["id"])

    def makes_eligible(self, principal: Principal, role: str, scope: str) -> str:
        """The principal may activate the built-in role at the scope; the instance's id."""
        state = eligible(self.world, scope, principal.oid, definition_id(self.world, role))
        self.world.store.seed(state)
        return str(state["id"])

    def deny(self, policy: str, path: str) -> None:
        """A policy of this name forbids writes to paths in which the regular expression is found, from now on."""
        self.world.denials.append(Denial(policy, path, self.world.scope))

    def token(self, principal: str, audience: str = ARM_AUDIENCE, *, expires_in: timedelta = HOUR) -> str:
        """An access token of a known principal for a service of Azure."""
        return self.entra.service_token(self.world.directory[principal], audience, expires_in=expires_in)

    def person_token(  # noqa: PLR0913 each is one way in which a token can be wrong
        self,
        oid: str,
        name: str,
        roles: Iterable[str] = ("Responder.Read",),
        *,
        audience: str = AUDIENCE,
        expires_in: timedelta = HOUR,
        issuer: str | None = None,
        forged: bool = False,
        omit: Iterable[str] = (),
    ) -> str:
        """A v2.0 token for the app; audience, expires_in, issuer, forged and omit make bad ones."""
        return self.entra.person_token(
            oid, name, audience=audience, roles=roles, expires_in=expires_in, issuer=issuer, forged=forged, omit=omit
        )

    # What is so

    def effective(self, resource: str) -> Json:
        """The effective configuration of one resource.

        Raises KeyError when there is none.
        """
        state = self.world.store.read(resource)
        if state is None:
            raise KeyError(resource)
        return effective(state, self._kind(state) or Kind())

    def snapshot(self) -> dict[str, Json]:
        """The effective configuration of everything, by lower-case id; equal when nothing changed in effect.

        Alerts and incidents are no configuration and left out; so is what belongs to other subscriptions.
        """
        ours = (
            one for one in self.world.store.all() if subscription_of(one["id"]).lower() in {"", self.world.subscription}
        )
        found = ((state, self._kind(state)) for state in ours)
        return {state["id"].lower(): effective(state, kind) for state, kind in found if kind is not None}

    @property
    def storage_log(self) -> list[Json]:
        """What the blob endpoints served, as rows of StorageBlobLogs."""
        return self.world.traffic.storage_log

    @property
    def flow_log(self) -> list[Json]:
        """What passed between machines and others where a flow log is on, as rows of NTANetAnalytics."""
        return self.world.traffic.flow_log

    @property
    def objects_served(self) -> int:
        """How many objects strangers took."""
        rows = tuple(self.storage_log)
        return sum(
            row["OperationName"] in {"GetBlob", "CopyBlobSource"} and row["StatusText"] == "Success" for row in rows
        )

    @property
    def topic_events(self) -> list[Json]:
        """The CloudEvents that the topic took."""
        return self.world.traffic.topic_events

    @property
    def told_to_graph(self) -> list[Json]:
        """What went between clients and Microsoft Graph, without secrets."""
        return self.graph.exchanges.kept

    @property
    def exchanges(self) -> list[Json]:
        """What went between clients and Resource Manager, without secrets."""
        return self.arm.exchanges.kept

    def write_pairs(self, path: Path) -> int:
        """The exchanges with Resource Manager, one a line, for Microsoft's validator; how many."""
        return self.arm.exchanges.write_pairs(path)

    # What happens

    def act(self, principal: str, method: str, path: str, body: Any = None, *, version: str = "2023-05-01") -> Reply:
        """A request to Resource Manager by someone inside, without the wire, its effects in force at once."""
        query, url = {"api-version": version}, f"{self.url}{path}?api-version={version}"
        asked = Asked(method=method, path=path, url=url, query=query, body=body, caller=self.world.directory[principal])
        with self.world.at_once():
            return self.arm.perform(asked, self.world.directory[principal])

    def lifecycle_runs(self) -> int:
        """One day's run of every lifecycle policy; how many objects it deleted."""
        return lifecycle.run(self.world)

    def flow(self, machine: str, destination: str, direction: str = "Outbound") -> Flow:
        """A connection of a machine (resource id) with `address:port`, not opened yet.

        The port is of whoever is called: the address for Outbound, the machine for Inbound.
        """
        nic = interface_of(self.world, machine)
        if nic is None:
            raise KeyError(machine)
        address, _, port = destination.partition(":")
        return Flow(self.world, nic, address, int(port or 443), direction)

    def subscribe_events(self, url: str) -> None:
        """Every write from now on is told to this address in Event Grid's schema."""
        self.events.subscribers.append(url)

    # How it runs

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        tls, ca = shared_context()
        self.ca_file = str(ca)
        async with (
            listening(application(self._answer, self.world.clock), tls) as self.world.url,
            listening(application(self._identity, self.world.clock)) as identity,
            background(self.events.deliver()),
        ):
            self.identity_endpoint = f"{identity}/msi/token"
            yield

    async def _identity(self, asked: Asked) -> Reply:
        return await self._through_faults(asked, self.entra.managed_identity)

    async def _answer(self, asked: Asked) -> Reply:
        planes: dict[str, Callable[[Asked], Reply]] = {
            "blob": self.blobs.answer,
            "boards": self.boards.answer,
            "login": self.entra.answer,
            "topic": self.topic.answer,
            "disk": self.exports.answer,
            "logs": self.logs.answer,
            "site": self.sites.answer,
            "vault": self.vaults.answer,
        }
        first = asked.path.split("/", 2)[1].lower()
        if first in {"subscriptions", "providers"}:
            return await self._kept(asked, self.arm.answer, self.arm.exchanges)
        if first == "graph":
            return await self._kept(asked, self.graph.answer, self.graph.exchanges)
        return await self._through_faults(asked, planes.get(first, nothing_here))

    async def _kept(self, asked: Asked, plane: Callable[[Asked], Reply], exchanges: Exchanges) -> Reply:
        """An answer that takes a round trip, and is kept."""
        began, half = self.world.clock(), self.world.delays.latency.total_seconds() / 2
        await asyncio.sleep(half)
        reply = await self._through_faults(asked, plane)
        await asyncio.sleep(half)
        exchanges.capture(asked, reply, began)
        return reply

    async def _through_faults(self, asked: Asked, plane: Callable[[Asked], Reply]) -> Reply:
        try:
            return await self.faults.around(asked, lambda: plane(asked))
        except RefusalError as refusal:
            return said(refusal, enveloped)

    def _kind(self, state: Json) -> Kind | None:
        tables = (*(service.kinds for service in self.arm.services), KINDS)
        kinds = (table.get(type_of(state["id"]).lower()) for table in tables)
        return next((kind for kind in kinds if kind is not None), None)


def nothing_here(asked: Asked) -> Reply:
    """No plane of the estate has this address."""
    raise RefusalError(404, "NotFound", f"Nothing answers at '{asked.path}'.")
