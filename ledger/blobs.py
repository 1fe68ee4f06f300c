"""The one door to Blob Storage: blobs are created, never replaced; read; listed; deleted when they are disposed of."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from incident.errors import LedgerUnavailable

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import BlobServiceClient, ContainerClient

    from ledger.wire import Wire

PATIENCE = timedelta(seconds=30)


class Blobs:
    """One storage account. Containers are made on first use, but under an identity by what deploys it."""

    def __init__(
        self, address: str, wire: "Wire", credential: "AsyncTokenCredential | None", policies: Sequence[Any]
    ) -> None:
        self.address = address
        self.wire = wire
        self.credential = credential
        self.policies = policies
        self.made: dict[str, asyncio.Task[ContainerClient]] = {}

    @cached_property
    def service(self) -> "BlobServiceClient":
        """The account's client: two quick retries, for every call here may be repeated."""
        from azure.storage.blob.aio import BlobServiceClient, LinearRetry

        options: dict[str, Any] = {
            "transport": self.wire.transport(),
            "retry_policy": LinearRetry(backoff=0, retry_total=2, random_jitter_range=1),
            "_additional_pipeline_policies": list(self.policies),
        }
        if self.address.startswith("https://"):
            return BlobServiceClient(self.address, credential=self.credential, **options)
        return BlobServiceClient.from_connection_string(self.address, **options)

    async def _container(self, name: str) -> "ContainerClient":
        making = self.made.get(name)
        if making is None or (making.done() and (making.cancelled() or making.exception())):
            making = self.made[name] = asyncio.create_task(self._make(name))
        return await asyncio.shield(making)

    async def _make(self, name: str) -> "ContainerClient":
        from azure.core.exceptions import ResourceExistsError

        client = self.service.get_container_client(name)
        if self.address.startswith("https://"):
            return client
        async with self._answered(f"make the container {name}"):
            try:
                await client.create_container()
            except ResourceExistsError:
                return client
        return client

    async def create(self, container: str, name: str, data: bytes) -> bool:
        """Whether the blob is there by this call; False when one of that name was there already, whatever is in it."""
        from azure.core.exceptions import ResourceExistsError

        client = await self._container(container)
        async with self._answered(f"write to {container}"):
            try:
                await client.upload_blob(name, data, overwrite=False)
            except ResourceExistsError:
                return False
        return True

    async def read(self, container: str, name: str) -> bytes | None:
        """The blob's bytes, or None."""
        from azure.core.exceptions import ResourceNotFoundError

        client = await self._container(container)
        async with self._answered(f"read from {container}"):
            try:
                return await (await client.download_blob(name)).readall()
            except ResourceNotFoundError:
                return None

    async def delete(self, container: str, name: str) -> None:
        """The blob is not there any more. LedgerUnavailable where storage keeps it, as under an immutability policy."""
        from azure.core.exceptions import ResourceNotFoundError

        client = await self._container(container)
        async with self._answered(f"delete in {container}"):
            try:
                await client.delete_blob(name, delete_snapshots="include")
            except ResourceNotFoundError:
                return

    async def names(self, container: str, prefix: str = "") -> AsyncIterator[str]:
        """The names that begin so, in order."""
        client = await self._container(container)
        pages = client.list_blob_names(name_starts_with=prefix).by_page()
        while True:
            async with self._answered(f"list {container}"):
                page = await anext(pages, None)
                names = [] if page is None else [name async for name in page]
            if page is None:
                return
            for name in names:
                yield name

    @asynccontextmanager
    async def _answered(self, what: str) -> AsyncIterator[None]:
        from azure.core.exceptions import AzureError

        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                yield
        except (AzureError, TimeoutError, OSError) as error:
            raise LedgerUnavailable(f"could not {what}: {type(error).__name__}; try again") from error
