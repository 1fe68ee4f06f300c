"""Keys in a key vault, at the vault's own address: what Resource Manager has no word for.

What a key is like is read from Resource Manager, which also names the address.
"""

import re
from typing import Any

from cloud.clients import Clients
from cloud.identity import Tier
from cloud.urls import vault_address
from incident.errors import Refused
from incident.target import Before

VERSION = "7.4"
PLACE = re.compile(r"keys/[0-9A-Za-z-]{1,127}(/[0-9a-f]{32})?", re.ASCII)


class Keys:
    """Writes as the contain identity, inside a `send` only. Nothing of an answer is kept."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    async def rotate(self, key: Before) -> None:
        """One POST: a new version becomes the current one; the old ones stay."""
        await self._send("POST", f"{self._address(key, 'keyUri')}/rotate")

    async def switch(self, version: Before, *, enabled: bool) -> None:
        """One PATCH: the version can be used, or cannot."""
        body = {"attributes": {"enabled": enabled}}
        await self._send("PATCH", self._address(version, "keyUriWithVersion"), body)

    def _address(self, key: Before, name: str) -> str:
        """The key's address. Refused unless it is that of a key in a vault of Azure's."""
        url = vault_address(str(key.properties.get(name) or ""), simulated=self.clients.host.rpartition(":")[0])
        if not PLACE.search(url):
            raise Refused("an address is none of a key in a vault; nothing was called", code="ForeignUrl")
        return url

    async def _send(self, method: str, url: str, body: Any = None) -> None:
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, f"{url}?api-version={VERSION}", json=body)
        await self.clients.vaults(Tier.CONTAIN).send_request(request)
