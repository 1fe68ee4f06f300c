from datetime import UTC, datetime
from typing import Any

import pytest

from compliance.fields import FactsInvalid
from compliance.standing import Standing
from desk.clocks import Restated
from desk.duties import Duty, State, duties
from desk.facts import record_facts
from incident.errors import Refused, Unknown
from tests.desk.law.conftest import OFFICER, Desk

ASSESSED = {
    "factors": {
        name: {"finding": "seen by nobody, says Jo Patient", "evidence": "log"}
        for name in ("nature", "recipient", "acquired", "mitigated")
    },
    "low_probability": True,
}
LOGGED = {
    "ground": "no_access",
    "reasons": "no read in the window",
    "window": {"from": "2026-11-20T00:00:00Z", "to": "2026-11-20T23:00:00Z"},
    "logging": {
        "from": "2026-11-19T00:00:00Z",
        "to": "2026-11-21T00:00:00Z",
        "sources": ["StorageBlobLogs"],
        "gaps": 0,
        "evidence": "query",
    },
}


async def record(desk: Desk, incident: str, **facts: Any) -> Restated:
    return await record_facts(desk.parts, OFFICER, incident, facts)


def states(found: Restated) -> dict[str, str]:
    return {duty.key: duty.state.value for duty in found.changed}


async def chained(desk: Desk, incident: str) -> dict[str, Duty]:
    return duties((await desk.parts.ledger.chain(incident)).entries)


async def test_an_exposure_starts_provisional_clocks_from_the_earliest_defensible_date(desk: Desk) -> None:
    incident = await desk.incident(earliest="2026-11-19T23:59:00-05:00")
    chain = await desk.parts.ledger.chain(incident)
    (found,) = (entry.body for entry in chain.of("discovery"))
    (standing,) = (entry.body for entry in chain.of("standing"))

    assert found["discovered_on"] == "2026-11-19"
    assert set(found["ways"]) == {"first_signal_time", "should_have_known_at"}
    assert found["who"] == [{"how": "first_signal_time", "capacity": "monitoring", "by": "sentinel"}]
    assert standing == {"standing": "exposure", "provisional": True}
    assert all("not known yet" in duty.provisional for duty in (await chained(desk, incident)).values())


@pytest.mark.parametrize(
    ("count", "running"),
    [
        (499, {"US-HIPAA-HHS-ANNUAL"}),
        (500, {"US-HIPAA-HHS-500"}),
        (501, {"US-HIPAA-HHS-500", "US-HIPAA-MEDIA:MT"}),
    ],
)
async def test_counts_decide_who_is_told_from_the_first_discovery(desk: Desk, count: int, running: set[str]) -> None:
    incident = await desk.incident()

    found = await record(desk, incident, affected={"MT": count})
    alive = {key for key, duty in found.duties.items() if duty.running}

    assert running <= alive
    assert alive & {"US-HIPAA-HHS-ANNUAL", "US-HIPAA-HHS-500", "US-HIPAA-MEDIA:MT"} == running


async def test_crossing_500_says_at_once_what_changed_and_keeps_the_old_clock_with_its_reason(desk: Desk) -> None:
    incident = await desk.incident()
    await record(desk, incident, affected={"MT": 499})

    found = await record(desk, incident, affected={"MT": 500})
    entries = (await desk.parts.ledger.chain(incident)).of("clock")
    annual = [entry.body for entry in entries if entry.body["clock"] == "US-HIPAA-HHS-ANNUAL"]

    assert states(found) == {"US-HIPAA-HHS-500": "running", "US-HIPAA-HHS-ANNUAL": "ended"}
    assert [body["state"] for body in annual] == ["running", "ended"]
    assert annual[-1]["why"] == "the facts no longer reach it"
    assert annual[-1]["was"] == annual[0]["due_at"]


async def test_an_earlier_discovery_supersedes_every_date(desk: Desk) -> None:
    incident = await desk.incident()
    before = await chained(desk, incident)

    found = await record(desk, incident, discovery={"agent_known_at": "2026-11-01T09:00:00-05:00"})

    moved = {duty.key: duty for duty in found.changed}
    assert moved["US-HIPAA-IND"].clock.due.isoformat() == "2026-12-31"
    assert moved["US-HIPAA-IND"].was == before["US-HIPAA-IND"].clock.due_at.isoformat()


