"""What goes over the wire for the ledger: one HTTP session, one credential, for tables and blobs."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from incident.trust import trust

if TYPE_CHECKING:
    import aiohttp
    from azure.core.credentials_async import AsyncTokenCredential

CONNECT, READ = 4, 8  # seconds


@dataclass
class Wire:
    """Keep-alive connections that trust the system's authorities and those in `ca_bundle` (a file; empty = none)."""

    ca_bundle: str = ""

    @cached_property
    def session(self) -> "aiohttp.ClientSession":
        """One session, so that connections are reused; azure-core's own would build a TLS context per request."""
        import aiohttp

        connector = aiohttp.TCPConnector(ssl=trust(self.ca_bundle), limit=64)
        return aiohttp.ClientSession(connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())

    def transport(self) -> Any:
        """An azure-core transport over the session; closing it leaves the session open."""
        from azure.core.pipeline.transport import AioHttpTransport

        return AioHttpTransport(
            session=self.session, session_owner=False, connection_timeout=CONNECT, read_timeout=READ
        )

    def identity(self, client_id: str) -> "AsyncTokenCredential":
        """The managed identity with that client id; empty = the system-assigned one."""
        from azure.identity.aio import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=client_id or None, transport=self.transport())

    async def close(self) -> None:
        """Every connection is closed."""
        if "session" in vars(self):
            await self.session.close()
