"""Who may say yes to what, and that nothing else ever leads to a write."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from desk import occasion, pause
from desk.facts import record_facts
from desk.pause import Wish
from desk.report import report
from desk.verdict import Verdict, judge
from drills.estate.places import STORAGE
from incident.entry import Draft
from incident.errors import NotAllowed, Refused
from incident.person import Role
from incident.plan import Approval, Outcome
from responders.progress import StepState
from tests.conftest import START, policy_of
from tests.desk.office import BOTH, CLASS, DEPUTY, OPERATOR, OWNER, SOC, Office, person

PRIVACY = person("privacy", Role.COMPLIANCE)
CLOSING = {"ground": "excluded", "reasons": "one of the workforce, in good faith"}

APPROVERS = {
    "Approver.Soc": ["soc-on-call", "soc-deputy"],
    "Approver.Owner": ["owner-on-call", "owner-deputy"],
    "escalation": ["ciso", "privacy-officer"],
}
EVERYTHING_ASKS_ONE_MORE = {"limits": {"targets": 0}}


async def first(office: Office, incident: str) -> StepState:
    return await office.step(incident, "ST-01")


async def test_what_was_approved_runs_byte_for_byte_under_the_hash_that_was_approved(office: Office) -> None:
    """Fault 14: the plan that runs is the plan that was approved."""
    office.governed("ask")
    incident = await office.leaks()
    offered = await first(office, incident)
    assert office.writes() == []

    await office.says(SOC, incident, offered)

    assert (await first(office, incident)).outcome is Outcome.CONTAINED
    [intent] = await office.entries(incident, "intent")
    [offer] = await office.entries(incident, "offer")
    [decision] = await office.entries(incident, "decision")
    assert intent.body["hash"] == decision.body["hash"] == offered.step.hash
    assert offered.step.hash in {row["hash"] for row in offer.body["steps"]}
    assert decision.sequence < intent.sequence
    assert office.writes() == ["PATCH phistore"]


async def test_a_rejection_is_an_entry_and_final_and_nothing_runs(office: Office) -> None:
    """Fault 1: an answer is read, not merely received."""
    office.governed("ask")
    incident = await office.leaks()
    asked = await first(office, incident)

    await office.says(SOC, incident, asked, approve=False, reason="the ward needs it tonight")
    with pytest.raises(Refused, match="waits for no decision"):
        await office.says(DEPUTY, incident, asked)
    await office.passes(hours=5)

    assert (await first(office, incident)).hold == "rejected"
    assert office.writes() == []
    [decision] = await office.entries(incident, "decision")
    assert (decision.by, decision.body["decision"]) == (SOC.id, "reject")
    assert "ward" not in str([entry.body for entry in await office.entries(incident)])
    kept = decision.body["reason"]
    assert kept["label"] == "a reason in a person's words"


async def test_two_approvers_are_two_people_of_two_roles(office: Office) -> None:
    office.governed("ask", **EVERYTHING_ASKS_ONE_MORE)
    incident = await office.leaving()
    asked = await office.step(incident, "ST-03")
    assert asked.step.approval is Approval.A2

    await office.says(BOTH, incident, asked)
    with pytest.raises(NotAllowed, match="somebody else"):
        await office.says(BOTH, incident, asked)
    assert office.writes() == []

    await office.says(SOC, incident, asked)
    assert (await office.step(incident, "ST-03")).outcome is Outcome.CONTAINED


@pytest.mark.parametrize(("one", "other"), [(SOC, DEPUTY)])
async def test_two_people_of_one_role_are_not_two_approvers(office: Office, one: Any, other: Any) -> None:
    office.governed("ask", **EVERYTHING_ASKS_ONE_MORE)
    incident = await office.leaving()
    asked = await office.step(incident, "ST-03")

    await office.says(one, incident, asked)
    await office.says(other, incident, asked)

    assert (await office.step(incident, "ST-03")).hold == "approval"
    assert office.writes() == []
    await office.says(OWNER, incident, asked)
    assert (await office.step(incident, "ST-03")).outcome is Outcome.CONTAINED


async def test_an_offer_that_nobody_answers_goes_to_the_deputy_and_then_to_everybody(office: Office) -> None:
    office.governed("ask", approvers=APPROVERS)
    incident = await office.leaks()

    for _ in range(3):
        await office.passes(minutes=16)

    offers = await office.entries(incident, "offer")
    assert [(offer.body["rung"], offer.body["to"]) for offer in offers] == [
        ("on call", ["soc-on-call"]),
        ("deputy", ["soc-deputy"]),
        ("escalation", ["soc-deputy", "ciso", "privacy-officer"]),
        ("escalation", ["soc-deputy", "ciso", "privacy-officer"]),
    ][: len(offers)]
    assert len(offers) >= 3
    assert len(office.notices("Approval.Offered")) == len(offers)
    assert office.writes() == []

    await office.says(DEPUTY, incident, await first(office, incident))
    assert (await first(office, incident)).outcome is Outcome.CONTAINED


async def test_a_changed_step_needs_a_new_decision_and_an_untouched_one_keeps_its_own(office: Office) -> None:
    office.governed("ask", **EVERYTHING_ASKS_ONE_MORE)
    incident = await office.leaving()
    network, untouched = await office.step(incident, "ST-03"), await office.step(incident, "ST-11")
    await office.says(OWNER, incident, network)
    opened_further(office)

    await office.says(SOC, incident, network)

    anew = await office.step(incident, "ST-03")
    assert anew.hold == "approval"
    assert anew.step.hash != network.step.hash
    assert anew.consent.said == []
    assert (await office.step(incident, "ST-11")).step.hash == untouched.step.hash
    with pytest.raises(Refused, match="no step of the plan has this hash"):
        await office.says(DEPUTY, incident, network)
    assert office.writes() == []

    await office.says(OWNER, incident, anew)
    await office.says(SOC, incident, anew)
    assert (await office.step(incident, "ST-03")).outcome is Outcome.CONTAINED


async def test_a_paging_route_that_is_lost_later_stops_no_approved_containment(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    office.governed("ask", paged=START.replace(year=2025))

    await office.says(SOC, incident, await first(office, incident))

    assert (await first(office, incident)).outcome is Outcome.CONTAINED


async def test_the_policy_may_name_a_step_that_runs_unanswered_while_phi_is_leaving(office: Office) -> None:
    office.governed(auto_on_timeout=["ST-03"])
    incident = await office.leaving()
    asked = await office.step(incident, "ST-03")
    assert asked.hold == "approval", asked.why

    await office.passes(minutes=6)

    assert (await office.step(incident, "ST-03")).outcome is Outcome.CONTAINED
    [expiry] = await office.entries(incident, "expiry")
    ran = {row["step"] for row in expiry.body["steps"] if row["run"]}
    assert ran == {asked.step.key}


def opened_further(office: Office) -> None:
    """Somebody changes what ST-03 would write, after it was offered."""
    rules = {"properties": {"networkAcls": {"defaultAction": "Allow", "bypass": "None", "ipRules": []}}}
    office.clinic.attacks("PATCH", office.clinic.account("phistore").id, rules, "2023-05-01")


# What never leads to a write


async def rejected(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    for code in ("ST-01", "ST-02"):
        await office.says(SOC, incident, await office.step(incident, code), approve=False)
    await office.goes_on(incident)


async def expired(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    asked = await first(office, incident)
    office.clock.passes(minutes=15)
    with pytest.raises(Refused, match="expired"):
        await office.says(SOC, incident, asked)
    await office.passes(minutes=1)


async def never_answered(office: Office) -> None:
    office.governed("ask")
    await office.leaks()
    for hours in (1, 1, 24):
        await office.passes(hours=hours)


async def replanned(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaving()
    asked = await office.step(incident, "ST-03")
    opened_further(office)
    await office.says(SOC, incident, asked)
    assert (await office.step(incident, "ST-03")).hold == "approval"


async def self_approved(office: Office) -> None:
    office.governed("ask")
    account = office.clinic.account("phistore").opens_to_anyone()
    words = {"report": "anybody can read our scans", "resources": [account.id], "class": CLASS}
    [receipt] = await report(office.parts, SOC, words)
    incident = str(getattr(receipt, "incident", None))
    with pytest.raises(NotAllowed, match="reported"):
        await office.says(SOC, incident, await first(office, incident))
    await office.goes_on(incident)


async def wrong_role(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    for who in (OPERATOR, OWNER):
        with pytest.raises(NotAllowed, match="needs the role"):
            await office.says(who, incident, await first(office, incident))
    await office.goes_on(incident)


async def one_of_two(office: Office) -> None:
    office.governed("ask", **EVERYTHING_ASKS_ONE_MORE)
    incident = await office.leaving()
    await office.says(SOC, incident, await office.step(incident, "ST-03"))
    await office.goes_on(incident)


async def forged_entries(office: Office) -> None:
    """Even where an answer came into the chain unchecked, the fold judges it."""
    office.governed("ask")
    incident = await office.leaks()
    asked = await first(office, incident)
    answer = {"step": asked.step.key, "hash": asked.step.hash, "decision": "approve", "reason": None}
    late = office.clock.at.replace(hour=23, minute=59)
    forged = [
        Draft(kind="decision", at=office.clock(), by="x", body={**answer, "roles": ["Approver.Owner"]}),
        Draft(kind="decision", at=office.clock(), by="x", body={**answer, "roles": []}),
        Draft(kind="decision", at=late, by="x", body={**answer, "roles": ["Approver.Soc"]}),
        Draft(kind="decision", at=office.clock(), by="x", body={**answer, "hash": "0", "roles": ["Approver.Soc"]}),
    ]
    await office.parts.ledger.append(incident, forged)
    await office.goes_on(incident)


async def unsigned_from_the_start(office: Office) -> None:
    office.governed(signed=("security",))
    incident = await office.leaks()
    assert await office.status(incident) == "watched"


async def unsigned_since(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    office.governed("ask", signed=())
    with pytest.raises(Refused, match="signatures"):
        await office.says(SOC, incident, await first(office, incident))


async def unsigned_between_approval_and_act(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    lease = await office.parts.ledger.take(incident, "another process")
    await office.says(SOC, incident, await first(office, incident))
    await office.parts.ledger.release(lease)
    office.governed("ask", signed=())
    await office.goes_on(incident)
    assert (await first(office, incident)).hold == "watch"


async def nobody_can_be_paged(office: Office) -> None:
    office.governed(paged=START.replace(year=2025))
    await office.leaks()


async def watched_class(office: Office) -> None:
    office.governed("watch")
    await office.leaks()


async def exempted_since(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    exemption = {
        "resource": office.clinic.account("phistore").id,
        "class": CLASS,
        "approver": "a",
        "reason": "r",
        "ticket": "T-1",
        "expires": "2027-01-01T00:00:00+00:00",
    }
    office.governed("ask", exemptions=[exemption])
    await office.says(SOC, incident, await first(office, incident))
    assert (await first(office, incident)).hold == "guard"


async def paused_from_the_start(office: Office) -> None:
    await paused(office, "everything")
    incident = await office.leaks()
    assert await office.status(incident) == "paused"
    await office.passes(minutes=30)


async def paused_since(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    await paused(office, CLASS)
    with pytest.raises(Refused, match="paused"):
        await office.says(SOC, incident, await first(office, incident))


async def paused_between_approval_and_act(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    lease = await office.parts.ledger.take(incident, "another process")
    await office.says(SOC, incident, await first(office, incident))
    await office.parts.ledger.release(lease)
    await paused(office, office.clinic.account("phistore").id)
    await office.goes_on(incident)
    assert (await first(office, incident)).hold == "paused"


async def planned_change(office: Office) -> None:
    office.governed(planned_changes=[change(office)])
    incident = await office.leaks()
    asked = await first(office, incident)
    assert asked.hold == "approval"
    assert "CHG-7" in asked.why


async def raised_by_a_pipeline(office: Office) -> None:
    actor = office.estate.world.directory["attacker"].oid
    office.governed(pipelines=[{"actor": actor, "ticket": "REL-1", "expires": "2027-01-01T00:00:00+00:00"}])
    await office.leaks()


async def too_many_targets(office: Office) -> None:
    office.governed(limits={"targets": 0})
    office.clinic.subnet("wards")
    incident = await egress(office, "wards")
    assert "targets in this incident" in (await office.step(incident, "NW-01")).why


NEVER = [
    rejected,
    expired,
    never_answered,
    replanned,
    self_approved,
    wrong_role,
    one_of_two,
    forged_entries,
    unsigned_from_the_start,
    unsigned_since,
    unsigned_between_approval_and_act,
    nobody_can_be_paged,
    watched_class,
    exempted_since,
    paused_from_the_start,
    paused_since,
    paused_between_approval_and_act,
    planned_change,
    raised_by_a_pipeline,
    too_many_targets,
]


@pytest.mark.parametrize("happens", NEVER, ids=lambda happens: str(happens.__name__))
async def test_it_never_leads_to_a_write(office: Office, happens: Callable[[Office], Awaitable[None]]) -> None:
    """Faults 1, 7, 13 and 14, over the real wire: nothing but reads has reached Resource Manager."""
    await happens(office)

    assert office.writes() == []
    assert office.estate.exchanges


async def test_without_any_of_that_the_same_leak_is_contained(office: Office) -> None:
    """So that the table above can fail."""
    incident = await office.leaks()

    assert office.writes()[:2] == ["PATCH phistore", "PATCH scans"]
    assert (await first(office, incident)).outcome is Outcome.CONTAINED


async def test_a_planned_change_covers_no_stranger_who_has_read(office: Office) -> None:
    office.governed(planned_changes=[change(office)])
    account = office.clinic.account("phistore").opens_to_anyone()
    found = office.clinic.alert(account.id, "Storage.Blob_OpenContainersScanning.SuccessfulDiscovery")
    office.estate.grant("read", "Microsoft.Security/alerts/read", "Microsoft.Security/locations/alerts/read")

    incident = await office.alerted(found)

    assert (await first(office, incident)).outcome is Outcome.CONTAINED


@pytest.mark.parametrize("code", ["ST-01", "ST-02"])
async def test_the_breaker_holds_back_neither_account_nor_container_of_phi(office: Office, code: str) -> None:
    office.governed(limits={"actions_per_hour": 0})
    incident = await office.leaks()

    assert (await office.step(incident, code)).outcome is Outcome.CONTAINED


async def test_the_breaker_counts_across_incidents_of_one_cause(office: Office) -> None:
    office.governed(limits={"actions_per_hour": 1})
    for name in ("wards", "labs"):
        office.clinic.subnet(name)
    one = await egress(office, "wards")
    other = await egress(office, "labs")

    assert (await office.step(one, "NW-01")).outcome is Outcome.CONTAINED
    held = await office.step(other, "NW-01")
    assert held.hold == "approval", held.why
    assert "within the hour" in held.why


async def test_the_breaker_counts_what_a_plan_grew_by_and_holds_it_back_too(office: Office) -> None:
    free = await office.leaks()
    rows = [row for entry in await office.entries(free, "plan") for row in entry.body["steps"]]
    grown = [
        row for entry in (await office.entries(free, "plan"))[1:] for row in entry.body["steps"] if not row["hold"]
    ]
    [signal] = await office.entries(free, "signal")
    counted = await occasion.acted(office.parts, [CLASS], signal.body["actor"])

    assert grown
    assert counted[CLASS] == len([row for row in rows if not row["hold"] and row["class"] == CLASS])

    office.governed(limits={"actions_per_hour": 1})
    held = await office.leaks("labstore")
    later = [row for entry in (await office.entries(held, "plan"))[1:] for row in entry.body["steps"]]
    assert {row["hold"] for row in later if row["code"] in {one["code"] for one in grown}} == {"approval"}


async def test_offers_that_nobody_answers_come_at_most_daily_in_the_end(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()

    for _ in range(4 * 8):
        await office.passes(hours=3)

    offers = await office.entries(incident, "offer")
    lives = [datetime.fromisoformat(offer.body["expires"]) - offer.at for offer in offers]
    assert timedelta(hours=23) < lives[-1] <= timedelta(days=1)
    assert len(offers) < 14


async def test_a_harmless_verdict_ends_the_offers_that_its_finder_may_answer_and_another_makes_them_again(
    office: Office,
) -> None:
    office.governed("ask")
    incident = await office.leaks()

    await judge(office.parts, OPERATOR, incident, Verdict.FALSE, "a test page")
    assert await office.status(incident) == "waiting for approval"
    await judge(office.parts, SOC, incident, Verdict.EXPECTED, "the owner has announced it")
    assert await office.status(incident) == "rejected"
    offers = len(await office.entries(incident, "offer"))
    for _ in range(4):
        await office.passes(days=1)
    assert len(await office.entries(incident, "offer")) == offers
    with pytest.raises(Refused, match="waits for no decision"):
        await office.says(SOC, incident, await first(office, incident))

    await judge(office.parts, SOC, incident, Verdict.TRUE, "nobody has announced this one")
    assert len(await office.entries(incident, "offer")) > offers
    await office.says(SOC, incident, await first(office, incident))
    assert (await first(office, incident)).outcome is Outcome.CONTAINED


async def test_the_closing_of_an_incident_ends_its_offers_and_opening_it_again_makes_them_again(office: Office) -> None:
    """45 CFR 164.414(b): it closes with its reasons; then nobody is asked to answer for it any more."""
    office.governed("ask")
    incident = await office.leaks()
    await record_facts(office.parts, PRIVACY, incident, {"exclusion": "unintentional_access", "closing": CLOSING})
    offers = len(await office.entries(incident, "offer"))

    for _ in range(3):
        await office.passes(days=1)
    assert await office.status(incident) == "rejected"
    assert len(await office.entries(incident, "offer")) == offers

    await record_facts(office.parts, PRIVACY, incident, {"closing": None})
    assert await office.status(incident) == "waiting for approval"
    assert len(await office.entries(incident, "offer")) > offers
    assert office.writes() == []


async def egress(office: Office, subnet: str) -> str:
    office.clinic.subnet(subnet).opens_egress()
    return await office.told()


def change(office: Office) -> dict[str, Any]:
    return {
        "resources": [office.clinic.account("phistore").id],
        "classes": [CLASS],
        "actor": office.estate.world.directory["attacker"].oid,
        "ticket": "CHG-7",
        "approver": "owner",
        "start": "2026-11-20T20:00:00+00:00",
        "end": "2026-11-21T04:00:00+00:00",
    }


async def paused(office: Office, scope: str) -> None:
    asked = await pause.ask(office.parts, SOC, Wish(scope=scope, minutes=60, reason="a drill of the wards"))
    await pause.confirm(office.parts, OWNER, asked)


def test_the_policies_of_these_tests_are_signed_unless_they_say_otherwise() -> None:
    assert policy_of().in_force
    assert not policy_of(signed=("security",)).in_force


async def test_what_people_have_rejected_is_not_offered_again_because_another_step_has_written_beside_it(
    office: Office,
) -> None:
    lifted = {"properties": {"supportsHttpsTrafficOnly": False}}
    account = office.clinic.account("phistore").id
    office.clinic.attacks("PATCH", account, lifted, STORAGE)
    incident = await office.told()
    waiting = [state for state in await office.steps(incident) if state.hold == "approval"]
    assert {state.step.code for state in waiting} == {"PO-01b"}
    await office.says(SOC, incident, *waiting, approve=False)
    offers = await office.entries(incident, "offer")

    office.clinic.attacks("PATCH", account, lifted, STORAGE)

    assert await office.told() == incident
    assert {state.step.round for state in await office.steps(incident) if state.step.code == "ST-16"} == {1, 2}
    assert {state.hold for state in await office.steps(incident) if state.step.code == "PO-01b"} == {"rejected"}
    assert await office.entries(incident, "offer") == offers
