"""Back to Sentinel: its incident says what was done; its closing pauses what has not begun, and stops no clock."""

from typing import Any

from console.story import tell
from desk import carry, show
from drills.estate.faults import refused, when
from incident.entry import Draft
from tests.desk.signals.incoming import Incoming


def said(incoming: Incoming) -> list[str]:
    [case] = incoming.estate.world.store.of_type("Microsoft.SecurityInsights/incidents")
    return [one["properties"]["message"] for one in case["hidden"].get("comments", [])]


def about(incoming: Incoming) -> dict[str, Any]:
    [case] = incoming.estate.world.store.of_type("Microsoft.SecurityInsights/incidents")
    found: dict[str, Any] = case["properties"]
    return found


async def test_sentinel_is_told_what_was_done_and_which_clocks_run(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()

    receipt = await incoming.one("sentinel", incoming.sentinel())

    [comment] = said(incoming)
    assert "Action ST-01: contained." in comment
    assert "Clock " in comment
    assert [label["labelName"] for label in about(incoming)["labels"]] == ["privacy-review-open"]
    assert about(incoming)["owner"]["assignedTo"] == "Tourniquet"
    assert about(incoming)["status"] == "New"
    steps = [entry.body["outcome"] for entry in await incoming.entries(str(receipt.incident), "step")]
    assert sorted(steps) == ["contained"] * 4 + ["noop"]  # no lifecycle policy was there to pause


async def test_the_comment_names_no_object(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()

    await incoming.one("sentinel", incoming.sentinel())

    [comment] = said(incoming)
    assert [name for name in ("phistore", "scans", "Open container", "/subscriptions/") if name in comment] == []


async def test_the_same_state_is_said_once(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()
    body = incoming.sentinel()
    await incoming.one("sentinel", body)
    body["object"]["properties"]["incidentNumber"] = 99

    await incoming.one("sentinel", body)

    assert len(said(incoming)) == 1


async def test_an_incident_that_somebody_changes_meanwhile_is_read_again(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()
    body = incoming.sentinel()
    incoming.estate.faults.add(when(method="PUT", path="incidents/[^/]+$", nth=1), refused(412, "PreconditionFailed"))

    await incoming.one("sentinel", body)

    assert len(said(incoming)) == 1
    assert about(incoming)["labels"]


async def test_an_incident_that_is_not_there_is_recorded_as_untold(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()
    body = incoming.sentinel()
    body["object"]["id"] += "0"

    receipt = await incoming.one("sentinel", body)

    assert [entry.kind for entry in await incoming.entries(str(receipt.incident), "untold")] == ["untold"]
    assert said(incoming) == []
    story = tell(*await show.one(incoming.parts, str(receipt.incident)))["story"]
    [words] = [line["text"] for line in story if line["text"].startswith("Sentinel was not told")]
    assert words.endswith("was not found.")


async def test_a_closing_that_the_live_state_contradicts_is_contested_and_paged(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()
    body = incoming.sentinel()
    incoming.governed(mode="ask")
    receipt = await incoming.one("sentinel", body)
    clocks = len(await incoming.entries(str(receipt.incident), "clock"))

    await incoming.one("sentinel", closing(body, "FalsePositive"))

    [closure] = await incoming.entries(str(receipt.incident), "closure")
    assert closure.body["contested"]
    assert len(incoming.told("ClosureContested")) == 1
    assert len(await incoming.entries(str(receipt.incident), "clock")) >= clocks > 0


async def test_a_closing_that_the_live_state_bears_out_is_recorded_and_stops_no_clock(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()
    body = incoming.sentinel()
    receipt = await incoming.one("sentinel", body)
    clocks = [entry.body["clock"] for entry in await incoming.entries(str(receipt.incident), "clock")]

    await incoming.one("sentinel", closing(body, "FalsePositive"))

    [closure] = await incoming.entries(str(receipt.incident), "closure")
    assert not closure.body["contested"]
    assert incoming.told("ClosureContested") == []
    after = [entry.body["clock"] for entry in await incoming.entries(str(receipt.incident), "clock")]
    assert after[: len(clocks)] == clocks != []


async def test_a_redirect_is_no_verdict(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()
    body = incoming.sentinel()
    receipt = await incoming.one("sentinel", body)

    await incoming.one("sentinel", closing(body, "FalsePositive", labels=[{"labelName": "Redirected"}]))

    assert await incoming.entries(str(receipt.incident), "closure") == []


def closing(body: dict[str, Any], classification: str, **more: object) -> dict[str, Any]:
    """The same incident, closed."""
    case = body["object"]
    properties = {**case["properties"], "status": "Closed", "classification": classification, **more}
    return {**body, "objectEventType": "Update", "object": {**case, "properties": properties}}


async def test_what_is_said_to_sentinel_later_tells_nobody_again_where_the_incident_stands(incoming: Incoming) -> None:
    incoming.clinic.account("phistore").opens_to_anyone()
    incident = str((await incoming.one("sentinel", incoming.sentinel())).incident)
    clock = (await incoming.entries(incident, "clock"))[0]
    moved = Draft(kind="clock", at=incoming.clock(), body={**clock.body, "due": "2027-01-01"})
    await incoming.parts.ledger.append(incident, [moved])

    await carry.go_on(incoming.parts, incident, carry.work(incoming.parts, incident))

    assert len(said(incoming)) == 2
    assert len(incoming.told("Incident.Contained")) == 1
