"""Microsoft Graph v1.0, raw: users, applications, groups and policies of the directory.

Their ids are written like those of resources, so that one ledger, one plan and one record hold both:
`/providers/Microsoft.aadiam/users/{id}`. Behind the provider stands Graph's own path, but for kinds that Graph keeps
deeper (`PLACES`).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from cloud.clients import Clients
from cloud.identity import Tier
from cloud.urls import followed
from incident.errors import Refused
from incident.resource import ResourceId, directory_object
from incident.target import Before

PLACES = {
    "policies": "identity/conditionalAccess/policies",
    "namedlocations": "identity/conditionalAccess/namedLocations",
    "riskyusers": "identityProtection/riskyUsers",
    "riskyserviceprincipals": "identityProtection/riskyServicePrincipals",
    "signins": "auditLogs/signIns",
    "directoryaudits": "auditLogs/directoryAudits",
    "alerts": "security/alerts_v2",
}
MOST_PAGES = 100


class Graph:
    """Reads as the read identity; writes as the directory identity, inside a `send` only.

    Graph is eventually consistent: a read may show for some seconds what was before the last write.
    """

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    async def read(self, found: ResourceId, **query: str) -> Before:
        """The object as Graph describes it now, under our id for it; its own is `objectId`. Gone where there is none.

        `query` are OData options without their dollar, e.g. `select="id,accountEnabled"`.
        """
        body = await self._json(self.url(found, **query))
        return Before({**body, "id": found.text, "objectId": body.get("id")})

    async def children(self, found: ResourceId, kind: str, **query: str) -> tuple[Before, ...]:
        """The objects of a kind below one, e.g. its `appRoleAssignments`; pages are followed."""
        collection = found.child(kind)
        return _named(collection, await self._pages(self.url(collection, **query)))

    async def every(self, kind: str, **query: str) -> tuple[Before, ...]:
        """All objects of a kind; with `filter` those that it holds of."""
        collection = ResourceId(directory_object(kind, "").text.rstrip("/"))
        return _named(collection, await self._pages(self._at(kind, **query)))

    async def audits(self, found: ResourceId, since: datetime) -> tuple[Mapping[str, Any], ...]:
        """What the directory's own audit holds of an object from then on; Entra keeps it for 7 to 30 days."""
        _check(found)
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        named = f"targetResources/any(t: t/id eq '{found.name}')"
        return await self._pages(self._at("directoryaudits", filter=f"activityDateTime ge {stamp} and {named}"))

    async def write(self, method: str, found: ResourceId, body: Any = None) -> None:
        """PATCH, POST or DELETE an object, or POST an action below it; the reply is kept by the exchange."""
        await self._send(Tier.DIRECTORY, method, self.url(found), body)

    def url(self, found: ResourceId, **query: str) -> str:
        """The address of an object. Refused for an id that is not of the directory, or may not stand in a URL."""
        _check(found)
        return self._at(*found.tail[1:], **query)

    def _at(self, kind: str, *rest: str, **query: str) -> str:
        path = "/".join((PLACES.get(kind.casefold(), kind), *rest))
        options = urlencode({f"${name}": value for name, value in query.items()}, quote_via=quote)
        return f"{self.clients.graph_url}/v1.0/{path}" + (f"?{options}" if options else "")

    async def _pages(self, start: str) -> tuple[Mapping[str, Any], ...]:
        found: list[Mapping[str, Any]] = []
        url = start
        for _ in range(MOST_PAGES):
            page = await self._json(url)
            found += page.get("value") or []
            if not page.get("@odata.nextLink"):
                return tuple(found)
            url = followed(page["@odata.nextLink"], hosts=(self.clients.graph_host,))
        raise Refused(f"a list did not end after {MOST_PAGES} pages", code="EndlessList")

    async def _json(self, url: str) -> Mapping[str, Any]:
        response = await self._send(Tier.READ, "GET", url)
        body = response.json() if response.content else {}
        if not isinstance(body, dict):
            raise Refused("Graph's answer is no JSON object", code="UnreadableAnswer")
        return body

    async def _send(self, tier: Tier, method: str, url: str, body: Any = None) -> Any:
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, url, headers={"Accept": "application/json"}, json=body)
        return await self.clients.graph(tier).send_request(request)


def _check(found: ResourceId) -> None:
    if not (found.in_directory and found.addressable):
        raise Refused("an id is none of the directory's; nothing was called", code="NotAddressable")


def _named(collection: ResourceId, bodies: Iterable[Mapping[str, Any]]) -> tuple[Before, ...]:
    """The objects of a list under our ids."""
    return tuple(
        Before({**body, "id": collection.child(str(body.get("id"))).text, "objectId": body.get("id")})
        for body in bodies
    )
