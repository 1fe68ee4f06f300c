"""A desk in one process, over Azurite and a simulated Azure."""

from itertools import count
from uuid import uuid4

import pytest

from cloud import Cloud
from desk.parts import Parts
from desk.recent import Recent
from drills import rights
from drills.estate import Estate
from incident.settings import Settings
from ledger import Ledger
from responders.runner import Runner
from tests.conftest import Ticking, policy_of
from tests.desk.signals.incoming import Incoming
from tests.responders.line import QUICK


@pytest.fixture
def incoming(settings: Settings, cloud: Cloud, ledger: Ledger, clock: Ticking, estate: Estate) -> Incoming:
    rights.grant(estate)
    numbers, run = count(1), uuid4().hex[:8]
    parts = Parts(
        settings=settings,
        policy=policy_of(),
        cloud=cloud,
        ledger=ledger,
        runner=Runner(cloud, ledger, now=clock, pace=QUICK),
        now=clock,
        new_id=lambda: f"t{run}-{next(numbers)}",
        owner=lambda: f"{run}-owner-{next(numbers)}",
        recent=Recent(calm=0.1),
    )
    return Incoming(parts=parts, estate=estate, clock=clock)
