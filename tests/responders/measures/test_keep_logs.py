import pytest

from drills.estate.clinic import Clinic
from drills.estate.places import WORKSPACE
from drills.estate.settable import resource
from drills.estate.world import stamp
from incident.errors import PolicyInvalid
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures
from tests.conftest import policy_of
from tests.responders.line import Line

KEEP = measures.by_id("keep_logs")
TABLE = f"{WORKSPACE}/tables/StorageBlobLogs"
GUARDED = policy_of(limits={"retention_budget": 100, "archived_terabyte": 20})


async def read(line: Line, clinic: Clinic, *megabytes: float, days: int = 90) -> Before:
    world = clinic.estate.world
    world.store.seed(resource(TABLE, totalRetentionInDays=days))
    now = stamp(line.cloud.clock.now())
    told = [*(("StorageBlobLogs", each) for each in megabytes), ("Heartbeat", 9e9)]
    clinic.estate.logs.usage += [{"TimeGenerated": now, "DataType": table, "Quantity": each} for table, each in told]
    line.grant(KEEP)
    return await KEEP.read(line.cloud, Target(resource=ResourceId(TABLE), incident="i"))


async def test_what_the_table_takes_in_prices_the_keeping(line: Line, clinic: Clinic) -> None:
    before = await read(line, clinic, 60_000.0, 60_000.0)

    assert KEEP.price(before, GUARDED) == "its rows will cost about 197 a month, more than the budget of 100"
    assert KEEP.price(before, policy_of()) == ""


async def test_within_the_budget_nobody_is_asked(line: Line, clinic: Clinic) -> None:
    assert KEEP.price(await read(line, clinic, 60_000.0), GUARDED) == ""


async def test_nobody_is_asked_about_rows_that_are_kept_already(line: Line, clinic: Clinic) -> None:
    assert KEEP.price(await read(line, clinic, days=2556), GUARDED) == ""


@pytest.mark.parametrize("silent", ["nothing told", "no table"])
async def test_a_price_that_nobody_knows_is_asked_about(line: Line, clinic: Clinic, silent: str) -> None:
    clinic.estate.logs.missing |= {"Usage"} if silent == "no table" else set()

    assert KEEP.price(await read(line, clinic), GUARDED).startswith("nobody can say what the table takes in")


def test_a_budget_without_a_price_is_no_limit() -> None:
    with pytest.raises(PolicyInvalid, match="belong together"):
        policy_of(limits={"retention_budget": 100})
