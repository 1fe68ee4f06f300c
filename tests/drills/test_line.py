"""The line in the host's own process, from the wire to the wire."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from drills.estate.faults import when
from drills.host.queues import Queue
from drills.host.storage import Storage
from drills.samples import SENTINEL_INCIDENT
from drills.stage import Stage, standing
from drills.witness import Witness
from tests.drills.stages import HeldBack, an_hour_passes, ended, until, webhook, written

OTHER = "/subscriptions/00000000-0000-0000-0000-0000000000ff/resourceGroups/x"
STRANGE = f"{OTHER}/providers/Microsoft.Storage/storageAccounts/elsewhere"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with standing() as running:
        yield running


async def test_the_same_webhook_twice_is_one_incident_and_nothing_is_done_the_second_time(stage: Stage) -> None:
    stage.clinic.account("phistore").opens_to_anyone()
    body = webhook(stage)

    first = await stage.callers.post_signal("sentinel", body)
    done = written(stage)
    second = await stage.callers.post_signal("sentinel", body)

    assert (first.status, second.status) == (202, 202)
    assert first.body["incidents"] == second.body["incidents"] != []
    assert written(stage) == done
    assert sum("/Microsoft.Storage/" in act for act in done) == 3  # account, container, recovery of deleted blobs


@pytest.mark.parametrize("before", [True, False], ids=["before the write took effect", "after it took effect"])
async def test_a_host_killed_between_intent_and_outcome_ends_in_the_same_state(stage: Stage, *, before: bool) -> None:
    stage.clinic.account("phistore").opens_to_anyone()
    held = HeldBack(before=before)
    stage.estate.faults.add(when(method="PATCH", path="storageAccounts/phistore$", nth=1), held.action)
    delivery = asyncio.create_task(stage.callers.post_signal("sentinel", webhook(stage)))
    assert await asyncio.to_thread(held.reached.wait, 30)

    stage.host.kill()
    held.released.set()
    await asyncio.gather(delivery, stage.host.wait(), return_exceptions=True)
    incident = await intended(stage)
    await an_hour_passes(stage, incident)
    async with stage.another_host() as host:
        callers = stage.callers.at(host)
        assert (await callers.fire("resume")).status == 202
        outcomes = await ended(callers, incident)

    assert stage.clinic.account("phistore").has("allowBlobPublicAccess") is False
    assert stage.clinic.stranger.reads("phistore/scans/0001.dcm").is_refused
    assert outcomes == ["contained", "contained"]


async def intended(stage: Stage) -> str:
    async with Witness.of(stage.settings) as witness:
        return (await witness.intents())[0].incident


async def test_a_forger_with_every_webhook_key_makes_no_write(stage: Stage) -> None:
    private = stage.clinic.account("private").id
    open_but_harmless = stage.clinic.account("brochures", tags={}).opens_to_anyone().id
    quiet = stage.clinic.subnet("phi").nsg
    for target in (private, open_but_harmless, f"{private}nowhere", STRANGE, quiet):
        for source, body in forged(target):
            assert (await stage.callers.post_signal(source, body)).status == 202
        await stage.callers.deliver_events(event(target), event(f"{target}/securityRules/allow-all"))

    assert written(stage) == []


def forged(target: str) -> list[tuple[str, dict[str, Any]]]:
    """Invented alerts of the highest severity about the target, in each source's form."""
    defender = {
        "id": f"{target}/providers/Microsoft.Security/alerts/2517000000000000000_{len(target)}",
        "name": f"2517000000000000000_{len(target)}",
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "alertType": "Storage.Blob_OpenContainersScanning.SuccessfulDiscovery",
            "alertDisplayName": "Invented",
            "severity": "High",
            "status": "Active",
            "systemAlertId": f"invented-{len(target)}",
            "startTimeUtc": "2026-11-22T09:00:00Z",
            "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": target}],
        },
    }
    incident = json.loads(SENTINEL_INCIDENT.read_text())
    account = incident["object"]["properties"]["relatedEntities"][0]["properties"]["resourceId"]
    sentinel = json.loads(json.dumps(incident).replace(account, target).replace("7d0f6c1e", f"{len(target):08x}"))
    return [("sentinel", sentinel), ("defender", defender)]