async def test_a_later_record_never_moves_the_discovery_past_the_first_signal(desk: Desk) -> None:
    incident = await desk.incident(earliest="2026-11-01T00:00:00Z")
    day = {"should_have_known_at": "2026-12-24T00:00:00Z"}

    found = await record(desk, incident, discovery=day, affected={"MT": 3})

    assert found.duties["US-HIPAA-IND"].clock.due.isoformat() == "2027-01-19"


async def test_words_of_people_are_sealed_and_the_ledger_holds_hash_and_label(desk: Desk) -> None:
    incident = await desk.incident()

    await record(desk, incident, affected={"MT": 3}, assessment=ASSESSED)
    chain = await desk.parts.ledger.chain(incident)
    (facts,) = (entry for entry in chain.of("facts"))
    kept = facts.body["facts"]["assessment"]["factors"]["nature"]["finding"]

    assert "Jo Patient" not in str([entry.body for entry in chain.entries])
    assert kept["label"] == "words of a person"
    assert facts.by == OFFICER.id


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"affected": {"XX": 3}}, "affected.XX"),
        ({"affected": {"MT": -3}}, "affected.MT"),
        ({"colour": "red"}, "colour"),
        ({"flags": ["Jo Patient"]}, "flags[0]"),
        ({"entity": "nobody"}, "entity"),
        ({"assessment": {"low_probability": True}}, "assessment.factors"),
        ({"encryption": {"meets_guidance": True, "key_compromised": False}}, "encryption.evidence"),
        ({"holds": [{"type": "written", "statement_date": "2026-11-25", "official": "A"}]}, "holds[0].release_date"),
        ({"notices": [{"clock": "US-HIPAA-IND", "sent_at": "2026-12-01T00:00:00Z"}]}, "notices[0].proof"),
        ({"discovery": {"known_at": "yesterday"}}, "discovery.known_at"),
    ],
)
async def test_a_wrong_fact_is_named_and_nothing_is_kept(desk: Desk, facts: dict[str, Any], field: str) -> None:
    incident = await desk.incident()
    before = await desk.parts.ledger.head(incident)

    with pytest.raises(FactsInvalid) as wrong:
        await record(desk, incident, **facts)

    assert wrong.value.field == field
    assert await desk.parts.ledger.head(incident) == before


async def test_facts_of_no_incident_are_unknown(desk: Desk) -> None:
    with pytest.raises(Unknown):
        await record(desk, "inc-none", total=1)


async def test_a_notice_with_its_proof_meets_its_clock_and_ends_the_reminders(desk: Desk) -> None:
    incident = await desk.incident()
    await record(desk, incident, affected={"MT": 3})
    sent = {"clock": "US-HIPAA-IND", "sent_at": "2026-12-01T00:00:00Z", "count": 3, "proof": "postal receipt"}

    found = await record(desk, incident, notices=[sent])
    told = await desk.ticks_at(datetime(2027, 1, 25, tzinfo=UTC))

    assert found.duties["US-HIPAA-IND"].state is State.MET
    assert not [event for event in desk.told("Reminder") if event["data"]["clock"] == "US-HIPAA-IND"]
    assert told == 1


async def test_a_hold_moves_the_date_to_its_release_and_never_adds_its_length(desk: Desk) -> None:
    incident = await desk.incident()
    hold = {"type": "written", "statement_date": "2026-12-01", "release_date": "2027-02-01", "official": "Agent A"}

    found = await record(desk, incident, affected={"MT": 3}, holds=[hold])

    assert found.duties["US-HIPAA-IND"].clock.due.isoformat() == "2027-02-01"
    assert found.duties["US-HIPAA-IND"].clock.not_before


async def test_logs_that_cannot_exclude_access_make_the_breach_presumed(desk: Desk) -> None:
    incident = await desk.incident()

    assert (await record(desk, incident, access="not_excluded")).standing is Standing.PRESUMED
    reasons = {"result": "breach", "at": "2026-11-22T00:00:00Z", "reasons": "seen"}
    assert (await record(desk, incident, determination=reasons)).standing is Standing.DETERMINED


