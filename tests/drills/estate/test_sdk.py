"""The real Azure clients, unmodified, against an estate on a thread of its own."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.eventgrid.aio import EventGridPublisherClient
from azure.identity.aio import ManagedIdentityCredential
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.storage.aio import StorageManagementClient
from azure.storage.blob import AccessPolicy, BlobServiceClient, generate_container_sas
from azure.storage.blob.aio import BlobServiceClient as AsyncBlobServiceClient

from drills.estate import Delays, Estate
from drills.estate.clinic import WATCHER, Clinic
from drills.estate.world import utc_now

NOTHING = timedelta(0)
QUICK = Delays(blobs=NOTHING, rules=NOTHING, operation=timedelta(milliseconds=20), poll=NOTHING)
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


def seen(estate: Estate, credential: Any, account: str = "phistore") -> BlobServiceClient:
    place, trusted = f"{estate.url}/blob/{account}", estate.ca_file
    return BlobServiceClient(place, credential=credential, connection_verify=trusted, retry_total=0)


def test_the_blob_client_signs_with_a_key_that_holds_until_it_is_rotated(estate: Estate, clinic: Clinic) -> None:
    account = clinic.account("phistore", containers={"scans": 3})
    key = clinic.thief.with_key("phistore").shared_key
    assert key is not None

    with seen(estate, {"account_name": "phistore", "account_key": key[1]}) as blobs:
        scans = blobs.get_container_client("scans")
        assert [one.name for one in scans.list_blobs()] == ["0001.dcm", "0002.dcm", "0003.dcm"]
        scans.upload_blob("odd name/\u00e9.dcm", b"\x00\xff{}", overwrite=True)
        assert scans.download_blob("odd name/\u00e9.dcm").readall() == b"\x00\xff{}"
        scans.delete_blob("0001.dcm")
        account.rotates("key1")
        with pytest.raises(ClientAuthenticationError):
            scans.delete_blob("0002.dcm")


def test_the_blob_client_writes_and_drops_stored_policies(estate: Estate, clinic: Clinic) -> None:
    clinic.account("phistore")
    key = clinic.thief.with_key("phistore").shared_key
    assert key is not None
    policy = AccessPolicy(permission="rl", expiry="2099-01-01T00:00:00Z")

    with seen(estate, {"account_name": "phistore", "account_key": key[1]}) as blobs:
        scans = blobs.get_container_client("scans")
        scans.set_container_access_policy({"link": policy})
        held = scans.get_container_access_policy()["signed_identifiers"]
        thief = clinic.thief.with_service_sas("phistore", "scans", policy="link")
        assert not thief.reads("phistore/scans/0001.dcm").is_refused
        lease = scans.acquire_lease()
        scans.set_container_access_policy({}, lease=lease)
        lease.release()

    assert [(one.id, one.access_policy.permission) for one in held] == [("link", "rl")]
    assert thief.reads("phistore/scans/0001.dcm").code == "AuthenticationFailed"


async def test_the_blob_client_asks_for_user_delegation_keys_with_a_token(
    estate: Estate, clinic: Clinic, credential: ManagedIdentityCredential
) -> None:
    account = clinic.account("phistore")
    estate.assign(estate.world.directory["contain"], "Storage Blob Data Reader", account.id)
    place, now = f"{estate.url}/blob/phistore", utc_now()

    async with AsyncBlobServiceClient(place, credential=credential, connection_verify=estate.ca_file) as blobs:
        key = await blobs.get_user_delegation_key(now, now + timedelta(hours=1))
        token = generate_container_sas(
            "phistore", "scans", user_delegation_key=key, permission="rl", expiry=now + timedelta(hours=1)
        )

    with seen(estate, token) as thief:
        assert len(list(thief.get_container_client("scans").list_blobs())) == 200