def event(target: str) -> dict[str, Any]:
    """An invented event of Resource Manager."""
    kind = "Microsoft.Network/networkSecurityGroups" if "Network" in target else "Microsoft.Storage/storageAccounts"
    return {
        "id": f"invented-{len(target)}",
        "topic": "/subscriptions/00000000-0000-0000-0000-0000000000aa",
        "subject": target,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-11-22T09:00:00Z",
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": {
            "operationName": f"{kind}/write",
            "resourceUri": target,
            "status": "Succeeded",
            "correlationId": f"invented-{len(target)}",
            "claims": {},
        },
    }


async def test_what_cannot_be_taken_in_gets_a_clear_answer_and_does_nothing(stage: Stage) -> None:
    stage.clinic.account("phistore").opens_to_anyone()
    good = json.dumps(webhook(stage)).encode()
    ask = stage.callers.post_signal

    answers = {
        "unknown source": (await ask("telegraph", good), 404),
        "empty": (await ask("sentinel", b"  "), 400),
        "oversize": (await ask("sentinel", b" " * (4 * 2**20 + 1)), 413),
    }

    for what, (answer, status) in answers.items():
        assert (what, answer.status, answer.kind) == (what, status, "application/problem+json")
        assert answer.body["status"] == status
        assert answer.body["detail"]
    assert (await ask("sentinel", good, key="wrong")).status == 401
    assert written(stage) == []


async def test_a_body_that_is_not_json_is_parked_not_lost(stage: Stage) -> None:
    answer = await stage.callers.post_signal("sentinel", b'{"object": ')

    assert answer.status == 202
    assert answer.body["signals"][0]["disposition"] == "parked"
    assert answer.body["signals"][0]["parked"]
    assert written(stage) == []


async def test_the_canary_goes_through_the_queue_and_what_the_queue_cannot_hand_over_is_parked(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session, Witness.of(stage.settings) as witness:
        storage = Storage(stage.settings["AzureWebJobsStorage"], session)
        await Queue(storage, "signals").put("{neither JSON nor base64}")
        await Queue(storage, "signals-poison").put("put aside by the platform")
        await stage.callers.fire("watch")

        async def arrived() -> list[str]:
            rows = [row async for row in witness.ledger.tables.query("signals", "")]
            return [row["incident"] for row in rows if row["incident"]]

        assert await until(arrived) == ["-"]
        assert len(await until(lambda: stage_parked(witness, 2))) == 2


async def stage_parked(witness: Witness, count: int) -> list[str]:
    found = [each.reason for each in await witness.ledger.parked()]
    return found if len(found) == count else []


async def test_people_without_a_valid_token_see_and_do_nothing(stage: Stage) -> None:
    nobody = await stage.callers.ask("GET", "/api/incidents")
    reader = await stage.callers.ask("POST", "/api/incidents/x/undo", headers=stage.callers.signed_in("Responder.Read"))
    stranger = await stage.callers.ask("GET", "/api/incidents", headers={"x-functions-key": stage.host.keys.master})

    assert (nobody.status, reader.status, stranger.status) == (401, 403, 401)
    assert nobody.kind == reader.kind == "application/problem+json"


async def test_the_hosts_log_holds_no_secret(stage: Stage) -> None:
    stage.clinic.account("phistore").opens_to_anyone()
    await stage.callers.post_signal("sentinel", webhook(stage))
    await stage.callers.post_signal("sentinel", b"{", key="wrong-key-of-a-stranger")
    await stage.callers.incidents()

    log = stage.host.output
    storage = re.search("AccountKey=([^;]+)", stage.settings["AzureWebJobsStorage"])
    keys = stage.host.keys
    secrets = (keys.function, keys.master, keys.system, "wrong-key-of-a-stranger", stage.estate.identity_header)
    assert "Executed 'Functions.on_signal'" in log
    assert storage is not None
    assert [secret for secret in (*secrets, storage[1]) if secret in log] == []
    assert re.search(r"eyJ[\w-]{10,}\.", log) is None
    assert "PRIVATE KEY" not in log
