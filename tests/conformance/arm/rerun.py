"""Recorded exchanges, asked for again by production's own door to Azure, one after the other.

What is expected of each is written here from containment.md §9 and Azure's answer alone: a word of progress, an error.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import pytest

from cloud import Cloud
from cloud.errors import fault
from cloud.exchange import State
from cloud.versions import version_for
from incident.errors import Gone, Interrupted, Refused
from incident.resource import ResourceId
from tests.cloud.wire import START
from tests.conformance.arm.exchange import Exchange, Json, path_of
from tests.conformance.arm.replay import Replay

type Write = Callable[[Cloud, ResourceId, Json], Awaitable[object]]

AZURE, GRAPH = "https://management.azure.com", "https://graph.microsoft.com/v1.0/"
INDEX = "microsoft.resourcegraph/resources"
BUDGET = timedelta(seconds=20)
ENOUGH = {
    "errors/test_functionapp_create_with_vnet_by_subnet_rid.json": timedelta(seconds=1),
    "errors/test_staticapp_linked_backends.json": timedelta(seconds=5),
}
"""A broken service is asked again: as much time as the recorded attempts take."""
UNSENT = {
    "errors/test_metrics_alert_metric_name_with_special_characters.json": "NoPinnedVersion",
    "errors/test_monitor_action_group_basic_scenario.json": "NoPinnedVersion",
    "errors/test_monitor_clone_storage_metric_alerts_scenario.json": "NoPinnedVersion",
    "errors/test_resource_policy_management_group.json": "NotAddressable",
}
"""What production does not send, and why: types without a pinned api-version, a resource id as another's name."""
READ_ONLY = {"etag", "id", "provisioningState"}
UNDER_WAY = {"Creating", "Deleting", "InProgress", "NotStarted", "Updating"}


