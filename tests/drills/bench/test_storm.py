"""The storm, small: every delivery acknowledged, nothing lost, one incident per cause."""

from drills.bench import storm
from drills.bench.yard import Yard, yard


async def test_six_hundred_deliveries_about_twelve_causes_are_twelve_incidents() -> None:
    async with yard(latency=20.0, accounts=13) as place, storm.host(place) as host:
        sent = storm.deliveries(place.accounts[:12], 600)
        found = await storm.storms(place, host, sent, place.accounts[12:], at_once=6)

        storm.check(found, 600, 12)
        assert len(found.new_ms) == 1
        assert await entries(place, found) < 12 * 60


async def entries(place: Yard, found: storm.Storm) -> int:
    """The length of all chains together."""
    incidents = [incident for ids in found.incidents.values() for incident in ids]
    return sum([(await place.parts.ledger.chain(incident)).head.sequence for incident in incidents])
