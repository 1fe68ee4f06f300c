"""Storage queue triggers: messages polled, handed to their function, deleted, tried again, or put aside as poison."""

import asyncio
import base64
import binascii
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import aiohttp

from drills.host.settings import QueueLimits, SettingError
from drills.host.storage import Ask, Reply, Storage
from drills.host.worker import Function, Outcome, TypedData, invoke

TRIGGER = "queueTrigger"
POISON = "-poison"
LEASE = timedelta(minutes=10)
"""How long a message that is being worked on stays hidden: the real host's value."""
SHORTEST = timedelta(milliseconds=100)

logger = logging.getLogger("host.queues")


@dataclass(frozen=True, kw_only=True)
class Received:
    """A message as the service handed it out; `text` is still encoded."""

    id: str
    receipt: str
    text: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    visible: datetime


class Queue:
    """One queue of a storage account."""

    def __init__(self, storage: Storage, name: str) -> None:
        self.storage = storage
        self.name = name

    async def create(self) -> None:
        """Makes the queue, unless it is there."""
        await self._send("PUT", self.name)

    async def put(self, text: str) -> None:
        """Appends a message, whose text must be encoded by the caller; makes the queue where it is missing."""
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>".encode()
        if (await self._send("POST", f"{self.name}/messages", body=body)).status == 404:
            await self.create()
            await self._send("POST", f"{self.name}/messages", body=body)

    async def length(self) -> int:
        """How many messages there are, hidden ones too; 0 where there is no such queue."""
        reply = await self._send("GET", self.name, query={"comp": "metadata"})
        return int(reply.headers.get("x-ms-approximate-messages-count", 0))

    async def receive(self, most: int, *, hidden: timedelta = LEASE) -> list[Received]:
        """Up to 32 messages, hidden from others for a while; none where there is no such queue."""
        query = {"numofmessages": str(most), "visibilitytimeout": str(int(hidden.total_seconds()))}
        reply = await self._send("GET", f"{self.name}/messages", query=query)
        if reply.status != 200:
            return []
        return [_received(element) for element in ET.fromstring(reply.body)]  # noqa: S314  # the reply of the host's own storage

    async def delete(self, message: Received) -> None:
        """Removes a message that was received."""
        await self._send("DELETE", f"{self.name}/messages/{message.id}", query={"popreceipt": message.receipt})

    async def release(self, message: Received, *, hidden: timedelta) -> None:
        """Gives a message back to the queue, hidden for a while."""
        query = {"popreceipt": message.receipt, "visibilitytimeout": str(int(hidden.total_seconds()))}
        await self._send("PUT", f"{self.name}/messages/{message.id}", query=query)

    async def _send(self, verb: str, path: str, *, query: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
        reply = await self.storage.send(Ask("queue", verb, path, query=query or {}, body=body))
        if reply.status >= 400 and reply.status != 404:
            raise aiohttp.ClientError(f"{verb} on queue {self.name} was answered with {reply.status}")
        return reply


class QueueListener:
    """One function's queue, polled with growing pauses while it is empty."""

    def __init__(self, function: Function, queue: Queue, limits: QueueLimits) -> None:
        self.function = function
        self.queue = queue
        self.poison = None if queue.name.endswith(POISON) else Queue(queue.storage, f"{queue.name}{POISON}")
        self.limits = limits
        self._running: set[asyncio.Task[None]] = set()

    async def listen(self, stopping: asyncio.Event) -> None:
        """Polls until told to stop, then lets the running messages end."""
        pause = SHORTEST
        while not stopping.is_set():
            messages = await self._poll()
            for message in messages:
                self._start(message)
            pause = SHORTEST if messages else min(pause * 2, self.limits.max_polling_interval)
            await self._rest(stopping, timedelta() if messages else pause)
        await asyncio.gather(*self._running)

    async def _poll(self) -> list[Received]:
        try:
            return await self.queue.receive(self.limits.batch_size)
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.warning("queue %s cannot be read: %s", self.queue.name, type(error).__name__)
            return []

    def _start(self, message: Received) -> None:
        task = asyncio.create_task(self._complete(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _rest(self, stopping: asyncio.Event, pause: timedelta) -> None:
        while len(self._running) > self.limits.new_batch_threshold:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        try:
            async with asyncio.timeout(pause.total_seconds()):
                await stopping.wait()
        except TimeoutError:
            return

    async def _complete(self, message: Received) -> None:
        try:
            await self._handed(message)
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.warning("message %s comes again: %s", message.id, type(error).__name__)

    async def _handed(self, message: Received) -> None:
        text = decoded(message.text, encoded=self.limits.base64)
        spent = self.poison is not None and message.dequeue_count > self.limits.max_dequeue_count
        if text is None or spent:
            await self._put_aside(message)
            return
        outcome = await invoke(self.function, TypedData(string=text), metadata(message))
        if outcome.error is None:
            await self.queue.delete(message)
        elif self.poison is None or message.dequeue_count >= self.limits.max_dequeue_count:
            await self._put_aside(message)
        else:
            await self.queue.release(message, hidden=self.limits.visibility_timeout)

    async def _put_aside(self, message: Received) -> None:
        """A queue of messages put aside has none of its own: there a message stays hidden, and comes again."""
        if self.poison is None:
            return
        logger.warning("message %s goes to queue %s", message.id, self.poison.name)
        await self.poison.put(message.text)
        await self.queue.delete(message)


class Outlets:
    """What functions put out: each value becomes a message of the queue that its binding names."""

    def __init__(self, queue: Callable[[Mapping[str, Any]], Queue], *, encoded: bool) -> None:
        self.queue = queue
        self.encoded = encoded

    async def pour(self, function: Function, outcome: Outcome) -> None:
        """Every output of a function that has ended well."""
        for binding in function.outlets:
            value = outcome.outputs.get(str(binding["name"]))
            if value is not None:
                text = str(getattr(value, "string", None) or getattr(value, "json", ""))
                await self._put(binding, base64.b64encode(text.encode()).decode() if self.encoded else text)

    async def _put(self, binding: Mapping[str, Any], text: str) -> None:
        try:
            await self.queue(binding).put(text)
        except (aiohttp.ClientError, TimeoutError, SettingError) as error:
            logger.warning("nothing was put on queue %s: %s", binding["queueName"], type(error).__name__)


def decoded(text: str, *, encoded: bool) -> str | None:
    """A message's text as its function gets it; None where it is not the base64 that it should be."""
    if not encoded:
        return text
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return None


def by_hand(now: datetime) -> dict[str, TypedData]:
    """The metadata of a message that no queue ever held."""
    return metadata(
        Received(
            id=str(uuid.uuid4()),
            receipt="",
            text="",
            dequeue_count=1,
            inserted=now,
            expires=now + timedelta(days=7),
            visible=now + LEASE,
        )
    )


def metadata(message: Received) -> dict[str, TypedData]:
    """What the worker wants to know of a message beside its text, all as JSON: the one kind that it decodes."""
    facts = {
        "Id": message.id,
        "DequeueCount": message.dequeue_count,
        "PopReceipt": message.receipt,
        "InsertionTime": message.inserted.astimezone(UTC).isoformat(),
        "ExpirationTime": message.expires.astimezone(UTC).isoformat(),
        "NextVisibleTime": message.visible.astimezone(UTC).isoformat(),
    }
    return {name: TypedData(json=json.dumps(value)) for name, value in facts.items()}


def _received(element: ET.Element) -> Received:
    field = {child.tag: child.text or "" for child in element}
    return Received(
        id=field["MessageId"],
        receipt=field["PopReceipt"],
        text=field["MessageText"],
        dequeue_count=int(field["DequeueCount"]),
        inserted=parsedate_to_datetime(field["InsertionTime"]),
        expires=parsedate_to_datetime(field["ExpirationTime"]),
        visible=parsedate_to_datetime(field["TimeNextVisible"]),
    )
