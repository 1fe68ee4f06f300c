"""Resource Manager, raw: what it says is kept as it says it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cloud.clients import Clients
from cloud.clock import budget, deadline
from cloud.errors import seconds
from cloud.identity import Tier
from cloud.urls import followed
from cloud.versions import version_for, version_of
from incident.errors import Postponed, Refused
from incident.resource import ResourceId
from incident.target import Before

MOST_PAGES = 500
ROWS = 1000  # in one page, at most
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
ACTIVITY = "providers/Microsoft.Insights/eventtypes/management/values"
PERMISSIONS = "providers/Microsoft.Authorization/permissions"


class Arm:
    """Reads as the read identity; writes as the contain identity, inside a `send` only."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    async def read(self, resource: ResourceId) -> Before:
        """The resource as Azure describes it now. Gone where there is none."""
        return Before(await self._json("GET", self.url(resource)))

    async def children(self, resource: ResourceId, kind: str) -> tuple[Before, ...]:
        """All resources of a kind below one, e.g. `blobServices/default/containers`; pages are followed."""
        return tuple(Before(item) for item in await self._pages(self.url(resource, kind)))

    async def permissions(self, place: ResourceId, tier: Tier) -> tuple[Mapping[str, Any], ...]:
        """What the identity of a tier may do at a group or resource, told to itself: one object per role.

        Each has `actions` and `notActions`, `dataActions` and `notDataActions`, patterns with `*`.
        """
        return await self._pages(self.url(place, PERMISSIONS), tier)

    async def write(self, method: str, resource: ResourceId, body: Any = None, *, if_match: str | None = None) -> None:
        """PUT, PATCH, POST or DELETE a resource; the reply is kept by the exchange."""
        headers = {"If-Match": if_match} if if_match else {}
        await self._send(Tier.CONTAIN, method, self.url(resource), body, headers)

    async def act(self, resource: ResourceId, action: str, body: Any = None) -> Before:
        """The answer to a POST that only reads (e.g. `ipFlowVerify`), waited for where Azure takes its time."""
        with budget(deadline(self.clients.clock.now())):
            response = await self._send(Tier.READ, "POST", self.url(resource, action), body)
            while response.status_code == 202:
                response = await self._later(response)
        return Before(_object(response))

    async def activity(
        self, resource: ResourceId, since: datetime, until: datetime | None = None
    ) -> tuple[Mapping[str, Any], ...]:
        """What the activity log holds of a resource, or of a whole group (90 days at most), newest first."""
        between = [f"eventTimestamp ge '{_stamp(since)}'"]
        between += [f"eventTimestamp le '{_stamp(until)}'"] if until else []
        query = {
            "api-version": version_of("microsoft.insights/eventtypes"),
            "$filter": " and ".join([*between, _about(resource)]),
        }
        start = f"{self.clients.url}/subscriptions/{resource.subscription}/{ACTIVITY}?{urlencode(query)}"
        return await self._pages(start)

    async def graph(self, query: str, *, most: int) -> tuple[Mapping[str, Any], ...]:
        """The rows of a KQL query to Resource Graph, over every subscription that the read identity sees.

        Refused for more than `most` rows (TooManyRows). The index lags: a row is a hint, never the state.
        """
        url = f"{self.clients.url}{GRAPH}?api-version={version_of('microsoft.resourcegraph')}"
        found: list[Mapping[str, Any]] = []
        options: dict[str, Any] = {"$top": ROWS, "resultFormat": "objectArray"}
        while True:
            page = _object(await self._send(Tier.READ, "POST", url, {"query": query, "options": options}))
            found += page.get("data") or []
            if len(found) > most or page.get("resultTruncated") == "true":
                raise Refused(f"Resource Graph has more than {most} rows to tell", code="TooManyRows")
            if not (token := page.get("$skipToken")):
                return tuple(found)
            options = {**options, "$skipToken": token}

    def url(self, resource: ResourceId, *below: str) -> str:
        """The address of a resource, or of something below it. Refused for an id that may not stand in a URL."""
        here = resource.child(*below)
        return f"{self.clients.url}{_addressable(here)}?api-version={version_for(here)}"

    async def _pages(self, start: str, tier: Tier = Tier.READ) -> tuple[Mapping[str, Any], ...]:
        found: list[Mapping[str, Any]] = []
        url = start
        for _ in range(MOST_PAGES):
            page = await self._json("GET", url, tier)
            found += page.get("value") or []
            if not page.get("nextLink"):
                return tuple(found)
            url = followed(page["nextLink"], hosts=(self.clients.host,))
        raise Refused(f"a list did not end after {MOST_PAGES} pages", code="EndlessList")

    async def _later(self, response: Any) -> Any:
        """The answer that a 202 points to, asked for once after the time it names (1 s where it names none)."""
        url = followed(response.headers.get("Location") or "", hosts=(self.clients.host,))
        clock = self.clients.clock
        wait = seconds(response.headers.get("Retry-After"), now := clock.now())
        again = now + timedelta(seconds=1.0 if wait is None else wait)
        if again > deadline(now):
            raise Postponed("Azure has not answered yet.", until=again)
        await clock.sleep((again - now).total_seconds())
        return await self._send(Tier.READ, "GET", url)

    async def _json(self, method: str, url: str, tier: Tier = Tier.READ) -> Mapping[str, Any]:
        return _object(await self._send(tier, method, url))

    async def _send(self, tier: Tier, method: str, url: str, body: Any = None, headers: Any = None) -> Any:
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, url, headers={"Accept": "application/json", **(headers or {})}, json=body)
        return await self.clients.thin(tier).send_request(request)


def _object(response: Any) -> Mapping[str, Any]:
    body = response.json() if response.content else {}
    if not isinstance(body, dict):
        raise Refused("Azure's answer is no JSON object", code="UnreadableAnswer")
    return body


def _addressable(resource: ResourceId) -> str:
    if not resource.addressable:
        raise Refused("a resource id holds what may not stand in a URL; nothing was called", code="NotAddressable")
    return resource.text


def _about(resource: ResourceId) -> str:
    """The condition for a group where the id names one, else for the resource."""
    text = _addressable(resource)
    return f"resourceGroupName eq '{resource.group}'" if not resource.tail else f"resourceUri eq '{text}'"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
