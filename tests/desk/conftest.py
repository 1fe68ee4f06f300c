from collections.abc import AsyncIterator

import pytest

from cloud import Cloud
from desk.parts import Parts
from drills import rights
from drills.azurite import Account, Azurite
from drills.estate import Estate
from drills.estate.clinic import Clinic
from incident.settings import Settings
from ledger import Ledger
from responders.runner import Runner
from tests.conftest import Ticking, policy_of
from tests.desk.office import Office, new_id
from tests.responders.line import QUICK


@pytest.fixture
def storage_account(azurite: Azurite) -> Account:
    """One for each test: timers and sweeps take up whatever they find in it, and causes are told apart by it."""
    return azurite.fresh()


@pytest.fixture
async def cloud(settings: Settings) -> AsyncIterator[Cloud]:
    """Without a policy of its own: one object cannot stand in the pipelines of Resource Manager and of the topic."""
    cloud = Cloud(settings)
    yield cloud
    await cloud.close()


@pytest.fixture
def office(  # noqa: PLR0913, PLR0917 - everything that a desk is put together from
    settings: Settings, cloud: Cloud, ledger: Ledger, clock: Ticking, estate: Estate, clinic: Clinic
) -> Office:
    rights.grant(estate)
    parts = Parts(
        settings=settings,
        policy=policy_of(),
        cloud=cloud,
        ledger=ledger,
        runner=Runner(cloud, ledger, now=clock, pace=QUICK),
        now=clock,
        new_id=new_id,
        owner=new_id,
    )
    return Office(parts=parts, clock=clock, estate=estate, clinic=clinic)
