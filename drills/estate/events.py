"""Event Grid: tells its subscribers of every write, and takes the CloudEvents that others publish to the topic."""

import asyncio
from contextlib import suppress

import aiohttp

from drills.estate.activity import event_of
from drills.estate.tokens import EVENT_GRID_AUDIENCE, Entra
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

SEND = "Microsoft.EventGrid/events/send/action"
ATTEMPTS = 5
PAUSE = 0.2


class EventGrid:
    """Deliveries run on the loop of the server; `hear` may be called from any thread."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Json] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = 0
        self.heard: list[Json] = []
        self.subscribers: list[str] = []
        self.undelivered: list[Json] = []

    def hear(self, record: Json) -> None:
        """The record's event, on its way to every subscriber."""
        if self.subscribers and self._loop is not None and self._queue is not None:
            event = event_of(record)
            self.heard.append(event)
            self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    async def deliver(self) -> None:
        """Deliver what is heard, until cancelled."""
        self._loop, self._queue = asyncio.get_running_loop(), asyncio.Queue()
        async with aiohttp.ClientSession() as session:
            while True:
                event = await self._queue.get()
                for url in tuple(self.subscribers):
                    await self._post(session, url, event)
                self._told += 1

    @property
    def is_idle(self) -> bool:
        """True when every event heard so far was delivered or given up."""
        return self._told == len(self.heard)

    async def _post(self, session: aiohttp.ClientSession, url: str, event: Json) -> None:
        headers = {"aeg-event-type": "Notification", "aeg-subscription-name": "ESTATE", "aeg-data-version": "2"}
        for attempt in range(ATTEMPTS):
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(
                    url, json=[event], headers=headers | {"aeg-delivery-count": str(attempt)}
                ) as answer:
                    if answer.ok:
                        return
            await asyncio.sleep(PAUSE)
        self.undelivered.append(event)


class Topic:
    """A custom topic that takes CloudEvents from identities which may send."""

    def __init__(self, world: World, entra: Entra) -> None:
        self._world = world
        self._entra = entra

    def answer(self, asked: Asked) -> Reply:
        """200 when every event is a CloudEvent; the events are kept."""
        caller = self._entra.caller(asked, EVENT_GRID_AUDIENCE)
        if not caller.may(SEND):
            raise RefusalError(403, "Forbidden", f"The principal is not authorized to perform {SEND}.")
        events = asked.body if isinstance(asked.body, list) else [asked.body]
        if not events or not all(_is_cloud_event(event) for event in events):
            raise RefusalError(400, "BadRequest", "The events are not valid CloudEvents 1.0.")
        self._world.traffic.topic_events.extend(events)
        return Reply(200)


def _is_cloud_event(event: object) -> bool:
    return isinstance(event, dict) and {"id", "source", "type", "specversion"} <= event.keys()
