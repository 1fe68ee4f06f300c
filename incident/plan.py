"""A plan: which measures, on what, in which wave, at which approval."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from incident.canonical import digest
from incident.target import Target


class Approval(StrEnum):
    """Who must say yes first: nobody, one approver, two approvers of different roles; NEVER is done by hand only."""

    AUTO = "automatic"
    A1 = "one approver"
    A2 = "two approvers"
    NEVER = "by hand"


class Recovery(StrEnum):
    """`exact`: undo restores. `self`: it grows back by itself. `none`: it cannot be taken back."""

    EXACT = "exact"
    SELF = "self"
    NONE = "none"


class Outcome(StrEnum):
    """How a step ended. `unproved` is done but not proved; `noop` was so already."""

    CONTAINED = "contained"
    NOOP = "noop"
    UNPROVED = "unproved"
    REFUSED = "refused"
    FAILED = "failed"
    UNDONE = "undone"


class Mode(StrEnum):
    """What the policy lets the responder do: record what it would have done, ask for every step, or act."""

    WATCH = "watch"
    ASK = "ask"
    ACT = "act"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One measure on one target. `hash` binds a decision to it: measure, target, parameters, prior state."""

    measure: str
    code: str
    title: str
    target: Target
    wave: int
    approval: Approval
    recovery: Recovery
    before: str  # digest of the prior state
    barrier: bool = False  # the next wave waits for this one
    round: int = 1  # 2 when somebody undid the first containment and it is done again

    @cached_property
    def key(self) -> str:
        """The same measure on the same target in the same round is the same step, in whatever revision it stands."""
        return digest([self.measure, self.target.key, self.round])[:16]

    @cached_property
    def hash(self) -> str:
        """What an approver approves."""
        return digest([self.measure, self.target.key, dict(self.target.parameters), self.before])

    def as_row(self) -> dict[str, Any]:
        """The step as the ledger keeps it."""
        return {
            "key": self.key,
            "hash": self.hash,
            "measure": self.measure,
            "code": self.code,
            "title": self.title,
            "resource": self.target.resource.text,
            "parameters": dict(self.target.parameters),
            "wave": self.wave,
            "approval": self.approval.value,
            "recovery": self.recovery.value,
            "before": self.before,
            "barrier": self.barrier,
            "round": self.round,
        }


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps that answer an incident. A later signal or a found child makes a revision; steps keep their keys."""

    revision: int
    steps: tuple[Step, ...]

    @property
    def hash(self) -> str:
        """The hash of what would run, in order."""
        return digest([step.hash for step in self.steps])
