"""The real Azure clients, unmodified, against an estate on a thread of its own."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.eventgrid.aio import EventGridPublisherClient
from azure.identity.aio import ManagedIdentityCredential
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.storage.aio import StorageManagementClient

from drills.estate import Delays, Estate
from drills.estate.clinic import WATCHER, Clinic

QUICK = Delays(blobs=timedelta(0), rules=timedelta(0), operation=timedelta(milliseconds=20), poll=timedelta(0))
NETWORK = "2024-01-01"


class Pinned(SansIOHTTPPolicy[Any, Any]):
    """Network clients take no api-version of their own."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.url = re.sub(r"api-version=[\d-]+", f"api-version={NETWORK}", request.http_request.url)


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    with Estate.in_thread(delays=QUICK) as running:
        running.grant("contain", "*")
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
async def credential(estate: Estate) -> AsyncIterator[ManagedIdentityCredential]:
    client_id = estate.environment()["TOURNIQUET_IDENTITY_CONTAIN"]
    async with ManagedIdentityCredential(client_id=client_id) as found:
        yield found


def where(estate: Estate) -> dict[str, Any]:
    scopes = ["https://management.azure.com/.default"]
    return {"base_url": estate.url, "credential_scopes": scopes, "connection_verify": estate.ca_file}


async def test_the_storage_client_reads_and_closes_an_open_account(
    estate: Estate, clinic: Clinic, credential: ManagedIdentityCredential
) -> None:
    clinic.account("phistore", containers={"scans": 3, "reports": 1}).opens_to_anyone()
    options = where(estate) | {"api_version": "2023-05-01"}

    async with StorageManagementClient(credential, estate.world.subscription, **options) as storage:
        before = await storage.storage_accounts.get_properties("clinic", "phistore")
        listed = [one.name async for one in storage.storage_accounts.list()]
        containers = [one.name async for one in storage.blob_containers.list("clinic", "phistore")]
        opened: Any = {"properties": {"publicAccess": "Blob"}}
        closed: Any = {"properties": {"allowBlobPublicAccess": False}}
        after = await storage.storage_accounts.update("clinic", "phistore", closed)
        with pytest.raises(ResourceExistsError, match="PublicAccessNotPermitted"):
            await storage.blob_containers.update("clinic", "phistore", "scans", opened)
        with pytest.raises(ResourceNotFoundError, match="ContainerNotFound"):
            await storage.blob_containers.get("clinic", "phistore", "nothing")

    assert before.properties is not None
    assert after.properties is not None
    assert (before.properties.allow_blob_public_access, after.properties.allow_blob_public_access) == (True, False)
    assert before.properties.primary_endpoints is not None
    assert before.properties.primary_endpoints.blob == f"{estate.url}/blob/phistore/"
    assert (listed, containers) == (["phistore"], ["reports", "scans"])
    assert clinic.stranger.lists("phistore/scans").is_refused


async def test_the_network_client_waits_for_its_operations(
    estate: Estate, clinic: Clinic, credential: ManagedIdentityCredential
) -> None:
    subnet = clinic.subnet("phi").opens_egress("leak", priority=200)
    machine = clinic.vm("pacs")
    options = where(estate) | {"per_call_policies": [Pinned()], "polling_interval": 0.02}
    ends: Any = {"access": "Deny", "priority": 100, "direction": "Outbound", "protocol": "*", "sourcePortRange": "*"}
    ends |= {"sourceAddressPrefix": "*", "destinationAddressPrefix": "Internet", "destinationPortRange": "*"}
    deny: Any = {"properties": ends}
    flow: Any = {"targetResourceId": machine.id, "direction": "Outbound", "protocol": "TCP", "localPort": "*"}
    flow |= {"remotePort": "443", "localIPAddress": "10.20.1.5", "remoteIPAddress": "203.0.113.9"}

    async with NetworkManagementClient(credential, estate.world.subscription, **options) as network:
        assert machine.reaches("203.0.113.9:443")
        put = await network.security_rules.begin_create_or_update("clinic", "phi-nsg", "deny", deny)
        rule = await put.result()
        verify = await network.network_watchers.begin_verify_ip_flow("NetworkWatcherRG", "eastus2", flow)
        verdict = await verify.result()
        delete = await network.security_rules.begin_delete("clinic", "phi-nsg", "deny")
        await delete.result()
        left = [one.name async for one in network.security_rules.list("clinic", "phi-nsg")]

    assert rule.properties is not None
    assert rule.properties.provisioning_state == "Succeeded"
    assert (verdict.access, verdict.rule_name) == ("Deny", "securityRules/deny")
    assert left == ["leak"]
    assert subnet.nsg in str(estate.exchanges)
    assert WATCHER in str(estate.exchanges)


async def test_the_event_grid_client_publishes_to_the_topic(
    estate: Estate, credential: ManagedIdentityCredential
) -> None:
    event = {"id": "1", "source": "tourniquet", "type": "notice", "specversion": "1.0", "data": {"clock": "x"}}

    async with EventGridPublisherClient(estate.topic_url, credential, connection_verify=estate.ca_file) as topic:
        await topic.send([event])

    assert [one["id"] for one in estate.topic_events] == ["1"]
