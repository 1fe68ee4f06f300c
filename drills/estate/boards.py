"""Azure DevOps: one project whose work items are found by their tags, opened and changed by JSON Patch."""

import re
from itertools import count

from drills.estate.tokens import DEVOPS_AUDIENCE, Entra
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

PROJECT = "/boards/clinic/response"
WORK = f"{PROJECT}/_apis/wit"
TAGGED = re.compile(r"\[System\.Tags\] CONTAINS '((?:[^']|'')*)'")


class Boards:
    """Only the evidence identity is a member of the project."""

    def __init__(self, world: World, entra: Entra) -> None:
        self._world = world
        self._entra = entra
        self._ids = count(1)
        self.items: dict[int, Json] = {}
        self.comments: list[Json] = []

    def answer(self, asked: Asked) -> Reply:
        """WIQL by tags, a new work item, a change of one."""
        if self._entra.caller(asked, DEVOPS_AUDIENCE) is not self._world.directory["evidence"]:
            raise RefusalError(401, "UnauthorizedRequestException", "TF400813: The user is not authorized.")
        if asked.query.get("api-version") != "7.1":
            raise RefusalError(400, "VssVersionNotSpecifiedException", "No api-version was supplied.")
        path = asked.path.removeprefix(WORK)
        if (asked.method, path) == ("POST", "/wiql"):
            return Reply(200, {"queryType": "flat", "workItems": [{"id": one} for one in self._tagged(asked.body)]})
        if asked.headers.get("Content-Type") != "application/json-patch+json":
            raise RefusalError(415, "VssRequestContentTypeNotSupportedException", "The content type is not supported.")
        if (asked.method, path) == ("POST", "/workitems/$Issue"):
            return self._changed(next(self._ids), asked)
        number = int(path.rpartition("/")[2]) if path.removeprefix("/workitems/").isdecimal() else 0
        if asked.method != "PATCH" or number not in self.items:
            raise RefusalError(404, "WorkItemUnauthorizedAccessException", "TF401232: The work item does not exist.")
        return self._changed(number, asked)

    def _tagged(self, body: Json) -> list[int]:
        wanted = {tag.replace("''", "'") for tag in TAGGED.findall(body["query"])}
        return [one for one, fields in self.items.items() if wanted <= set(fields["System.Tags"].split("; "))]

    def _changed(self, number: int, asked: Asked) -> Reply:
        fields = {each["path"].removeprefix("/fields/"): each["value"] for each in asked.body}
        if "System.History" in fields:
            self.comments.append({"id": number, "text": fields.pop("System.History")})
        self.items[number] = {**self.items.get(number, {}), **fields}
        return Reply(200, {"id": number, "fields": self.items[number]})
