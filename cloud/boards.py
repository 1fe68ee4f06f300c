"""Azure Boards: work items of the one project of the settings, as the evidence identity.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-items, api-version 7.1.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cloud.clients import Clients
from cloud.clock import budget
from incident.errors import Postponed, Refused

VERSION = "api-version=7.1"
PATIENCE = timedelta(seconds=10)


class Boards:
    """Nothing here is repeated after a broken wire: whoever comes again looks first (`tagged`)."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    async def tagged(self, *tags: str) -> int | None:
        """The oldest work item that bears all the tags; None where there is none."""
        named = " AND ".join(f"[System.Tags] CONTAINS '{tag.replace("'", "''")}'" for tag in tags)
        query = f"SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND {named}"  # noqa: S608 - WIQL of our own words, quotes doubled
        body = await self._asked("POST", "wiql", {"query": query}, "application/json")
        return min((_number(item) for item in _items(body)), default=None)

    async def open(self, kind: str, fields: Mapping[str, str]) -> int:
        """Open a work item of this type with these fields; its id."""
        return _number(await self._asked("POST", f"workitems/${kind}", _patch(fields), "application/json-patch+json"))

    async def change(self, item: int, fields: Mapping[str, str]) -> None:
        """Set fields of a work item; `System.History` is a comment."""
        await self._asked("PATCH", f"workitems/{item}", _patch(fields), "application/json-patch+json")

    async def _asked(self, method: str, path: str, body: Any, content: str) -> Any:
        """The answer's JSON. Refused (UnreadableAnswer) for the sign-in page that Azure DevOps may answer with."""
        from azure.core.rest import HttpRequest

        url = f"{self.clients.settings.boards_url.rstrip('/')}/_apis/wit/{path}?{VERSION}"
        headers = {"Accept": "application/json", "Content-Type": content}
        end = self.clients.clock.now() + PATIENCE
        try:
            with budget(end):
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    request = HttpRequest(method, url, headers=headers, json=body)
                    return (await self.clients.boards.send_request(request)).json()
        except TimeoutError as late:
            raise Postponed("Azure Boards did not answer in time", until=end) from late
        except ValueError as odd:
            raise Refused("Azure Boards' answer is no JSON", code="UnreadableAnswer") from odd


def _patch(fields: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()]


def _items(body: Any) -> list[Any]:
    found = body.get("workItems") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise Refused("Azure Boards' answer lists no work items", code="UnreadableAnswer")
    return found


def _number(body: Any) -> int:
    if not isinstance(body, dict) or not isinstance(body.get("id"), int):
        raise Refused("Azure Boards' answer names no work item", code="UnreadableAnswer")
    return int(body["id"])
