"""Timer triggers, with the memory that lets a timer missed during downtime run at start as past due.

The memory is a blob of AzureWebJobsStorage, as it is of the real host; without storage nothing is past due.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp

from drills.host.ncrontab import Schedule
from drills.host.queues import Outlets
from drills.host.storage import Ask, Storage
from drills.host.worker import Function, TypedData, invoke

TRIGGER = "timerTrigger"
CONTAINER = "azure-webjobs-hosts"
MONITORED_FROM = timedelta(minutes=1)
"""Timers that run more often are not remembered, unless their binding says so."""

logger = logging.getLogger("host.timers")


@dataclass(frozen=True)
class Status:
    """When a timer last ran (None = never), and when its next run was worked out."""

    last: datetime | None
    updated: datetime


class Memory:
    """A timer's status in a blob."""

    def __init__(self, storage: Storage, function: str, host_id: str) -> None:
        self.storage = storage
        self.path = f"{CONTAINER}/timers/{host_id}/Host.Functions.{function}/status"

    async def recall(self) -> Status | None:
        """What was kept; None where nothing was."""
        reply = await self.storage.send(Ask("blob", "GET", self.path))
        if reply.status != 200:
            return None
        kept = json.loads(reply.body)
        return Status(
            kept["Last"] and datetime.fromisoformat(kept["Last"]), datetime.fromisoformat(kept["LastUpdated"])
        )

    async def keep(self, status: Status, schedule: Schedule) -> None:
        """Keeps a status; makes the container where it is missing."""
        body = json.dumps(_told(status, schedule)).encode()
        write = Ask("blob", "PUT", self.path, headers={"x-ms-blob-type": "BlockBlob"}, body=body)
        if (await self.storage.send(write)).status == 404:
            await self.storage.send(Ask("blob", "PUT", CONTAINER, query={"restype": "container"}))
            await self.storage.send(write)


class TimerListener:
    """One function's schedule, kept."""

    def __init__(self, function: Function, schedule: Schedule, memory: Memory | None, outlets: Outlets) -> None:
        self.function = function
        self.outlets = outlets
        self.schedule = schedule
        self.memory = memory if _monitored(function, schedule) else None
        self._status = Status(None, datetime.now(UTC))

    async def listen(self, stopping: asyncio.Event) -> None:
        """Runs what is past due or wanted at start, then every occurrence until told to stop."""
        past_due = await self._recall()
        if past_due or self.function.trigger.get("runOnStartup"):
            await self._run(past_due=past_due)
        else:
            await self._keep(self._status)
        due = self.schedule.after(datetime.now(UTC))
        while not await _stopped_before(due, stopping):
            await self._run(past_due=False)
            due = self.schedule.after(max(due, datetime.now(UTC)))

    async def _recall(self) -> bool:
        now = datetime.now(UTC)
        try:
            kept = await self.memory.recall() if self.memory else None
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            logger.warning("the status of %s cannot be read: %s", self.function.name, type(error).__name__)
            return False
        self._status = Status(kept.last if kept else None, now)
        return kept is not None and self.schedule.after(kept.updated) < now

    async def _run(self, *, past_due: bool) -> None:
        began = datetime.now(UTC)
        outcome = await invoke(self.function, request(self._status, self.schedule, past_due=past_due))
        await self.outlets.pour(self.function, outcome)
        await self._keep(Status(began, datetime.now(UTC)))

    async def _keep(self, status: Status) -> None:
        self._status = status
        try:
            if self.memory:
                await self.memory.keep(status, self.schedule)
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.warning("the status of %s cannot be kept: %s", self.function.name, type(error).__name__)


async def _stopped_before(due: datetime, stopping: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(max(0.0, (due - datetime.now(UTC)).total_seconds())):
            await stopping.wait()
    except TimeoutError:
        return False
    return True


def _monitored(function: Function, schedule: Schedule) -> bool:
    if (wanted := function.trigger.get("useMonitor")) is not None:
        return bool(wanted)
    first = schedule.after(datetime.now(UTC))
    return schedule.after(first) - first >= MONITORED_FROM


def request(status: Status | None, schedule: Schedule, *, past_due: bool) -> TypedData:
    """A timer's value, in the form the worker decodes."""
    told = _told(status, schedule) if status else None
    value = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": told, "IsPastDue": past_due}
    return TypedData(json=json.dumps(value))


def _told(status: Status, schedule: Schedule) -> dict[str, str | None]:
    return {
        "Last": status.last.isoformat() if status.last else None,
        "Next": schedule.after(status.updated).isoformat(),
        "LastUpdated": status.updated.isoformat(),
    }
