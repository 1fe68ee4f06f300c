"""Every resource as its service would describe it, with the versions that the data plane has yet to obey."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from drills.estate.ids import is_within, type_of
from drills.estate.wire import Json

type Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Version:
    """One state of a resource and the moment from which the data plane obeys it. None stands for a deleted resource."""

    since: datetime
    state: Json | None


class Store:
    """Resources by id, whatever its case. What is put or read is a copy: nobody changes a resource from outside."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._versions: dict[str, tuple[Version, ...]] = {}

    def put(self, state: Json, delay: timedelta = timedelta(0)) -> None:
        """The state under its own id; the data plane follows after the delay."""
        self._append(state["id"], deepcopy(state), delay)

    def amend(self, state: Json) -> None:
        """The state in place of the latest, in force when that one was to be."""
        versions = self._versions[state["id"].lower()]
        self._versions[state["id"].lower()] = (*versions[:-1], Version(versions[-1].since, deepcopy(state)))

    def seed(self, state: Json) -> None:
        """The state under its own id, as if it had always been so."""
        self._versions[state["id"].lower()] = (Version(datetime.min.replace(tzinfo=UTC), deepcopy(state)),)

    def remove(self, resource: str, delay: timedelta = timedelta(0)) -> None:
        """No such resource any more; the data plane follows after the delay."""
        self._append(resource, None, delay)

    def read(self, resource: str) -> Json | None:
        """The resource as configured now."""
        versions = self._versions.get(resource.lower())
        return deepcopy(versions[-1].state) if versions else None

    def in_force_ending(self, ending: str) -> Version | None:
        """What the data plane obeys of the one resource whose id ends so, whatever its case."""
        wanted = ending.lower()
        found = next((key for key in tuple(self._versions) if key.endswith(wanted)), "")
        return self.in_force(found)

    def in_force(self, resource: str) -> Version | None:
        """The version that the data plane obeys now."""
        now = self._clock()
        return next((one for one in reversed(self._versions.get(resource.lower(), ())) if one.since <= now), None)

    def every_in_force(self, kind: str) -> list[Json]:
        """Every resource of the type as the data plane obeys it now."""
        wanted = kind.lower()
        found = (self.in_force(key) for key in tuple(self._versions) if type_of(key) == wanted)
        return [version.state for version in found if version is not None and version.state is not None]

    def of_type(self, kind: str, scope: str = "") -> list[Json]:
        """Every resource of the type within the scope, in the order of their ids."""
        wanted = kind.lower()
        return [
            deepcopy(state)
            for state in self._latest()
            if type_of(state["id"]).lower() == wanted and (not scope or is_within(state["id"], scope))
        ]

    def has_had(self, kind: str, scope: str) -> bool:
        """Whether a resource of the type has ever stood within the scope."""
        wanted = kind.lower()
        return any(is_within(key, scope) and type_of(key) == wanted for key in tuple(self._versions))

    def all(self) -> list[Json]:
        """Every resource, in the order of the ids."""
        return [deepcopy(state) for state in self._latest()]

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """What is put within the block is forgotten at its end."""
        before = dict(self._versions)
        try:
            yield
        finally:
            self._versions = before

    def _latest(self) -> Iterator[Json]:
        for _, versions in sorted(self._versions.items()):
            if versions[-1].state is not None:
                yield versions[-1].state

    def _append(self, resource: str, state: Json | None, delay: timedelta) -> None:
        key, now = resource.lower(), self._clock()
        kept = self._versions.get(key, ())
        obeyed = max((n for n, one in enumerate(kept) if one.since <= now), default=0)
        self._versions[key] = (*kept[obeyed:], Version(now + delay, state))
