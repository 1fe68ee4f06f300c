"""Event Grid to the letter, over the wire to the host's own process; two hosts share one ledger."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from desk.recent import Recent
from drills.callers import Answer
from drills.estate.faults import delayed, when
from drills.stage import Stage, standing
from drills.witness import Witness
from tests.desk.signals.incoming import alert, written
from tests.drills.stages import until, webhook


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with standing() as running:
        yield running


async def rows(stage: Stage) -> dict[str, str]:
    """Every signal's row: its incident by its key."""
    async with Witness.of(stage.settings) as witness:
        found = [row async for row in witness.ledger.tables.query("signals", "")]
    return {row["RowKey"]: row["incident"] for row in found}


async def posted(stage: Stage, *events: Any) -> Answer:
    return await stage.callers.post_signal("eventgrid", json.dumps(events).encode())


@pytest.mark.asyncio(loop_scope="module")
class TestEventGrid:
    @pytest.mark.parametrize("data", ["words", ["a"], 7, None, {}], ids=str)
    @pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
    async def test_odd_data_is_taken_by_both_entrances(self, stage: Stage, data: Any, schema: str) -> None:
        own = written(stage.clinic.account("phistore").id) | {"data": data}
        cloud = {"specversion": "1.0", "id": own["id"], "type": own["eventType"], "source": own["topic"], "data": data}
        event = own if schema == "eventgrid" else cloud

        assert (await posted(stage, event)).status == 202
        assert (await stage.callers.deliver_events(event)).status == 202

    async def test_what_nobody_can_classify_is_never_refused(self, stage: Stage) -> None:
        strange = {
            "id": "1",
            "eventType": "Contoso.Door.Opened",
            "subject": "door",
            "eventTime": "2026-11-22T09:00:00Z",
        }

        for body in (b"[7]", b'"words"', b"{}x", b"[[[]]]", json.dumps([strange, "?", None]).encode()):
            assert (await stage.callers.post_signal("eventgrid", body)).status == 202
        assert (await stage.callers.deliver_events(strange)).status == 202

    async def test_the_same_id_on_two_different_events_is_two_signals(self, stage: Stage) -> None:
        one = written(stage.clinic.account("idstore").id)
        other = written(stage.clinic.account("samestore").id) | {"id": one["id"]}
        await storms_over()
        before = len(await rows(stage))

        assert (await posted(stage, one, other)).status == 202

        assert len(await rows(stage)) == before + 2

    async def test_a_dead_letter_that_is_played_again_is_the_same_signal(self, stage: Stage) -> None:
        event = written(stage.clinic.account("deadstore").id)
        await posted(stage, event)
        await storms_over()
        before = len(await rows(stage))
        dead = {"deadLetterReason": "MaxDeliveryAttemptsExceeded", "deliveryAttempts": 30, "publishTime": "x"}

        answer = await posted(stage, event | dead | {"lastDeliveryOutcome": "Timeout", "lastDeliveryAttemptTime": "y"})

        assert [signal["duplicate"] for signal in answer.body["signals"]] == [True]
        assert len(await rows(stage)) == before

    async def test_one_bad_event_costs_no_other(self, stage: Stage) -> None:
        account = stage.clinic.account("openstore").opens_to_anyone().id

        answer = await posted(stage, {"nobody": "knows"}, written(account), "words")

        assert [signal["disposition"] for signal in answer.body["signals"]] == ["parked", "contain", "parked"]
        assert stage.clinic.account("openstore").has("allowBlobPublicAccess") is False

    async def test_the_validation_url_is_never_called(self, stage: Stage) -> None:
        asked = len(stage.estate.exchanges)
        url = f"{stage.estate.url}/subscriptions/validated?api-version=1"
        event = {
            "id": "v",
            "topic": "/subscriptions/x",
            "subject": "",
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "eventTime": "2026-11-22T09:00:00Z",
            "data": {
                "validationCode": "c",
                "validationUrl": url,
            },
        }

        assert (await posted(stage, event)).status == 202
        assert (await stage.callers.deliver_events(event)).status == 202
        assert len(stage.estate.exchanges) == asked

    async def test_an_azure_that_does_not_answer_delays_no_acknowledgement_beyond_thirty_seconds(
        self, stage: Stage
    ) -> None:
        account = stage.clinic.account("slowstore").opens_to_anyone().id
        stage.estate.faults.add(
            when(method="GET", path="storageAccounts/slowstore", nth=0), delayed(timedelta(seconds=60))
        )
        loop = asyncio.get_running_loop()
        began = loop.time()

        answer = await posted(stage, written(account))

        assert answer.status == 202
        assert loop.time() - began < 29
        assert stage.clinic.account("slowstore").has("allowBlobPublicAccess") is True
        async with Witness.of(stage.settings) as witness:
            due = await witness.ledger.due(datetime.now(UTC) + timedelta(hours=1), 1000)
        assert account.casefold() in str([work.body for work in due]).casefold()

    async def test_two_hosts_make_one_incident_of_one_cause(self, stage: Stage) -> None:
        stage.estate.faults.clear()
        account, known = stage.clinic.account("phistore").opens_to_anyone().id, set(await rows(stage))
        async with stage.another_host() as host:
            other = stage.callers.at(host)
            sent = [
                (other if turn % 2 else stage.callers).post_signal(source, body)
                for turn in range(6)
                for source, body in (
                    ("defender", alert(account, f"alert-{turn}")),
                    ("eventgrid", [written(account)]),
                    ("sentinel", webhook(stage)),
                )
            ]
            answers = await asyncio.gather(*sent)
            await until(lambda: all_point(stage, known))

        assert {answer.status for answer in answers} == {202}
        incidents = {one for answer in answers for one in answer.body["incidents"]}
        assert len(incidents) == 1
        shown = (await stage.callers.incident(incidents.pop())).body
        patched = [one for one in stage.estate.exchanges if one["liveRequest"]["method"] == "PATCH"]
        assert sum("phistore?" in one["liveRequest"]["url"] for one in patched) == 1
        assert shown["status"] in ("contained", "waiting for approval")


async def storms_over() -> None:
    """What is entered together is entered by now."""
    await asyncio.sleep(2 * Recent().calm)


async def all_point(stage: Stage, known: set[str]) -> bool:
    """Whether each signal that is new has its incident."""
    found = await rows(stage)
    return "" not in {incident for key, incident in found.items() if key not in known}
