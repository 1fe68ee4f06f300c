"""The attacker's eye: what a stranger, or the bearer of a canary SAS, sees. It lists; it opens and keeps nothing."""

import ipaddress
import json
import re
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cloud import wire
from cloud.clients import Clients
from cloud.urls import authority, blob_endpoint
from incident.errors import Refused
from incident.target import Before

if TYPE_CHECKING:
    import aiohttp

CONTAINER = re.compile(r"\$root|\$web|\$logs|(?!.*--)[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])")
CANARY = re.compile(r"[a-z0-9-]{3,63}\?[\w%=&:.,/+~-]{20,1500}", re.ASCII)
FUNCTION = re.compile(r"[\w/-]{1,200}\?code=[\w%=/+~-]{20,200}", re.ASCII)
SITES = (".azurewebsites.net", ".azurewebsites.us")
FORGED = f"sv=2023-11-03&ss=b&srt=sco&sp=rl&se=2099-01-01T00:00:00Z&sig={'A' * 43}%3D"
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
        if not CONTAINER.fullmatch(container):
            return Sight(refused=None, code="NoContainerName")
        return await self._listed(account, container)

    def has_canary(self, account: Before, kind: str, container: str = "") -> bool:
        """Whether a SAS of this kind was minted to be tried after a revocation; in this container where it is named."""
        bearer = self._canary(account, kind)
        return bearer is not None and container in ("", bearer.partition("?")[0])

    async def canary(self, account: Before, kind: str) -> Sight:
        """What the bearer of the canary SAS meets who lists its container.

        An expired SAS and a container that is not there prove nothing.
        """
        bearer = self._canary(account, kind)
        if bearer is None or _expired(bearer, self.clients.clock.now()):
            return Sight(refused=None, code="NoCanary")
        sight = await self._listed(account, bearer)
        return replace(sight, refused=None) if sight.status == 404 else sight

    async def forged(self, account: Before) -> Sight:
        """What the bearer of an account SAS with an invented signature meets.

        True: refused because keys are refused at all. Any other refusal may be for the signature and proves nothing.
        """
        sight = await self._listed(account, f"tourniquet-probe?{FORGED}")
        return replace(sight, refused=True if sight.code == "KeyBasedAuthenticationNotPermitted" else None)

    async def function_key(self, site: Before) -> Sight:
        """What the bearer of the canary `function_key` meets, `api/{function}?code={its key}` on the app's own host."""
        link = self._minted(site, "function_key")
        host = str(site.properties.get("defaultHostName") or "")
        if not FUNCTION.fullmatch(link):
            return Sight(refused=None, code="NoCanary")
        try:
            there = authority(f"https://{host}").rpartition(":")[0]
        except Refused as foreign:
            return Sight(refused=None, code=foreign.code)
        if there != self.simulated and not there.endswith(SITES):
            return Sight(refused=None, code="ForeignUrl")
        return await self.look(f"https://{host}/{link}")

    def _canary(self, account: Before, kind: str) -> str | None:
        found = self._minted(account, kind)
        return found if CANARY.fullmatch(found) else None

    def _minted(self, resource: Before, kind: str) -> str:
        canaries = json.loads(self.clients.settings.canaries or "{}")
        found = canaries.get(str(resource.body.get("name") or "").casefold(), {}).get(kind)
        return found if isinstance(found, str) else ""

    async def _listed(self, account: Before, bearer: str) -> Sight:
        """The list of `container` or `container?sas`. The address comes from the account as Azure describes it."""
        endpoint = str((account.properties.get("primaryEndpoints") or {}).get("blob") or "")
        try:
            start = blob_endpoint(endpoint, simulated=self.simulated)
        except Refused as foreign:
            return Sight(refused=None, code=foreign.code)
        container, _, signature = bearer.partition("?")
        query = "&".join(("restype=container", "comp=list", "maxresults=1", *filter(None, [signature])))
        return await self.look(f"{start}{container}?{query}")

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


def _expired(bearer: str, now: datetime) -> bool:
    """Whether the SAS says that its time is over. One under a stored policy names no time here."""
    try:
        until = datetime.fromisoformat(parse_qs(bearer.partition("?")[2]).get("se", ["9999-12-31T00:00:00Z"])[0])
    except ValueError:
        return True
    return until.replace(tzinfo=until.tzinfo or UTC) <= now


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
