from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Target
from responders import measures
from tests.responders.line import Line, Wish, only

ROTATION = measures.by_id("rotate_function_keys")


async def test_whoever_has_a_key_or_the_password_is_turned_away_and_nobody_is_told_the_new_ones(
    line: Line, clinic: Clinic
) -> None:
    app = clinic.function_app("intake")
    takes = (app.with_host_key(), app.with_password())
    assert all(take() for take in takes)
    incident = await line.plan(Wish(ROTATION, app.id))

    await line.go(incident)

    assert not any(take() for take in takes)
    assert all(take() for take in (app.with_host_key(), app.with_password()))
    assert app.link("receive").partition("code=")[2] not in repr(await line.entries(incident))


async def test_without_a_canary_it_is_done_and_not_proved(line: Line, clinic: Clinic) -> None:
    incident = await line.plan(Wish(ROTATION, clinic.function_app("intake").id))

    state = only((await line.go(incident)).steps.values())

    assert (state.outcome, state.why) == ("unproved", "could not be tried: function_key_refused")


async def test_every_function_has_its_key_made_anew(line: Line, clinic: Clinic) -> None:
    app = clinic.function_app("intake")
    line.grant(ROTATION)
    target = Target(resource=ResourceId(app.id), incident="i")

    calls = ROTATION.contain(target, await ROTATION.read(line.cloud, target))

    assert [call.name for call in calls] == [
        "make the host key anew",
        "make the key of canary anew",
        "make the key of receive anew",
        "make the publishing password anew",
    ]
