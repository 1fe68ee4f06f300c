"""Measures that set properties of a resource by one request, and set them back by another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud import Cloud
from incident.target import Before, Target
from responders.measure import Call, Proof, Send


@dataclass(frozen=True, kw_only=True)
class Setting:
    """`wanted`: values by their dotted name below `properties`; `meant`: what Azure means where it shows no value.

    `enough`: other values that hold as well. `does` and `takes_back` are what the two calls are called.
    """

    does: str
    takes_back: str
    wanted: Mapping[str, Any]
    meant: Mapping[str, Any] = field(default_factory=dict)
    enough: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    method: str = "PATCH"

    def contain(self, target: Target, before: Before) -> tuple[Call, ...]:
        """One request, unless it is set."""
        return () if self.holds(before) else (Call(self.does, self.send(target, self.wanted)),)

    async def verify(self, cloud: Cloud, target: Target) -> Proof:
        """It is set."""
        now = await cloud.arm.read(target.resource)
        return Proof.of(now, set=self.holds(now))

    def undo(self, target: Target, before: Before) -> tuple[Call, ...]:
        """One request with the values as they stood, unless it was set before."""
        return () if self.holds(before) else (Call(self.takes_back, self.send(target, self.own(before))),)

    def holds(self, state: Before) -> bool:
        """Whether every value is wanted, or as good."""
        return all(
            value == self.wanted[name] or value in self.enough.get(name, ()) for name, value in self.own(state).items()
        )

    def own(self, state: Before) -> Mapping[str, Any]:
        """The values as they stand, by their dotted names."""
        return {name: _value(state.properties, name, self.meant.get(name)) for name in self.wanted}

    def send(self, target: Target, values: Mapping[str, Any]) -> Send:
        """One request with these values."""
        body: dict[str, Any] = {}
        for name, value in values.items():
            *parents, last = name.split(".")
            place = body
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value

        async def send(cloud: Cloud) -> None:
            await cloud.arm.write(self.method, target.resource, {"properties": body})

        return send


def _value(properties: Mapping[str, Any], name: str, meant: Any) -> Any:
    found: Any = properties
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return meant if found is None else found
