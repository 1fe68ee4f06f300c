"""The order in which the key of databases is changed: known, set, wrapped anew, and only then the old access is cut."""

from dataclasses import replace

import pytest

from drills.estate.clinic import GROUP, Clinic
from drills.estate.faults import when
from incident.plan import Outcome
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures
from responders.encryption import guard
from tests.conftest import Wire, policy_of
from tests.responders.line import Crash, Line, Wish
from tests.responders.measures.scenes import SAFE_KEY, SCENES, SHARED_VAULT

ADD, SET, CUT = (measures.by_id(name) for name in ("add_tde_key", "set_tde_protector", "remove_vault_principal"))
TOLD = {"forensic_tde_key": SAFE_KEY, "exposed_vault": SHARED_VAULT}


def wishes(clinic: Clinic, *held: str) -> tuple[list[Wish], str]:
    """Two servers with keys in one shared vault, whose access is cut last: here, that of the servers themselves."""
    protectors = [SCENES["add_tde_key"].resource(clinic), clinic.database_server("ehr-replica").protector]
    replica = clinic.database_server("ehr-replica").identity
    clinic.key_vault("safe-kv").has_always_admitted(replica, "get", "wrapKey", "unwrapKey")
    vault = clinic.key_vault(SHARED_VAULT).id
    cut = {"principals": f"{clinic.database_server('ehr').identity.oid},{replica.oid}"}
    planned = [
        *(Wish(ADD, one, 1, barrier=True, parameters=TOLD) for one in protectors),
        *(Wish(SET, one, 2, barrier=True, parameters=TOLD) for one in protectors),
        Wish(CUT, vault, 3, parameters=cut),
    ]
    return [replace(one, hold="approval" if one.measure.id in held else "") for one in planned], vault


def dark(clinic: Clinic) -> list[str]:
    """The databases that cannot be reached."""
    reads = [
        clinic.estate.act("read", "GET", f"{clinic.database_server(name).id}/databases", version="2021-11-01")
        for name in ("ehr", "ehr-replica")
    ]
    return [one["name"] for read in reads for one in read.body["value"] if one["properties"]["status"] != "Online"]


async def test_no_database_goes_dark_when_the_old_access_is_cut_last(line: Line, clinic: Clinic) -> None:
    planned, vault = wishes(clinic)
    incident = await line.plan(*planned)

    progress = await line.go(incident)

    assert {state.outcome for state in progress.steps.values()} == {Outcome.CONTAINED}
    assert clinic.estate.effective(vault)["properties"]["accessPolicies"] == []
    assert dark(clinic) == []


async def test_the_estate_would_show_it_if_the_old_access_were_cut_first(line: Line, clinic: Clinic) -> None:
    *_, cut = wishes(clinic)[0]
    line.grant(ADD, SET)

    await line.go(await line.plan(cut))

    assert len(dark(clinic)) == 4


@pytest.mark.parametrize("held", ["add_tde_key", "set_tde_protector"])
async def test_nothing_is_cut_before_people_have_agreed_to_the_new_key(line: Line, clinic: Clinic, held: str) -> None:
    planned, vault = wishes(clinic, held)
    incident = await line.plan(*planned)

    progress = await line.go(incident)

    assert [state.outcome for state in progress.steps.values() if state.step.measure == CUT.id] == [None]
    assert len(clinic.estate.effective(vault)["properties"]["accessPolicies"]) == 2


async def test_nothing_is_cut_while_azure_says_done_and_one_server_is_not(line: Line, clinic: Clinic) -> None:
    planned, vault = wishes(clinic)
    faults = clinic.estate.faults
    incident = await line.plan(*planned)
    faults.add(when(method="PUT", path="ehr-replica/encryptionProtector"), faults.lies())

    progress = await line.go(incident)

    ends = {(state.step.measure, state.outcome) for state in progress.steps.values()}
    assert (SET.id, Outcome.UNPROVED) in ends
    assert (CUT.id, None) in ends
    assert len(clinic.estate.effective(vault)["properties"]["accessPolicies"]) == 2


@pytest.mark.parametrize("nth", range(1, 6))
async def test_a_crash_after_any_write_is_gone_on_from(line: Line, clinic: Clinic, wire: Wire, nth: int) -> None:
    planned, vault = wishes(clinic)
    incident = await line.plan(*planned)

    def crash(at: int) -> None:
        if at == nth:
            raise Crash

    wire.answered = crash
    with pytest.raises(BaseException):  # noqa: B017, PT011 - a crash is no Exception, alone or in a group
        await line.go(incident)
    wire.answered = lambda _nth: None
    line.clock.passes(minutes=5)

    progress = await line.go(incident)

    assert {state.outcome for state in progress.steps.values()} == {Outcome.CONTAINED}
    assert clinic.estate.effective(vault)["properties"]["accessPolicies"] == []
    assert dark(clinic) == []


CLOSED = {"enablePurgeProtection": True, "networkAcls": {"defaultAction": "Deny"}}


@pytest.mark.parametrize(
    ("vault", "properties", "enabled", "why"),
    [
        ("safe-kv", CLOSED, True, ""),
        (SHARED_VAULT, CLOSED, True, "the very vault that is exposed"),
        ("safe-kv", CLOSED, False, "switched off"),
        ("safe-kv", {**CLOSED, "enablePurgeProtection": False}, True, "can be purged"),
        ("safe-kv", {"enablePurgeProtection": True}, True, "open to every network"),
    ],
)
def test_only_a_key_that_is_safer_than_the_old_one_is_taken(
    vault: str, properties: dict[str, object], enabled: bool, why: str
) -> None:
    protector = Target(resource=ResourceId(f"{GROUP}/x"), incident="i", parameters=TOLD)
    safe = {
        "vault": {"name": vault, "properties": properties},
        "key": {"properties": {"attributes": {"enabled": enabled}}},
    }
    before = Before({"properties": {"serverKeyName": f"{SHARED_VAULT}_tde_0123"}, "safe": safe})

    refusal = guard(protector, before, policy_of())

    assert why in (refusal.why if refusal else "")
    assert bool(refusal) == bool(why)
