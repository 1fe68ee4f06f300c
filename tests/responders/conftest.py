from dataclasses import dataclass
from typing import Any

import pytest

from cloud import Cloud
from drills.estate import Estate
from drills.estate.clinic import Clinic
from ledger import Ledger
from responders.measure import CONTAINER, SECURITY_GROUP, Measure
from tests.conftest import Ticking
from tests.responders.line import CONTAIN, READ, Ended, Line, Wish, only


@pytest.fixture
def line(cloud: Cloud, ledger: Ledger, estate: Estate, clock: Ticking) -> Line:
    return Line(cloud=cloud, ledger=ledger, estate=estate, clock=clock)


@dataclass
class Run:
    """`outcome = await run(MEASURE, "phistore")`: a measure on a resource of the clinic, by its name there."""

    line: Line
    clinic: Clinic

    async def __call__(self, measure: Measure, name: str) -> Ended:
        incident = await self.line.plan(Wish(measure, self.resource(measure, name)))
        progress = await self.line.go(incident)
        return Ended(self.line, incident, only(progress.steps.values()))

    async def undone(self, ended: Ended) -> Any:
        """The estate's effective configuration after the undo."""
        await self.line.undo(ended.incident)
        return self.line.estate.snapshot()

    def used(self) -> set[tuple[str, str]]:
        """Which permissions the identities have really used."""
        return {(tier, action) for tier in (READ, CONTAIN) for action in self.line.estate.used(tier)}

    def resource(self, measure: Measure, name: str) -> str:
        if measure.target == SECURITY_GROUP:
            return self.clinic.subnet(name).nsg
        account, _, container = name.partition("/")
        found = self.clinic.account(account)
        return found.container(container) if measure.target == CONTAINER else found.id


@pytest.fixture
def run(line: Line, clinic: Clinic) -> Run:
    return Run(line, clinic)


def declared(measure: Measure) -> set[tuple[str, str]]:
    """The permissions of the measure's card."""
    return {(permission.tier.value, permission.action) for permission in measure.permissions}
