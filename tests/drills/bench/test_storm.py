"""The storm, small: every delivery acknowledged, nothing lost, one incident per cause."""

from dataclasses import replace
from datetime import timedelta

from drills.bench import storm
from drills.bench.yard import Yard, yard

PATIENT = timedelta(minutes=2)  # nothing is measured here, and the machine may be slow


async def test_six_hundred_deliveries_about_twelve_causes_are_twelve_incidents() -> None:
    async with yard(latency=20.0, accounts=14) as standing:
        place = replace(standing, parts=replace(standing.parts, budget=PATIENT))
        await place.contained(place.accounts[13:])
        found = await storm.storms(place, storm.deliveries(place.accounts[:12], 600), place.accounts[12:13], at_once=6)

        storm.check(found, 600, 12)
        assert len(found.new_ms) > 0
        assert await entries(place, found) < 12 * 60


async def entries(place: Yard, found: storm.Storm) -> int:
    """The length of all chains together."""
    incidents = [incident for ids in found.incidents.values() for incident in ids]
    return sum([(await place.parts.ledger.chain(incident)).head.sequence for incident in incidents])
