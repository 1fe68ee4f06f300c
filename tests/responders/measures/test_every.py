"""What holds for every measure, played on its scene."""

import pytest

from cloud import Cloud
from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import when
from incident.plan import Approval, Outcome, Recovery
from responders import measures
from responders.measure import Measure
from tests.conftest import NOTHING
from tests.responders.conftest import declared
from tests.responders.line import CONTAIN, DIRECTORY, READ, Line, Wish, only
from tests.responders.measures.scenes import SCENES, Scene, hatched

PLAYED = sorted(SCENES)
OURS = ("ST", "NW", "CO", "LK", "RB", "ID", "KV", "SQL", "FN", "LG", "BK", "PO", "SE-02", "SE-03")
LYING = "(hold|key|keys|rotate|endgetaccess|sessions|password|newpassword|ref|compromised|stop|backup|backups)$"
UNUSED = {
    ("contain", "microsoft.network/virtualnetworks/subnets/joinviaserviceendpoint/action"),  # where a subnet is let in
    ("contain", "microsoft.compute/snapshots/endgetaccess/action"),  # of snapshots, which are done like disks
    ("read", "microsoft.compute/snapshots/read"),
    ("contain", "microsoft.web/sites/basicpublishingcredentialspolicies/scm/write"),  # the other way in, done alike
    ("read", "microsoft.web/sites/basicpublishingcredentialspolicies/scm/read"),
}


@pytest.fixture
def measure(name: str) -> Measure:
    return measures.by_id(name)


@pytest.fixture
def scene(name: str) -> Scene:
    return SCENES[name]


@pytest.fixture
def wish(measure: Measure, scene: Scene, cloud: Cloud, clinic: Clinic) -> Wish:
    delays = clinic.estate.world.delays
    delays.delegations = delays.roles = NOTHING
    resource = scene.resource(clinic)
    if scene.canaries:
        hatched(cloud, clinic)
    clinic.remember()
    return Wish(measure, resource, parameters=scene.parameters)


def used(line: Line) -> set[tuple[str, str]]:
    return {(tier, action.casefold()) for tier in (READ, CONTAIN, DIRECTORY) for action in line.estate.used(tier)}


def test_every_measure_on_storage_and_network_has_a_scene_unless_it_is_done_by_hand() -> None:
    known = [measure for measure in measures.every() if measure.code.startswith(OURS)]

    assert {measure.id for measure in known if measure.approval is not Approval.NEVER} == SCENES.keys()


@pytest.mark.parametrize("name", PLAYED)
async def test_it_contains_and_is_proved_and_undone_to_the_same_configuration(
    line: Line, clinic: Clinic, wish: Wish, scene: Scene
) -> None:
    incident = await line.plan(wish)

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is Outcome.CONTAINED, state.why
    if scene.undone:
        assert only((await line.undo(incident)).steps.values()).outcome is Outcome.UNDONE
        assert line.estate.snapshot() == clinic.before


@pytest.mark.parametrize("name", [name for name in PLAYED if not SCENES[name].undone])
async def test_what_cannot_be_undone_says_why_and_stays(line: Line, wish: Wish) -> None:
    incident = await line.plan(wish)
    await line.go(incident)
    contained = line.estate.snapshot()

    state = only((await line.undo(incident)).steps.values())

    assert state.outcome is Outcome.CONTAINED
    assert line.estate.snapshot() == contained
    assert len(await line.entries(incident, "undo_refused")) == 1


@pytest.mark.parametrize("name", PLAYED)
async def test_a_second_time_there_is_nothing_to_do(line: Line, wish: Wish, scene: Scene) -> None:
    first = await line.plan(wish)
    await line.go(first)

    again = await line.told(first)
    calls = wish.measure.contain(wish.target(first), await wish.measure.read(line.cloud, wish.target(first)))

    assert only(again.steps.values()).outcome is Outcome.CONTAINED
    assert bool(calls) == scene.repeats


@pytest.mark.parametrize("name", PLAYED)
async def test_no_proof_when_azure_says_done_and_does_nothing(line: Line, estate: Estate, wish: Wish) -> None:
    incident = await line.plan(wish)
    for method, path in (("PATCH", ""), ("PUT", ""), ("DELETE", ""), ("POST", LYING)):
        estate.faults.add(when(method=method, path=path), estate.faults.lies())

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is Outcome.UNPROVED
    assert state.why


@pytest.mark.parametrize("name", PLAYED)
async def test_it_needs_what_its_card_declares_and_no_more(line: Line, wish: Wish, scene: Scene) -> None:
    incident = await line.plan(wish)
    await line.go(incident)
    if scene.undone:
        await line.undo(incident)

    card = {(tier, action.casefold()) for tier, action in declared(wish.measure)}

    assert card - UNUSED <= used(line) <= card


@pytest.mark.parametrize("measure", measures.every(), ids=lambda measure: measure.id)
def test_the_card_is_whole(measure: Measure) -> None:
    assert measures.by_id(measure.id) is measure
    assert all("*" not in permission.action for permission in measure.permissions)
    assert measure.blast_radius.endswith(".")
    assert not measure.title.endswith(".")
    assert measure.permissions or measure.approval is Approval.NEVER
    assert measure.recovery is Recovery.NONE or measure.approval is not Approval.NEVER
