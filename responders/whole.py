"""Measures that write a resource whole, or take it away, and write it back as it stood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud import Cloud
from incident.target import Before, Target
from responders.effective import MANAGED
from responders.measure import Call, Proof, Send, absent, read_or_absent

type Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Whole:
    """`wanted`: the body that is to stand; None: the resource is to go. `holds`: whether a state is good enough.

    `does` and `takes_back` are what the two calls are called. What did not stand before is deleted by the undo.
    """

    does: str
    takes_back: str
    wanted: Callable[[Target, Before], Body | None]
    holds: Callable[[Target, Before], bool]

    def contain(self, target: Target, before: Before) -> tuple[Call, ...]:
        """One request, unless it is so."""
        if self.holds(target, before):
            return ()
        return (Call(self.does, send(target, self.wanted(target, before), before.etag)),)

    async def verify(self, cloud: Cloud, target: Target) -> Proof:
        """It is so."""
        now = await read_or_absent(cloud, target)
        return Proof.of(now, so=self.holds(target, now))

    def undo(self, target: Target, before: Before) -> tuple[Call, ...]:
        """One request with what stood before, or a DELETE where nothing stood, unless it was so before."""
        if self.holds(target, before):
            return ()
        stood = None if absent(before) else written(before)
        return (Call(self.takes_back, send(target, stood, before.etag)),)


def send(target: Target, body: Body | None, etag: str | None) -> Send:
    """One PUT of the body, only over the state that has the ETag; one DELETE where there is no body."""

    async def request(cloud: Cloud) -> None:
        await cloud.arm.write("DELETE" if body is None else "PUT", target.resource, body, if_match=etag)

    return request


def written(state: Before) -> dict[str, Any]:
    """What of a state may be written: its kind and its properties, without those that the service manages."""
    kept = {name: state.body[name] for name in ("kind", "location") if state.body.get(name)}
    return kept | {"properties": {name: each for name, each in state.properties.items() if name not in MANAGED}}
