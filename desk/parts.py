"""What every use case is given: the doors, the rules of the house, the time and who is acting."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cloud import Cloud
from desk.recent import Recent
from incident.policy import Policy
from incident.settings import Settings
from ledger import Ledger
from responders.runner import Runner


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Put together by `desk.wiring`. `owner` names one invocation in leases; `budget` bounds it.

    `recent` is this process's own memory.
    """

    settings: Settings
    policy: Policy
    cloud: Cloud
    ledger: Ledger
    runner: Runner
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    owner: Callable[[], str]
    budget: timedelta = timedelta(seconds=25)
    recent: Recent = field(default_factory=Recent)
