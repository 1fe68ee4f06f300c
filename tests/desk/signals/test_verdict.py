"""What people find, what rules are worth by it, and what an allow-list would have hidden."""

from datetime import timedelta

import pytest

from desk import replay, verdict
from desk.intake import Left, Receipt
from desk.verdict import Verdict, Worth, worth
from incident.allow import Allow
from incident.errors import Refused, Unknown
from incident.person import Person, Role
from tests.desk.signals.incoming import Incoming, alert

ANALYST = Person(id="a001", name="analyst@clinic.example", roles=frozenset({Role.OPERATE.value}))
RULE = "storage.public_container"


def entry(incoming: Incoming, resource: str, **more: str) -> dict[str, str]:
    return {
        "rule": RULE,
        "resource": resource,
        "owner": "web team",
        "reason": "brochures for everybody",
        "ticket": "CHG-7",
        "expires": (incoming.clock.at + timedelta(days=90)).isoformat(),
        **more,
    }


async def test_a_verdict_is_entered_its_words_are_sealed_and_the_list_shows_it(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    incident = str((await incoming.one("defender", alert(account))).incident)

    await verdict.judge(incoming.parts, ANALYST, incident, Verdict.TRUE, "Mrs Doe's scans were open")

    [said] = await incoming.entries(incident, "verdict")
    assert (said.by, said.body["verdict"]) == ("a001", "true")
    assert "Doe" not in str(said.body)
    rows = await verdict.lately(incoming.parts, incoming.clock.at - timedelta(days=1))
    assert {row.state["verdict"] for row in rows if row.incident == incident} == {"true"}


async def test_a_verdict_needs_a_known_word_a_reason_and_an_incident(incoming: Incoming) -> None:
    with pytest.raises(Refused, match="true, expected, false, untestable"):
        Verdict.of("perhaps")
    with pytest.raises(Refused, match="reason"):
        await verdict.judge(incoming.parts, ANALYST, "any", Verdict.TRUE, "  ")
    with pytest.raises(Unknown):
        await verdict.judge(incoming.parts, ANALYST, "none-such", Verdict.TRUE, "words")


def test_precision_counts_true_and_false_alone() -> None:
    said = ["true", "true", "true", "false", "expected", "untestable", None]

    [found] = worth({"classes": [RULE], "verdict": each} for each in said)

    assert (found.volume, found.precision) == (7, 0.75)
    assert Worth(rule=RULE, volume=1, verdicts={}).precision is None


async def test_an_allowed_finding_is_recorded_with_the_owners_reason_until_it_expires(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    incoming.governed(allow=[entry(incoming, account)])

    receipt = await incoming.one("defender", alert(account))

    assert receipt.disposition.value == "record"
    assert "CHG-7" in receipt.reason
    assert incoming.acts == []

    incoming.governed(allow=[entry(incoming, account, expires=incoming.clock.at.isoformat())])
    assert (await incoming.one("defender", alert(account))).disposition.value == "contain"


async def test_an_entry_that_names_an_actor_allows_nobody_else(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    incoming.governed(allow=[entry(incoming, account, actor="deploy@clinic.example")])

    assert (await incoming.one("defender", alert(account))).disposition.value == "contain"


async def test_an_entry_that_would_have_hidden_a_true_incident_is_refused(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    other = incoming.clinic.account("website").opens_to_anyone().id
    true, expected = [str((await incoming.one("defender", alert(each))).incident) for each in (account, other)]
    await verdict.judge(incoming.parts, ANALYST, true, Verdict.TRUE, "it was so")
    await verdict.judge(incoming.parts, ANALYST, expected, Verdict.EXPECTED, "a web site")
    listed = [Allow.of(entry(incoming, each)) for each in (account, other)]

    hidden = {each.incident: each.why for each in await replay.rehearsed(incoming.parts, listed)}

    assert hidden[true] == "a person has found it true"
    assert hidden[expected] == ""


async def test_an_exposure_that_nobody_has_judged_refuses_the_entry_too(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    incident = (await incoming.one("defender", alert(account))).incident

    found = await replay.rehearsed(incoming.parts, [Allow.of(entry(incoming, account))])

    assert [each.why for each in found if each.incident == incident] == [
        "PHI was seen exposed, and nobody has said that it was expected"
    ]


async def test_what_is_parked_is_replayed_and_what_still_cannot_be_read_stays(incoming: Incoming) -> None:
    [left] = await incoming.delivered("sentinel", {"nobody": f"knows {incoming.clock.at}"})
    assert isinstance(left, Left)
    body = alert(incoming.clinic.account("phistore").id)
    lot = incoming.parts.ledger.park
    readable = await lot(
        "defender", str(body).replace("'", '"').encode(), reason="an older version", at=incoming.clock.at
    )

    results = await replay.replay(incoming.parts, ANALYST, [left.parked, readable.id])

    assert [type(result) for result in results] == [Left, Receipt]
    names = {each.id for each in await replay.parked(incoming.parts)}
    assert left.parked in names
    assert readable.id not in names
    with pytest.raises(Unknown):
        await replay.replay(incoming.parts, ANALYST, ["none"])