async def test_an_exposure_closes_when_logging_covered_the_whole_window(desk: Desk) -> None:
    incident = await desk.incident()

    found = await record(desk, incident, closing=LOGGED)

    assert {key for key, duty in found.duties.items() if duty.running} == {"US-HIPAA-RETAIN:incident record"}
    assert found.duties["US-HIPAA-IND"].why == "closed by a person: no access"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"logging": LOGGED["logging"] | {"gaps": 1}}, "gaps"),  # type: ignore[operator] # the table above is of objects
        ({"logging": LOGGED["logging"] | {"from": "2026-11-20T12:00:00Z"}}, "whole window"),  # type: ignore[operator] # as above
        ({"window": {"from": "2026-11-20T23:00:00Z", "to": "2026-11-20T23:30:00Z"}}, "after the first signal"),
        ({"logging": None}, "not stated"),
    ],
)
async def test_missing_logs_are_no_evidence_of_no_access(desk: Desk, change: dict[str, Any], why: str) -> None:
    incident = await desk.incident()

    with pytest.raises(Refused, match=why):
        await record(desk, incident, closing=LOGGED | change)


async def test_a_presumed_breach_closes_by_assessment_or_notice_only(desk: Desk) -> None:
    incident = await desk.incident()
    await record(desk, incident, access="seen", affected={"MT": 3})

    for closing in (LOGGED, {"ground": "low_probability", "reasons": "r"}, {"ground": "notified", "reasons": "r"}):
        with pytest.raises(Refused):
            await record(desk, incident, closing=closing)
    found = await record(desk, incident, assessment=ASSESSED, closing={"ground": "low_probability", "reasons": "r"})

    assert not found.duties["US-HIPAA-IND"].running


async def test_a_finding_under_hipaa_closes_no_duty_of_a_state_without_its_proof(desk: Desk) -> None:
    """164.402(2) is HIPAA's; Tex. Bus. & Com. Code 521.053 knows no such finding."""
    incident = await desk.incident()
    low = {"ground": "low_probability", "reasons": "r"}
    told = {"clock": "TX-IND", "sent_at": "2026-12-01T00:00:00Z", "proof": "receipt"}

    with pytest.raises(Refused, match=r"^it cannot be closed: TX-IND: no notice with its proof$"):
        await record(desk, incident, affected={"TX": 3}, assessment=ASSESSED, closing=low)
    found = await record(desk, incident, affected={"TX": 3}, assessment=ASSESSED, notices=[told], closing=low)

    assert not any(duty.running for duty in found.duties.values() if duty.clock.kind == "deadline")


async def test_a_closing_whose_grounds_are_gone_is_open_again_and_its_clocks_run(desk: Desk) -> None:
    incident = await desk.incident()
    await record(desk, incident, closing=LOGGED)

    kept = await record(desk, incident, affected={"MT": 3})
    opened = await record(desk, incident, access="seen")

    assert not kept.duties["US-HIPAA-IND"].running
    assert opened.duties["US-HIPAA-IND"].running
    assert [duty.key for duty in (await chained(desk, incident)).values() if duty.running] == [
        duty.key for duty in opened.duties.values() if duty.running
    ]


async def test_a_breach_closes_when_every_notice_has_its_proof(desk: Desk) -> None:
    incident = await desk.incident()
    found = await record(desk, incident, access="seen", affected={"MT": 3})
    owed = [key for key, duty in found.duties.items() if duty.running and duty.clock.kind == "deadline"]
    sent = [{"clock": key, "sent_at": "2026-12-01T00:00:00Z", "proof": "receipt"} for key in owed]

    await record(desk, incident, notices=sent)
    found = await record(desk, incident, closing={"ground": "notified", "reasons": "all told"})

    assert {duty.state for duty in found.duties.values()} == {State.ENDED, State.RUNNING}
    assert found.duties["US-HIPAA-RETAIN:incident record"].running


async def test_the_same_record_twice_changes_no_clock(desk: Desk) -> None:
    incident = await desk.incident()
    await record(desk, incident, affected={"MT": 3, "TX": 260})

    assert (await record(desk, incident, affected={"MT": 3, "TX": 260})).changed == ()


async def test_each_covered_entity_is_counted_apart(desk: Desk) -> None:
    desk.governed(covered_entities=[{"id": "north", "name": "North", "zone": "America/Denver"}])
    incident = await desk.incident()
    await record(desk, incident, affected={"MT": 400})

    found = await record(desk, incident, entity="north", affected={"MT": 400})
    alive = {key for key, duty in found.duties.items() if duty.running}

    assert {"US-HIPAA-HHS-ANNUAL", "US-HIPAA-HHS-ANNUAL>north"} <= alive
    assert not [key for key in alive if key.startswith(("US-HIPAA-MEDIA", "US-HIPAA-HHS-500"))]
    found = await record(desk, incident, entity="north", status="not_affected")
    assert found.duties["US-HIPAA-IND>north"].why == "a person has found that the entity is not affected"
    assert found.duties["US-HIPAA-IND"].running
