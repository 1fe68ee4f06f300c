"""What must hold when a step is about to begin, whoever agreed to it and however long ago it was planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.pause import Pause
from incident.plan import Mode
from incident.policy import Policy
from incident.target import Before
from responders.guards import Occasion, forbidden
from responders.measure import Measure
from responders.progress import StepState


@dataclass(frozen=True)
class Held:
    """What holds a step back, in a plan's word for it, and why."""

    hold: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The policy as it is now, and the pauses that run. A paging route that was lost since closes nothing."""

    policy: Policy
    pauses: Sequence[Pause] = ()

    def paused(self, state: StepState, now: datetime) -> Pause | None:
        """The pause that covers the step."""
        resource = state.step.target.resource
        return next((pause for pause in self.pauses if pause.covers(state.incident_class, resource, now)), None)

    def closed(self, state: StepState, now: datetime) -> Held | None:
        """Why the step may not go on now, as far as that can be said without reading."""
        if self.policy.ruled(state.incident_class, state.step.target.resource) is Mode.WATCH:
            return Held("watch", "the policy in force lets the responder watch here")
        if pause := self.paused(state, now):
            return Held("paused", f"people have paused new writes here until {pause.until:%Y-%m-%d %H:%M} UTC")
        ends = state.consent.agreement_ends(state.incident_class)
        if state.unbegun and ends is not None and now >= ends:
            return Held("approval", "what was agreed to has waited too long; it is offered again")
        return None

    def changed(self, state: StepState, measure: Measure, fresh: Before, now: datetime) -> Held | None:
        """Why a step that people agreed to may not begin on the state as it is now."""
        occasion = Occasion(incident_class=state.incident_class, policy=self.policy, now=now)
        if refusal := forbidden(measure, state.step.target, fresh, occasion):
            return Held("guard", refusal.why)
        if state.prior is None or measure.own(state.prior) != measure.own(fresh):
            return Held("changed", "the state is no longer the one that was agreed to; it is planned and offered anew")
        return None
