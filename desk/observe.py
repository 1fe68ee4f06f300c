"""The reads that rules ask for, side by side, each failure kept as a fact.

An event may be there before the state that it tells of (Event Grid promises no order): where it is fresh and no rule
sees anything wrong yet, those rules look again after a pause. What can be seen already is never waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from cloud import Cloud
from desk.recent import Memory
from detection.facts import Facts, Failed, Found, Read
from detection.rule import Rule
from incident.errors import Gone, Interrupted, Postponed, Refused, Throttled
from incident.finding import Disposition
from incident.policy import Policy
from incident.signal import Signal
from incident.target import Before

DEPTH = 3

type Sleep = Callable[[float], Awaitable[object]]


async def observe(  # noqa: PLR0913 - what may be left out is named
    cloud: Cloud,
    signal: Signal,
    matching: Iterable[Rule],
    policy: Policy | None = None,
    *,
    sleep: Sleep = asyncio.sleep,
    known: Facts | None = None,
    memory: Memory | None = None,
) -> Facts:
    """Read until no rule asks for more, at most three deep; with a policy, look again where it may be too early.

    What is `known` is not read, and is part of what is given; what the `memory` recalls serves.
    """
    listed = tuple(matching)
    facts = await _once(cloud, signal, listed, known or Facts(), memory)
    for pause in max((rule.patience for rule in listed), default=()) if policy else ():
        early = [rule for rule in listed if policy and rule.early(signal, facts, policy)]
        if not early or (policy and decided(signal, listed, facts, policy)):
            break
        await sleep(pause)
        again = await _once(cloud, signal, early, Facts())
        facts = Facts({**facts.found, **again.found})
    return facts


def decided(signal: Signal, rules: Iterable[Rule], facts: Facts, policy: Policy) -> bool:
    """Whether something is to be contained already."""
    findings = (finding for rule in rules for finding in rule.findings(signal, facts, policy))
    return any(finding.disposition is Disposition.CONTAIN for finding in findings)


async def _once(
    cloud: Cloud, signal: Signal, rules: Iterable[Rule], facts: Facts, memory: Memory | None = None
) -> Facts:
    for _ in range(DEPTH):
        wanted = {read for rule in rules for read in rule.reads(signal, facts)} - set(facts.found)
        if not wanted:
            break
        found = await asyncio.gather(*(_look(cloud, read, memory) for read in wanted))
        facts = Facts({**facts.found, **dict(zip(wanted, found, strict=True))})
    return facts


async def _look(cloud: Cloud, read: Read, memory: Memory | None) -> Found:
    """What is remembered, where that serves; else what Azure says, which is remembered unless it failed."""
    if memory is None:
        return await _seen(cloud, read)
    if (recalled := memory.recall(read)) is not None:
        return recalled
    found = await _seen(cloud, read)
    if not isinstance(found, Failed):
        memory.keep(read, found)
    elif found.throttled and (older := memory.otherwise(read)) is not None:
        return older
    return found


async def _seen(cloud: Cloud, read: Read) -> Found:
    if not read.resource.addressable:
        return Failed("its id holds characters that no Azure resource has")
    try:
        return await _read(cloud, read)
    except Gone as fault:
        return Failed(str(fault), gone=True)
    except (Refused, Postponed, Interrupted) as fault:
        return Failed(str(fault), throttled=isinstance(fault, Throttled))


async def _read(cloud: Cloud, read: Read) -> Found:
    if read.resource.in_directory:
        return await _of_directory(cloud, read)
    if read.since:
        records = await cloud.arm.activity(read.resource, read.since)
        return tuple(Before(record) for record in records)
    if read.children:
        return await cloud.arm.children(read.resource, read.children)
    if read.action:
        return await cloud.arm.act(read.resource, read.action)
    return await cloud.arm.read(read.resource)


async def _of_directory(cloud: Cloud, read: Read) -> Found:
    if read.since:
        records = await cloud.graph.audits(read.resource, read.since)
        return tuple(Before(record) for record in records)
    if read.children:
        return await cloud.graph.children(read.resource, read.children)
    return await cloud.graph.read(read.resource)
