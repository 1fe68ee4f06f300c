"""A blob container's stored access policies: configuration that Resource Manager does not know of.

They are read and written whole, together with the level of public access, at the account's own blob endpoint, as
Resource Manager names it. A SAS that names a policy dies with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape

from cloud.clients import Clients
from cloud.identity import Tier
from cloud.urls import blob_endpoint
from incident.errors import Refused
from incident.target import Before

VERSION = "2023-11-03"
FIELDS = ("Start", "Expiry", "Permission")
ACL = "restype=container&comp=acl"
LEVELS = {"Container": "container", "Blob": "blob"}


class Blobs:
    """Reads as the read identity; writes as the contain identity, inside a `send` only."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    async def policies(self, account: Before, container: str) -> list[dict[str, str]]:
        """The container's policies: `Id` and, where they are set, `Start`, `Expiry` and `Permission`."""
        url = f"{endpoint(account, self._simulated)}{container}?{ACL}"
        response = await self._send(Tier.READ, "GET", url)
        try:
            return [_policy(one) for one in fromstring(response.text()).iter("SignedIdentifier")]  # noqa: S314 - a checked endpoint of Azure's
        except ParseError as fault:
            raise Refused("the stored access policies cannot be read", code="UnreadableAnswer") from fault

    async def write_policies(
        self, start: str, container: str, policies: Iterable[Mapping[str, str]], level: str
    ) -> None:
        """One PUT of all policies and the level (`None`, `Blob` or `Container`): what is not sent is gone."""
        public = {"x-ms-blob-public-access": LEVELS[level]} if level in LEVELS else {}
        body = "".join(_written(policies))
        url = f"{blob_endpoint(start, simulated=self._simulated)}{container}?{ACL}"
        await self._send(Tier.CONTAIN, "PUT", url, body, {"Content-Type": "application/xml", **public})

    @property
    def _simulated(self) -> str:
        return self.clients.host.rpartition(":")[0]

    async def _send(self, tier: Tier, method: str, url: str, body: str = "", headers: Any = None) -> Any:
        from azure.core.rest import HttpRequest

        spoken = {"x-ms-version": VERSION, **(headers or {})}
        request = HttpRequest(method, url, headers=spoken, content=body.encode() or None)
        return await self.clients.blobs(tier).send_request(request)


def endpoint(account: Before, simulated: str = "") -> str:
    """The blob endpoint that Resource Manager names, ending in a slash. Refused unless it is one of Azure's."""
    named = str((account.properties.get("primaryEndpoints") or {}).get("blob") or "")
    return blob_endpoint(named, simulated=simulated)


def _policy(one: Element) -> dict[str, str]:
    found = {name: one.findtext(f"AccessPolicy/{name}") for name in FIELDS}
    return {"Id": one.findtext("Id") or "", **{name: value for name, value in found.items() if value}}


def _written(policies: Iterable[Mapping[str, str]]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers>'
    for policy in policies:
        inner = "".join(f"<{name}>{escape(policy[name])}</{name}>" for name in FIELDS if policy.get(name))
        yield f"<SignedIdentifier><Id>{escape(policy['Id'])}</Id>"
        yield f"<AccessPolicy>{inner}</AccessPolicy></SignedIdentifier>"
    yield "</SignedIdentifiers>"
