from drills.estate.clinic import Clinic
from responders.measures.quarantine_subnet import MEASURE
from tests.responders.line import Line, Wish, only


async def test_nobody_but_the_investigators_gets_in_or_out(line: Line, clinic: Clinic) -> None:
    subnet = clinic.subnet("phi").opens_egress(priority=100)
    live = clinic.vm("phi-vm").connects("203.0.113.9:443")
    incident = await line.plan(Wish(MEASURE, subnet.nsg, parameters={"forensic_prefix": "10.20.9.0/28"}))

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is not None
    assert state.outcome.value == "contained", state.why
    assert not live.sends()
    assert not clinic.vm("phi-vm").reaches("203.0.113.9:443")
    assert state.proof is not None
    assert state.proof["checks"]["investigators_enter"] is True
