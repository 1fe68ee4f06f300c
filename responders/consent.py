"""What people have said of a step: offers that expire, approvals, a rejection. Part of the fold over a chain."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incident.plan import Approval
from responders.approval import Said, sufficient

LIFE = timedelta(minutes=15)
SHORT_LIFE = timedelta(minutes=5)
SHORT = ("phi.exfiltration",)
ESCALATED_AFTER = timedelta(minutes=30)
ESCALATED_LIFE, LONGEST_LIFE = timedelta(hours=1), timedelta(days=1)
"""Once everybody has been told an offer stands as long again as it has waited, between these: in the end it is made
anew once a day, as what is overdue is told, and nobody is told hourly for ever."""


@dataclass
class Consent:
    """Of one step in one state: `hash`, once planned anew, has a consent of its own."""

    offered_at: datetime | None = None  # first of all
    expires: datetime | None = None
    lapsed: int = 0  # offers that nobody answered in time
    said: list[Said] = field(default_factory=list)
    rejected_by: str | None = None
    agreed_at: datetime | None = None
    by_timeout: bool = False

    def stands(self, now: datetime) -> bool:
        """Whether there is an offer that can be answered."""
        return self.expires is not None and now < self.expires

    def offer(self, at: datetime, expires: datetime) -> None:
        """It is offered, for the first time or again: what was said to an earlier offer has lapsed with it."""
        self.offered_at = self.offered_at or at
        self.expires = expires
        self.said = []

    def lapse(self, at: datetime, *, run: bool) -> None:
        """Nobody has answered in time. `run`: the policy names this step among those that then run."""
        self.expires, self.said = None, []
        self.lapsed += 1
        if run:
            self.agreed_at, self.by_timeout = at, True

    def approve(self, said: Said, approval: Approval, at: datetime) -> None:
        """One more approval; with the last one that is needed it is agreed."""
        self.said.append(said)
        if sufficient(approval, self.said):
            self.agreed_at = at

    def withdraw(self) -> None:
        """What was agreed has been waiting too long, or was agreed on another state: it has to be offered anew."""
        self.agreed_at, self.expires, self.said, self.by_timeout = None, None, [], False

    def agreement_ends(self, incident_class: str) -> datetime | None:
        """Until when a step that was agreed to may begin."""
        return self.agreed_at + life(incident_class) if self.agreed_at else None

    def escalated(self, now: datetime) -> bool:
        """Whether it has been waiting so long that everybody is told."""
        return self.offered_at is not None and now - self.offered_at >= ESCALATED_AFTER

    def next_life(self, incident_class: str, now: datetime) -> timedelta:
        """How long the next offer stands."""
        if self.offered_at is None or not self.escalated(now):
            return life(incident_class)
        return min(max(ESCALATED_LIFE, now - self.offered_at), LONGEST_LIFE)


def life(incident_class: str) -> timedelta:
    """How long an offer of a step of this class stands, and an agreement to it."""
    return SHORT_LIFE if incident_class in SHORT else LIFE
