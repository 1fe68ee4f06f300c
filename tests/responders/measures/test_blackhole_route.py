from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Target
from responders.measures.blackhole_route import MEASURE
from tests.responders.line import Line, Wish

TABLE = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/routeTables/t")


async def test_live_flows_end_since_routes_count_per_packet(line: Line, clinic: Clinic) -> None:
    subnet = clinic.subnet("phi").opens_egress()
    table = subnet.routed()
    live = clinic.vm("phi-vm").connects("203.0.113.9:443")
    assert live.sends()
    place = f"{table}/routes/hir-{{incident}}-1"
    incident = await line.plan(Wish(MEASURE, place, parameters={"prefix": "203.0.113.0/24"}))

    await line.go(incident)

    assert not live.sends()


def test_each_prefix_has_a_route_of_its_own() -> None:
    named = Target(resource=TABLE, incident="i", parameters={"prefixes": "203.0.113.0/24, 198.51.100.7/32"})

    routes = MEASURE.targets(named)

    assert [route.resource.name for route in routes] == ["hir-i-203-0-113-0-24", "hir-i-198-51-100-7-32"]
    assert [route.parameters["prefix"] for route in routes] == ["203.0.113.0/24", "198.51.100.7/32"]
    assert MEASURE.targets(Target(resource=TABLE, incident="i")) == ()
