"""Running the estate: on the caller's loop, or on a thread and loop of its own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web

type Stop = tuple[asyncio.AbstractEventLoop, asyncio.Event]


@asynccontextmanager
async def listening(app: web.Application, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The application on a free port of loopback; the address it has."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def background(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """A task that runs for the length of the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextmanager
def on_a_thread[T](serve: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """What `serve` gives, running on a thread and loop of its own for the length of the block."""
    running: Future[tuple[T, Stop]] = Future()

    async def run() -> None:
        async with serve() as served:
            stop = asyncio.Event()
            running.set_result((served, (asyncio.get_running_loop(), stop)))
            await stop.wait()

    with ThreadPoolExecutor(1, thread_name_prefix="estate") as pool:
        ended = pool.submit(lambda: asyncio.run(run()))
        either: list[Future[Any]] = [running, ended]
        wait(either, return_when=FIRST_COMPLETED)
        if not running.done():
            ended.result()
        served, (loop, stop) = running.result()
        try:
            yield served
        finally:
            loop.call_soon_threadsafe(stop.set)
