"""The attacker's eye: what a stranger without credentials sees. It lists; it opens no blob and keeps no name."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud import wire
from cloud.clients import Clients
from cloud.urls import authority, blob_endpoint
from incident.errors import Refused
from incident.target import Before

if TYPE_CHECKING:
    import aiohttp

CONTAINER = re.compile(r"\$root|\$web|\$logs|(?!.*--)[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])")
TURNED_AWAY = frozenset([401, 403, 404, 409])
SECONDS = 10
PRIVATE = "PrivateAddress"
HEADERS = {"x-ms-version": "2023-11-03", "User-Agent": "Mozilla/5.0"}
FIRST = 2048  # bytes of an error that are read for its code


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What the stranger met. `refused`: True or False where it was seen; None where this proves nothing."""

    refused: bool | None
    status: int = 0
    code: str = ""


class Probe:
    """Requests without credentials, to public addresses only."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self._pool: aiohttp.ClientSession | None = None

    async def anonymous_list(self, account: Before, container: str) -> Sight:
        """What a stranger gets who lists the container. The address comes from the account as Azure describes it."""
        endpoint = str((account.properties.get("primaryEndpoints") or {}).get("blob") or "")
        if not CONTAINER.fullmatch(container):
            return Sight(refused=None, code="NoContainerName")
        try:
            start = blob_endpoint(endpoint, simulated=self.simulated)
        except Refused as foreign:
            return Sight(refused=None, code=foreign.code)
        return await self.look(f"{start}{container}?restype=container&comp=list&maxresults=1")

    async def look(self, url: str) -> Sight:
        """What a stranger gets at a URL that was checked. A private address proves nothing of the public one."""
        import aiohttp

        if _private(host := authority(url).rpartition(":")[0]) and host != self.simulated:
            return Sight(refused=None, code=PRIVATE)
        limit = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with self.pool.get(url, headers=HEADERS, allow_redirects=False, timeout=limit) as response:
                return await _sight(response)
        except aiohttp.ClientConnectorError as broken:
            private = PRIVATE in str(broken.os_error)
            return Sight(refused=None, code=PRIVATE if private else type(broken).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as broken:
            return Sight(refused=None, code=type(broken).__name__)

    @property
    def simulated(self) -> str:
        """The host of Resource Manager: a simulated estate keeps its blobs there, whatever its address."""
        return self.clients.host.rpartition(":")[0]

    @property
    def pool(self) -> "aiohttp.ClientSession":
        """Connections of its own: nothing of ours travels on them, and every address is looked at."""
        if self._pool is None:
            self._pool = wire.session(self.clients.trust, resolver=_public_resolver(self.simulated))
        return self._pool

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()


async def _sight(response: "aiohttp.ClientResponse") -> Sight:
    """The names in a served list are not read."""
    status = response.status
    if status == 200:
        response.close()
        return Sight(refused=False, status=status)
    code = response.headers.get("x-ms-error-code") or _code(await response.content.read(FIRST))
    return Sight(refused=True if status in TURNED_AWAY else None, status=status, code=code)


def _code(body: bytes) -> str:
    found = re.search(rb"<Code>([A-Za-z]{1,80})</Code>", body)
    return found[1].decode() if found else ""


def _private(host: str) -> bool:
    """Whether the host is a literal address that is not on the public internet."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _public_resolver(simulated: str) -> Any:
    """A resolver that gives out public addresses only, so that what was checked is what is connected to."""
    import aiohttp

    class PublicOnly(aiohttp.ThreadedResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[aiohttp.abc.ResolveResult]:
            found = await super().resolve(host, port, family)
            if host != simulated and any(not ipaddress.ip_address(one["host"]).is_global for one in found):
                raise OSError(PRIVATE)
            return found

    return PublicOnly()
