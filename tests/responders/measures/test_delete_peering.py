from drills.estate.clinic import Clinic
from responders.measures.delete_peering import MEASURE
from tests.responders.line import Line, Wish, only


async def test_nothing_passes_between_the_networks_any_more(line: Line, clinic: Clinic) -> None:
    hostile = clinic.peered_with()
    clinic.subnet("phi").names(hostile.prefix)
    assert clinic.vm("phi-vm").is_reached_from("10.99.0.4")
    incident = await line.plan(Wish(MEASURE, hostile.peering))

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is not None
    assert state.outcome.value == "contained", state.why
    assert not clinic.vm("phi-vm").is_reached_from("10.99.0.4")
    assert len(await line.entries(incident, "intent")) == 2
