"""The lease by the service's clock and the merging by keys, with processes that share nothing but the tables."""

import asyncio
import itertools
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from drills.azurite import Azurite
from incident.errors import LeaseLost
from ledger import Ledger
from tests.ledger.conftest import Opens, draft
from tests.ledger.test_chain import whole
from tests.ledger.test_lease import SHORT, taken_in_time

type Starts = Callable[..., Awaitable[Process]]


@pytest.fixture
async def started(azurite: Azurite) -> AsyncIterator[Starts]:
    """Starts `python -m tests.ledger.crowd WORDS`; what still runs at the end is ended."""
    place = azurite.connection_string
    names = {"TOURNIQUET_TABLES": place, "TOURNIQUET_EVIDENCE": place, "TOURNIQUET_POLICY": "policy.yaml"}
    running: list[Process] = []

    async def start(*words: str) -> Process:
        program = [sys.executable, "-m", "tests.ledger.crowd", *words]
        root = Path(__file__).parents[2]
        running.append(
            await asyncio.create_subprocess_exec(*program, cwd=root, env={**os.environ, **names}, stdout=PIPE)
        )
        return running[-1]

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: Process) -> object:
    assert process.stdout
    return json.loads(await process.stdout.readline())


async def test_two_processes_with_the_same_keys_make_one_incident_of_each_cause(
    started: Starts, ledger: Ledger
) -> None:
    keys = ",".join(f"{word}{uuid4()}" for word in ("alert", "correlation", "window"))
    processes = [await started("claim", keys, "20") for _ in range(3)]
    one, two, three = [await said(process) for process in processes]
    assert isinstance(one, list)
    assert one == two == three
    assert len(set(one)) == 20
    for incident in one:
        kinds = [entry.kind for entry in (await ledger.chain(incident)).entries]
        assert kinds == ["signal", "continuation", "continuation"]


async def test_a_killed_processs_lease_is_taken_over_after_its_time_and_a_calls(
    started: Starts, opened: Opens, incident: str
) -> None:
    async with opened(**SHORT) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        holder = await started("hold", incident)
        assert await said(holder) == 1
        holder.kill()
        with pytest.raises(LeaseLost):
            await ledger.take(incident, "successor")
        assert timedelta(seconds=await taken_in_time(ledger, incident, "successor")) > timedelta(seconds=1)
        head = await ledger.head(incident)
        assert head
        assert head.term == 2


async def test_two_processes_never_hold_the_lease_at_the_same_time(
    started: Starts, ledger: Ledger, incident: str
) -> None:
    await ledger.begin(incident, [draft()], state={}, owner="")
    processes = [await started("contend", incident, "15") for _ in range(3)]
    assert [await said(process) for process in processes] == [15, 15, 15]
    chain = await ledger.chain(incident)
    assert whole(chain.entries)
    turns = list(itertools.batched(chain.of("held", "left"), 2, strict=True))
    assert all((a.kind, b.kind, a.body) == ("held", "left", b.body) for a, b in turns)
    terms = [held.body["term"] for held, _ in turns]
    assert len(terms) == chain.head.term == 45
    assert all(one < next_ for one, next_ in itertools.pairwise(terms))