class Rerun:
    """One recording in a replay, and the door that runs it again; its clock is a `Quick` one."""

    def __init__(self, replay: Replay, cloud: Cloud, typed: Mapping[tuple[str, str], Write]) -> None:
        self.replay = replay
        self.cloud = cloud
        self.typed = typed
        self.budget = ENOUGH.get(replay.recording.name, BUDGET)
        self.unsent: list[Exchange] = []
        self._told: set[str] = set()

    async def whole(self) -> None:
        """Every exchange, but for those that an earlier request already had as the answer to a later attempt."""
        for one in self.replay.recording.exchanges:
            if not any(sent.recorded is one for sent in self.replay.sent):
                await self._again(one)
            self._told |= {path_of(pointer) for pointer in _pointers(one)}

    async def _again(self, one: Exchange) -> None:
        if one.url.startswith(GRAPH):
            await self._in_the_directory(one)
        elif code := UNSENT.get(self.replay.recording.name):
            await self._not_sent(one, code)
        elif one.method == "GET" and one.path in self._told:
            state = State.RUNNING if _said(one) in UNDER_WAY or one.status == 202 else State.SUCCEEDED
            assert (await self.cloud.poll(self.replay.here(one.url))).state == state, one.id
        elif one.type == INDEX:
            rows = await self.cloud.arm.graph(one.body["query"], most=one.reply["totalRecords"])
            assert list(rows) == self.replay.here(one.reply["data"]), one.id
        elif one.method == "GET":
            await self._read(one)
        else:
            await self._write(one)

    async def _in_the_directory(self, one: Exchange) -> None:
        found, query = named(one), parse_qs(urlsplit(one.url).query)
        options = {name.removeprefix("$"): values[0] for name, values in query.items()}
        if one.method != "GET":
            await self._performed(one, lambda here: here.graph.write(one.method, found, one.body))
        elif one.status == 404:
            with pytest.raises(Gone):
                await self.cloud.graph.read(found, **options)
        elif "value" in one.reply:
            listed = await self.cloud.graph.every(found.name, **options)
            assert [each.body["objectId"] for each in listed] == [each["id"] for each in one.reply["value"]], one.id
        else:
            read = await self.cloud.graph.read(found, **options)
            own = {"id": found.text, "objectId": one.reply["id"]}
            assert read.body == self.replay.here(one.reply) | own, one.id

    async def _not_sent(self, one: Exchange, code: str) -> None:
        """Nothing unchecked leaves; what Azure once answered is understood all the same."""
        with pytest.raises(Refused) as refused:
            await self.cloud.arm.read(named(one))
        assert refused.value.code == code, one.id
        self.unsent.append(one)
        if not one.succeeded:
            self._is_understood(one)

    def _is_understood(self, one: Exchange) -> None:
        found = fault(one.status, one.reply_headers, json.dumps(one.reply).encode(), START)
        assert found.refusal().code == _code(one), one.id

    async def _read(self, one: Exchange) -> None:
        if one.succeeded or one.status >= 500:
            read = await self.cloud.arm.read(named(one))
            assert read.body == self.replay.here(self._answer(one).reply), one.id
            return
        with pytest.raises(Refused) as refused:
            await self.cloud.arm.read(named(one))
        assert isinstance(refused.value, Gone) or refused.value.code == _code(one), one.id
        assert isinstance(refused.value, Gone) == (one.status == 404), one.id

    def _answer(self, one: Exchange) -> Exchange:
        """What a read gets in the end: this, or what a broken service answered the next time."""
        later = self.replay.recording.exchanges[self.replay.recording.exchanges.index(one) :]
        return next(each for each in later if each.path == one.path and each.succeeded)

    async def _write(self, one: Exchange) -> None:
        resource = named(one)
        write = self.typed.get((one.method, one.type))

        async def send(here: Cloud) -> None:
            if write:
                await write(here, resource, one.body)
            else:
                await here.arm.write(one.method, resource, one.body)

        if one.status >= 500:
            with pytest.raises(Interrupted):
                await self.cloud.perform(send, request_id=str(uuid4()), timeout=self.budget)
        elif not one.succeeded:
            with pytest.raises(Refused) as refused:
                await self.cloud.perform(send, request_id=str(uuid4()), timeout=self.budget)
            assert refused.value.code == _code(one), one.id
        else:
            await self._performed(one, send)
            assert self.replay.sent[-1].version == version_for(resource)

    async def _performed(self, one: Exchange, send: Callable[[Cloud], Awaitable[object]]) -> None:
        request_id = str(uuid4())
        reply = await self.cloud.perform(send, request_id=request_id, timeout=self.budget)

        sent = self.replay.sent[-1]
        assert written(sent.body) == written(one.body), one.id
        assert sent.headers["x-ms-client-request-id"] == request_id
        assert sent.headers["authorization"] == "Bearer replayed"
        assert reply.status == one.status
        assert reply.poll_url == next(map(self.replay.here, _pointers(one)), None), one.id


def named(one: Exchange) -> ResourceId:
    """What an exchange is about, an object of the directory under our id for it."""
    path = unquote(urlsplit(one.url).path).rstrip("/")
    return ResourceId(path.replace("/v1.0", "/providers/Microsoft.aadiam", 1) if one.url.startswith(GRAPH) else path)


def _pointers(one: Exchange) -> list[str]:
    """Where an answer says that its operation can be asked for; a 201 has the address of what was made in Location."""
    names = ("azure-asyncoperation", "location") if one.status == 202 else ("azure-asyncoperation",)
    return [one.reply_headers[name] for name in names if name in one.reply_headers]


def _said(one: Exchange) -> Any:
    """The word of progress in the answer to a poll."""
    reply = one.reply or {}
    return reply.get("status") or (reply.get("properties") or {}).get("provisioningState")


def _code(one: Exchange) -> str:
    """The code of a refusal in any of Azure's dialects; a page has none."""
    if not isinstance(one.reply, dict):
        return f"Http{one.status}"
    error = one.reply.get("error", one.reply)
    return str(error.get("code") or error["Code"])


def written(body: Any) -> Any:
    """A body without what its service sets; the typed clients leave that out, the recorded one sent it."""
    if not isinstance(body, dict):
        return body
    return {name: written(value) for name, value in body.items() if name not in READ_ONLY}
