"""The clients, each made on first use: thin ones per tier, typed ones per subscription, the publisher of notices."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cloud import identity, wire
from cloud.clock import Clock
from cloud.identity import Tier
from cloud.pipeline import BlobGate, Departure, Gate, GraphGate, VaultGate
from cloud.retries import Patience
from cloud.throttle import Throttle, Turnstile
from cloud.urls import authority
from cloud.versions import VERSIONS
from incident.settings import Settings
from incident.trust import trust

if TYPE_CHECKING:
    import ssl

    import aiohttp
    from azure.core import AsyncPipelineClient
    from azure.eventgrid.aio import EventGridPublisherClient
    from azure.identity.aio import ManagedIdentityCredential
    from azure.mgmt.core import AsyncARMPipelineClient
    from azure.mgmt.network.aio import NetworkManagementClient
    from azure.mgmt.storage.aio import StorageManagementClient
    from azure.monitor.query.aio import LogsQueryClient


class Clients:
    """Everything that is opened, and closed together. To be used, and first touched, inside the running loop."""

    def __init__(self, settings: Settings, clock: Clock, extra: Sequence[Any], transport: Any) -> None:
        self.settings = settings
        self.clock = clock
        self.extra = tuple(extra)
        self.given = transport
        self.url = settings.arm_url.rstrip("/")
        self.host = authority(self.url)
        self.graph_url = settings.graph_url.rstrip("/")
        self.graph_host = authority(self.graph_url)
        self.throttle = Throttle(clock)
        self.credentials: dict[Tier, ManagedIdentityCredential] = {}
        self.thin_clients: dict[Tier, AsyncARMPipelineClient[Any, Any]] = {}
        self.blob_clients: dict[Tier, AsyncPipelineClient[Any, Any]] = {}
        self.vault_clients: dict[Tier, AsyncPipelineClient[Any, Any]] = {}
        self.graph_clients: dict[Tier, AsyncPipelineClient[Any, Any]] = {}
        self.storage_clients: dict[str, StorageManagementClient] = {}
        self.network_clients: dict[str, NetworkManagementClient] = {}

    @cached_property
    def trust(self) -> "ssl.SSLContext":
        """Whom we believe."""
        return trust(self.settings.ca_bundle)

    @cached_property
    def pool(self) -> "aiohttp.ClientSession":
        """The one pool of connections."""
        return wire.session(self.trust)

    @cached_property
    def transport(self) -> Any:
        """The wire under every client."""
        return self.given or wire.transport(self.pool)

    def credential(self, tier: Tier) -> "ManagedIdentityCredential":
        """The managed identity of a tier."""
        if tier not in self.credentials:
            self.credentials[tier] = identity.credential(self.settings, tier, self.transport)
        return self.credentials[tier]

    def thin(self, tier: Tier) -> "AsyncARMPipelineClient[Any, Any]":
        """Resource Manager, raw."""
        if tier not in self.thin_clients:
            from azure.mgmt.core import AsyncARMPipelineClient

            self.thin_clients[tier] = AsyncARMPipelineClient(
                self.url, policies=self._policies(tier), transport=self.transport
            )
        return self.thin_clients[tier]

    def blobs(self, tier: Tier) -> "AsyncPipelineClient[Any, Any]":
        """The blob endpoints of storage accounts."""
        if tier not in self.blob_clients:
            from azure.core import AsyncPipelineClient

            gate = BlobGate(self.host, self.clock, writes=tier is not Tier.READ)
            policies = [gate, *self._policies(tier, scope=identity.STORAGE)[1:]]
            self.blob_clients[tier] = AsyncPipelineClient("", policies=policies, transport=self.transport)
        return self.blob_clients[tier]

    def vaults(self, tier: Tier) -> "AsyncPipelineClient[Any, Any]":
        """The addresses of key vaults."""
        if tier not in self.vault_clients:
            from azure.core import AsyncPipelineClient

            gate = VaultGate(self.host, self.clock, writes=tier is not Tier.READ)
            policies = [gate, *self._policies(tier, scope=identity.vault_scope(self.settings))[1:]]
            self.vault_clients[tier] = AsyncPipelineClient("", policies=policies, transport=self.transport)
        return self.vault_clients[tier]

    def graph(self, tier: Tier) -> "AsyncPipelineClient[Any, Any]":
        """Microsoft Graph, which counts apart from Resource Manager."""
        if tier not in self.graph_clients:
            from azure.core import AsyncPipelineClient
            from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy

            credential, writes = self.credential(tier), tier is not Tier.READ
            policies = [
                GraphGate(self.graph_host, self.clock, writes=writes),
                Patience(self.clock, reads=not writes),
                Turnstile(self.throttle, f"graph {identity.client_id(self.settings, tier) or 'system'}"),
                AsyncBearerTokenCredentialPolicy(credential, identity.graph_scope(self.settings)),
                Departure(self.clock, writes=writes),
                *self.extra,
            ]
            self.graph_clients[tier] = AsyncPipelineClient("", policies=policies, transport=self.transport)
        return self.graph_clients[tier]

    def storage(self, subscription: str) -> "StorageManagementClient":
        """Storage accounts of a subscription, as the contain identity."""
        if subscription not in self.storage_clients:
            from azure.mgmt.storage.aio import StorageManagementClient

            version = VERSIONS["microsoft.storage"]
            self.storage_clients[subscription] = StorageManagementClient(
                **self._typed(subscription), api_version=version, policies=self._policies(Tier.CONTAIN, version)
            )
        return self.storage_clients[subscription]

    def network(self, subscription: str) -> "NetworkManagementClient":
        """Networks of a subscription, as the contain identity. The client knows no api-version: the gate pins it."""
        if subscription not in self.network_clients:
            from azure.mgmt.network.aio import NetworkManagementClient

            self.network_clients[subscription] = NetworkManagementClient(
                **self._typed(subscription), policies=self._policies(Tier.CONTAIN, VERSIONS["microsoft.network"])
            )
        return self.network_clients[subscription]

    @cached_property
    def logs(self) -> "LogsQueryClient":
        """Log Analytics, as the read identity."""
        from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy
        from azure.monitor.query.aio import LogsQueryClient

        credential, url = self.credential(Tier.READ), self.settings.logs_url.rstrip("/")
        return LogsQueryClient(
            credential,
            endpoint=url,
            transport=self.transport,
            policies=[
                Gate(authority(url), self.clock, writes=False),
                Patience(self.clock, reads=True),
                Turnstile(self.throttle, f"logs {identity.client_id(self.settings, Tier.READ) or 'system'}"),
                AsyncBearerTokenCredentialPolicy(credential, identity.logs_scope(self.settings)),
                Departure(self.clock, writes=False),
                *self.extra,
            ],
        )

    @cached_property
    def boards(self) -> "AsyncPipelineClient[Any, Any]":
        """Azure Boards, as the evidence identity. What is said there is no containment: it belongs to no exchange."""
        from azure.core import AsyncPipelineClient
        from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy

        policies = [
            Gate(authority(self.settings.boards_url), self.clock, writes=False),
            Patience(self.clock, reads=False),
            Turnstile(self.throttle, "boards"),
            AsyncBearerTokenCredentialPolicy(self.credential(Tier.EVIDENCE), identity.BOARDS),
            Departure(self.clock, writes=False),
            *self.extra,
        ]
        return AsyncPipelineClient("", policies=policies, transport=self.transport)

    @cached_property
    def publisher(self) -> "EventGridPublisherClient":
        """The topic of notices, as the evidence identity."""
        from azure.eventgrid.aio import EventGridPublisherClient

        return EventGridPublisherClient(
            self.settings.events_topic,
            self.credential(Tier.EVIDENCE),
            transport=wire.Last(self.transport, self.extra),
            retry_total=1,  # at once; after that the ledger repeats it, under the same event ids
            redirect_max=0,
        )

    def _typed(self, subscription: str) -> dict[str, Any]:
        return {
            "credential": self.credential(Tier.CONTAIN),
            "subscription_id": subscription,
            "base_url": self.url,
            "credential_scopes": [identity.arm_scope(self.settings)],
            "transport": self.transport,
        }

    def _policies(self, tier: Tier, version: str = "", *, scope: str = "") -> list[Any]:
        """New ones for each pipeline, in order: azure-core links policies in place."""
        from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

        writes = tier is not Tier.READ
        return [
            Gate(self.host, self.clock, writes=writes, version=version),
            Patience(self.clock, reads=not writes),
            Turnstile(self.throttle, identity.client_id(self.settings, tier) or "system"),
            AsyncARMChallengeAuthenticationPolicy(self.credential(tier), scope or identity.arm_scope(self.settings)),
            Departure(self.clock, writes=writes),
            *self.extra,
        ]

    async def close(self) -> None:
        """Close the pool, and with it every connection."""
        if "pool" in self.__dict__:
            await self.pool.close()
