"""The connections: one pool for everything."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

    import aiohttp
    from azure.core.pipeline.transport import AioHttpTransport

CONNECT = 5  # seconds
SILENCE = 60  # seconds without a byte
CONNECTIONS = 256  # at once; the throttle lets fewer through to each subscription


def session(context: "ssl.SSLContext", *, resolver: Any = None) -> "aiohttp.ClientSession":
    """A pool that keeps connections for a minute, no cookies, no proxy or login taken from the environment."""
    import aiohttp

    pool = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS, keepalive_timeout=60, resolver=resolver),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
    pool._retry_connection = False  # noqa: SLF001 - aiohttp would send a PUT twice when a kept connection breaks
    return pool


def transport(pool: "aiohttp.ClientSession") -> "AioHttpTransport":
    """azure-core's transport on the pool; closing a client does not close the pool."""
    from azure.core.pipeline.transport import AioHttpTransport

    return AioHttpTransport(session=pool, session_owner=False, connection_timeout=CONNECT, read_timeout=SILENCE)


class Last:
    """A transport that passes requests through `policies` first: last before the wire, also under a foreign pipeline.

    azure-core links policies in place, so one that stands in several pipelines must have the same next in all of them.
    """

    def __init__(self, wire: Any, policies: Sequence[Any]) -> None:
        from azure.core.pipeline import AsyncPipeline

        self.wire = wire
        self.pipeline: Any = AsyncPipeline(wire, policies)

    async def send(self, request: Any, **options: Any) -> Any:
        """The answer."""
        return (await self.pipeline.run(request, **options)).http_response

    async def sleep(self, seconds: float) -> None:
        """Wait before a repetition."""
        await self.wire.sleep(seconds)
