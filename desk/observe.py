"""The reads that rules ask for, side by side, each failure kept as a fact."""

import asyncio
from collections.abc import Iterable

from cloud import Cloud
from detection.rule import Facts, Failed, Found, Read, Rule
from incident.errors import Gone, Interrupted, Postponed, Refused
from incident.signal import Signal

DEPTH = 3


async def observe(cloud: Cloud, signal: Signal, matching: Iterable[Rule]) -> Facts:
    """Read until no rule asks for more, at most three deep."""
    listed = tuple(matching)
    facts = Facts()
    for _ in range(DEPTH):
        wanted = {read for rule in listed for read in rule.reads(signal, facts)} - set(facts.found)
        if not wanted:
            break
        found = await asyncio.gather(*(_look(cloud, read) for read in wanted))
        facts = Facts({**facts.found, **dict(zip(wanted, found, strict=True))})
    return facts


async def _look(cloud: Cloud, read: Read) -> Found:
    try:
        if not read.resource.addressable:
            return Failed("its id holds characters that no Azure resource has")
        if read.children:
            return await cloud.arm.children(read.resource, read.children)
        return await cloud.arm.read(read.resource)
    except Gone as fault:
        return Failed(str(fault), gone=True)
    except (Refused, Postponed, Interrupted) as fault:
        return Failed(str(fault))
