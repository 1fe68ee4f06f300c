"""Who must agree before a measure runs, and why (containment catalogue §0.2). Pure.

A measure has a level of its own. It is lowered, from one approver to none, only where the plan of the class marks it so
and everything speaks for it; it is raised by one, never beyond two approvers, where anything speaks against it. Two
approvers are never made fewer, and what is done by hand stays so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from incident.person import Role
from incident.plan import Approval, Recovery
from responders.measure import Measure

LADDER = (Approval.AUTO, Approval.A1, Approval.A2)
NEVER_HELD_BACK = ("ST-01", "ST-02")
"""What neither the number of targets nor the count of actions holds back where PHI is open to strangers."""


@dataclass(frozen=True)
class Marks:
    """What the plan of a class allows: lowering on high confidence, and on a change made within the hour."""

    lowers: bool = False
    fresh: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a level depends on besides the measure. Words say why; an empty word says that it is not so."""

    confident: str = ""
    fresh: str = ""
    phi: bool = False
    exempt: bool = False
    planned: str = ""
    pipeline: str = ""
    life_safety: bool = False
    privileged: bool = False  # whether the account holds a directory role
    targets: int = 1
    most_targets: int = 5
    callers_unknown: str = ""  # why nobody can say who would lose access
    price: str = ""  # why what it costs needs somebody's word
    acted: int = 0  # in the last hour, for the same cause, without anybody's approval
    most_actions: int = 20


@dataclass(frozen=True)
class Level:
    """Who must agree, and the reasons in words."""

    approval: Approval
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Said:
    """An approval: whose, under which of the approver roles they have."""

    by: str
    roles: frozenset[str]


def level(measure: Measure) -> Approval:
    """The measure's own level; what cannot be taken back always asks at least one person."""
    if measure.recovery is Recovery.NONE and measure.approval is Approval.AUTO:
        return Approval.A1
    return measure.approval


def weighed(measure: Measure, marks: Marks, case: Case) -> Level:
    """The level in this case, and why."""
    own = level(measure)
    if own is Approval.NEVER:
        return Level(own, ("it is done by hand only",))
    lowered = _lowered(measure, own, marks, case)
    blind = (case.callers_unknown,) if case.callers_unknown and (marks.lowers or marks.fresh) else ()
    reached = lowered or Level(own, (f"{measure.code} by itself: {own.value}", *blind))
    against = tuple(_against(measure, case))
    if not against:
        return reached
    raised = LADDER[min(LADDER.index(reached.approval) + 1, len(LADDER) - 1)]
    return Level(raised, (*reached.why, *(f"one more approval: {why}" for why in against)))


def _lowered(measure: Measure, own: Approval, marks: Marks, case: Case) -> Level | None:
    """Automatic where one approver would do, the plan marks it, and nothing is missing."""
    spoken = [why for marked, why in ((marks.lowers, case.confident), (marks.fresh, case.fresh)) if marked and why]
    reversible = measure.recovery is not Recovery.NONE
    blocked = case.exempt or case.planned or case.callers_unknown
    if own is not Approval.A1 or not (spoken and case.phi and reversible) or blocked:
        return None
    return Level(Approval.AUTO, (f"lowered to automatic: PHI is in scope, it can be taken back, {', '.join(spoken)}",))


def _against(measure: Measure, case: Case) -> Iterable[str]:
    urgent = case.phi and measure.code in NEVER_HELD_BACK
    if case.targets > case.most_targets and not urgent:
        yield f"{case.targets} targets in this incident, more than {case.most_targets}"
    if case.life_safety:
        yield "the resource is tagged criticality=life-safety"
    if case.privileged and measure.recovery is not Recovery.SELF:
        yield "the account holds a directory role"
    if case.price:
        yield case.price
    if case.acted >= case.most_actions and not urgent:
        yield f"{case.acted} automatic actions for this cause within the hour; the limit is {case.most_actions}"
    if case.pipeline:
        yield f"an approved pipeline made the change under {case.pipeline}"


def needed(approval: Approval) -> Approval:
    """What has to be said once somebody is asked at all: a step that would run by itself then asks one approver."""
    return Approval.A1 if approval is Approval.AUTO else approval


def roles(approval: Approval) -> tuple[Role, ...]:
    """Whose word counts; nobody's where it is done by hand."""
    return {
        Approval.A1: (Role.APPROVER_SOC,),
        Approval.A2: (Role.APPROVER_SOC, Role.APPROVER_OWNER),
        Approval.NEVER: (),
    }[needed(approval)]


def sufficient(approval: Approval, said: Iterable[Said]) -> bool:
    """Whether every role that is needed is filled by a person of its own: who has both roles counts once."""
    spoken = tuple(said)
    asked = roles(approval)
    holders = [{each.by for each in spoken if role.value in each.roles} for role in asked]
    match holders:
        case [one]:
            return bool(one)
        case [one, other]:
            return any(first != second for first in one for second in other)
    return False
