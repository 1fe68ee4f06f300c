"""Writes that are answered as done and are not: whoever has access keeps it, and reading back tells the truth."""

from collections.abc import Callable
from typing import Any

import pytest

from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import when
from tests.drills.estate.conftest import Clock, Wire

SCAN = "phistore/scans/0001.dcm"
type Write = tuple[str, str, Any, str]


def rotation(clinic: Clinic) -> tuple[Write, Callable[[], bool]]:
    thief, path = clinic.thief.with_key("phistore"), f"{clinic.account('phistore').id}/regenerateKey"
    return ("POST", path, {"keyName": "key1"}, "2023-05-01"), lambda: not thief.reads(SCAN).is_refused


def revocation(clinic: Clinic) -> tuple[Write, Callable[[], bool]]:
    reader = clinic.reader("phistore")
    thief = clinic.thief.with_user_delegation_sas("phistore", "scans", reader)
    path = f"{clinic.account('phistore').id}/revokeUserDelegationKeys"
    return ("POST", path, None, "2023-05-01"), lambda: not thief.reads(SCAN).is_refused


def removal(clinic: Clinic) -> tuple[Write, Callable[[], bool]]:
    thief = clinic.thief.with_token(clinic.reader("phistore"))
    (role,) = clinic.estate.world.store.of_type("Microsoft.Authorization/roleAssignments")
    return ("DELETE", role["id"], None, "2022-04-01"), lambda: not thief.reads(SCAN).is_refused


def parting(clinic: Clinic) -> tuple[Write, Callable[[], bool]]:
    hostile, machine = clinic.peered_with("hostile"), clinic.vm("phi-vm")
    return ("DELETE", hostile.peering, None, "2024-01-01"), lambda: machine.reaches("10.99.0.5:443")


def hole(clinic: Clinic) -> tuple[Write, Callable[[], bool]]:
    body = {"properties": {"addressPrefix": "203.0.113.0/24", "nextHopType": "None"}}
    path, machine = f"{clinic.subnet('phi').routed()}/routes/hir-1", clinic.vm("phi-vm")
    return ("PUT", path, body, "2024-01-01"), lambda: machine.reaches("203.0.113.9:443")


def ending(clinic: Clinic) -> tuple[Write, Callable[[], bool]]:
    disk = clinic.disk("pacs-os")
    export = disk.exported()
    return ("POST", f"{disk.id}/endGetAccess", None, "2023-10-02"), lambda: not export.reads().is_refused


@pytest.mark.parametrize("scene", [rotation, revocation, removal, parting, hole, ending])
async def test_a_write_that_was_a_lie_changes_nothing(
    estate: Estate, clinic: Clinic, wire: Wire, clock: Clock, scene: Callable[[Clinic], Any]
) -> None:
    clinic.account("phistore")
    (method, path, body, version), has_access = scene(clinic)
    estate.faults.add(when(method=method), estate.faults.lies())

    status, _, _ = await wire.ask(method, path, body, version=version)
    clock.passes(seconds=2)

    assert status < 300
    assert has_access()
    estate.faults.clear()
    assert (await wire.ask(method, path, body, version=version))[0] < 300
    clock.passes(seconds=2)
    assert not has_access()
