from drills.estate.clinic import Clinic
from responders.measures.isolate_network_card import MEASURE
from tests.responders.line import Line, Wish, only
from tests.responders.measures.scenes import SCENES


async def test_the_card_keeps_its_addresses_and_its_machine(line: Line, clinic: Clinic) -> None:
    scene = SCENES["isolate_network_card"]
    card = scene.resource(clinic)
    before = (line.estate.world.store.read(card) or {})["properties"]
    incident = await line.plan(Wish(MEASURE, card, parameters=scene.parameters))

    state = only((await line.go(incident)).steps.values())

    after = (line.estate.world.store.read(card) or {})["properties"]
    assert state.outcome is not None
    assert state.outcome.value == "contained", state.why
    assert after["ipConfigurations"] == before["ipConfigurations"]
    assert after["virtualMachine"] == before["virtualMachine"]
    assert not clinic.vm("phi-vm").reaches("203.0.113.9:443")
