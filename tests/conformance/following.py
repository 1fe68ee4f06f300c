"""A measure follows a recorded run: it reads the state, asks, waits for the end, and looks whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from cloud import Cloud, Reply, State
from incident.errors import Refused
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures
from responders.measure import Call
from tests.cloud.wire import Quick
from tests.conformance.arm import material
from tests.conformance.arm.exchange import Exchange
from tests.conformance.arm.recordings import Recording
from tests.conformance.arm.replay import Replay, Sent
from tests.conformance.arm.rerun import named, written
from tests.conformance.runs import Judged, Proof, Recorded

BUDGET = timedelta(seconds=20)
INCIDENT = "t-1"


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What a measure made of a recording. `unrecorded`: what it asked before it verified, and the recording lacks."""

    before: Before
    calls: Sequence[Call]
    replies: Sequence[Reply]
    writes: Sequence[Sent]
    unrecorded: Sequence[Sent]
    proof: Proof | None

    @property
    def ours(self) -> frozenset[str]:
        """What was asked for and was not in the recorded requests, or otherwise, by dotted name."""
        return frozenset(name for one in self.writes for name in _more(one.body, _asked(one)))

    @property
    def theirs(self) -> frozenset[str]:
        """What the recorded PUTs had and ours lack: it would be taken away."""
        puts = [one for one in self.writes if one.method == "PUT"]
        return frozenset(name for one in puts for name in _leaves(_asked(one)).keys() - _leaves(one.body).keys())


async def follow(case: Recorded) -> Followed:
    """The measure of the case on its recording, from the read to the proof."""
    measure = measures.by_id(case.measure)
    async with Replay.of(case.group, case.file, first=case.first) as replay:
        replay.insert(replay.recording, _with(replay, case))
        cloud = replay.cloud(clock=Quick())
        target = Target(resource=case.of(_written_first(replay)), incident=INCIDENT, parameters=case.parameters)
        before = case.takes(await measure.read(cloud, target) if case.reads else Before({"id": target.resource.text}))
        calls = measure.contain(target, before)
        replies = [await performed(cloud, call) for call in calls]
        unrecorded = replay.unrecorded
        return Followed(
            before=before,
            calls=calls,
            replies=replies,
            writes=replay.writes,
            unrecorded=unrecorded,
            proof=await _proof(measure.verify(cloud, target)),
        )


async def judge_state(case: Judged) -> tuple[Proof | None, Sequence[Call]]:
    """What the measure of the case says of the recorded state, and the calls that it would make."""
    measure = measures.by_id(case.measure)
    async with Replay.of(case.group, case.file, first=case.first) as replay:
        cloud = replay.cloud(clock=Quick())
        resource = named(replay.tape.exchanges[0])
        target = Target(resource=resource, incident=INCIDENT, parameters=case.parameters)
        before = await measure.read(cloud, target)
        return await _proof(measure.verify(cloud, target)), measure.contain(target, before)


async def performed(cloud: Cloud, call: Call) -> Reply:
    """The call, followed to its end."""
    reply = await cloud.perform(call.send, request_id=str(uuid4()), timeout=BUDGET)
    for _ in range(100):
        if reply.state is not State.RUNNING or reply.poll_url is None:
            break
        reply = await cloud.poll(reply.poll_url)
    return reply


async def _proof(verifying: Any) -> Proof | None:
    """The checks; None where one needs what the recording does not hold."""
    try:
        return dict((await verifying).checks)
    except Refused as refused:
        if refused.code != "NotRecorded":
            raise
        return None


def _with(replay: Replay, case: Recorded) -> list[Exchange]:
    """The exchanges, with those that other groups hold of the same run, in the order in which they happened."""
    files = [material.recorded() / group / case.file for group in case.also]
    others = [one for file in files for one in Recording.read(file).exchanges if one.number >= case.first]
    return sorted((*replay.tape.exchanges, *others), key=lambda one: one.number)


def _written_first(replay: Replay) -> ResourceId:
    """The resource that the first write of the recording is for, without the verb of a POST."""
    one = next(one for one in replay.tape.exchanges if one.is_write)
    resource = named(one)
    return ResourceId("/" + "/".join(resource.segments[:-1])) if one.method == "POST" else resource


def _asked(one: Sent) -> Any:
    return one.recorded.body if one.recorded else None


def _more(body: Any, than: Any) -> list[str]:
    others = _leaves(than)
    return [name for name, value in _leaves(body).items() if others.get(name, ...) != value]


def _leaves(body: Any) -> Mapping[str, Any]:
    """Every value of a body by its dotted name; a list is one value. What the service sets is left out."""
    if not isinstance(body, dict):
        return {}
    found: dict[str, Any] = {}
    for name, value in written(body).items():
        below = _leaves(value)
        found |= {f"{name}.{each}": leaf for each, leaf in below.items()} if below else {name: value}
    return found
