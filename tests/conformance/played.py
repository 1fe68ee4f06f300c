"""A measure on the simulated estate, from the read to the undo, without delays: what was said meanwhile."""

import asyncio
from dataclasses import fields
from datetime import timedelta

import pytest

from cloud import Cloud
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.settings import Settings
from incident.target import Target
from responders import measures
from responders.measure import Irreversible, Measure
from tests.conformance.following import INCIDENT, performed
from tests.responders.measures.scenes import SCENES, hatched

AT_ONCE = Delays(**{each.name: timedelta(0) for each in fields(Delays) if each.name != "token"})


def played(name: str) -> Estate:
    """The estate after the measure of this scene: `exchanges` with Resource Manager, `told_to_graph`."""
    with pytest.MonkeyPatch.context() as patch, Estate.in_thread(delays=AT_ONCE) as estate:
        for key, value in estate.environment().items():
            patch.setenv(key, value)
        asyncio.run(_contained_and_undone(measures.by_id(name), name, estate))
        return estate


async def _contained_and_undone(measure: Measure, name: str, estate: Estate) -> None:
    required = {f"TOURNIQUET_{word}": "unused" for word in ("TABLES", "EVIDENCE", "POLICY")}
    clinic, cloud = Clinic(estate), Cloud(Settings.read({**estate.environment(), **required}))
    for tier in ("read", "contain", "directory"):
        estate.grant(tier, "*")
    try:
        scene = SCENES[name]
        resource = ResourceId(scene.resource(clinic).replace("{incident}", INCIDENT))
        if scene.canaries:
            hatched(cloud, clinic)
        target = Target(resource=resource, incident=INCIDENT, parameters=scene.parameters)
        before = await measure.read(cloud, target)
        for call in measure.contain(target, before):
            await performed(cloud, call)
        assert (await measure.verify(cloud, target)).holds
        undo = measure.undo(target, before.onto(await measure.read(cloud, target)))
        for call in () if isinstance(undo, Irreversible) else undo:
            await performed(cloud, call)
    finally:
        await cloud.close()
