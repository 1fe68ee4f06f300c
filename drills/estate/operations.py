"""Long-running operations: begun by a write, finished by the clock, polled by whoever wrote."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from drills.estate.store import Clock


@dataclass
class Operation:
    """One operation on one resource. `result` is what its results address answers in the end; None is an empty 204."""

    id: str
    subject: str
    done_at: datetime
    finish: Callable[[], Any]
    result: Any = None
    is_done: bool = False


class Operations:
    """Every operation of the estate. `settle` finishes those whose time has come; nothing runs in between."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: dict[str, Operation] = {}

    def begin(self, subject: str, length: timedelta, finish: Callable[[], Any]) -> Operation:
        """An operation on the subject that calls `finish` when its time has come and keeps what that returns."""
        operation = Operation(str(uuid4()), subject.lower(), self._clock() + length, finish)
        self._all[operation.id] = operation
        return operation

    def find(self, operation: str) -> Operation | None:
        """The operation with this id."""
        return self._all.get(operation.lower())

    def busy(self, subject: str) -> bool:
        """True while an operation on the subject runs."""
        return any(one.subject == subject.lower() for one in tuple(self._all.values()) if not one.is_done)

    def settle(self) -> None:
        """Finish what is due."""
        for one in tuple(self._all.values()):
            if not one.is_done and one.done_at <= self._clock():
                one.is_done = True
                one.result = one.finish()
