"""One incident per cause, whoever speaks of it, in whatever order, however often."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from desk.recent import LOOK
from drills.estate.places import WORKSPACE
from incident.errors import LedgerUnavailable
from incident.finding import Disposition
from tests.desk.signals.incoming import Incoming, alert, written


async def test_sentinel_defender_and_an_event_about_one_account_are_one_incident(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id

    first = await incoming.one("sentinel", incoming.sentinel())
    second = await incoming.one("defender", alert(account))
    third = await incoming.one("eventgrid", written(account))

    assert first.incident == second.incident == third.incident
    assert len(await incoming.entries(str(first.incident), "signal")) == 3
    assert (
        len(incoming.acts) == 5
    )  # the account, its container, the recovery of deleted blobs; Sentinel's tag and comment


async def test_one_alert_that_names_different_resources_over_two_wires_is_one_incident(incoming: Incoming) -> None:
    name = uuid4().hex
    one, other = (incoming.clinic.account(each).id for each in ("phistore", "labstore"))

    first = await incoming.one("defender", alert(one, name))
    second = await incoming.another().one("defender", alert(other, name, severity="Low"))

    assert first.incident == second.incident


async def test_a_container_and_its_account_are_one_cause(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone()

    first = await incoming.one("defender", alert(account.container("scans")))
    second = await incoming.one("defender", alert(account.id))

    assert first.incident == second.incident


async def test_a_half_hour_that_ticks_over_splits_no_cause(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    incoming.clock.at = incoming.clock.at.replace(minute=29, second=59)

    first = await incoming.one("defender", alert(account))
    incoming.clock.passes(minutes=1)
    second = await incoming.another().one("defender", alert(account))

    assert first.incident == second.incident


async def test_a_cause_that_goes_on_stays_one_incident_until_it_rests(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    seen = []
    for minutes in (20, 20, 20, 31):
        seen.append((await incoming.another().one("defender", alert(account))).incident)
        incoming.clock.passes(minutes=minutes)

    assert len(set(seen)) == 1
    assert (await incoming.one("defender", alert(account))).incident not in seen


async def test_another_actor_makes_another_incident_where_the_class_goes_by_actor(incoming: Incoming) -> None:
    vault = f"{incoming.clinic.account('phistore').id.partition('/Microsoft.Storage')[0]}/Microsoft.KeyVault/vaults/v"
    told = [
        alert(
            vault, kind="KV_AccountVolumeAnomaly", entities=[{"type": "account", "name": who, "upnSuffix": "c.example"}]
        )
        for who in ("anna", "anna", "ben")
    ]

    first, again, other = [(await incoming.one("defender", each)).incident for each in told]

    assert first == again != other


async def test_the_same_signal_twice_reads_azure_once(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").id
    body = alert(account)
    first = await incoming.one("defender", body)
    read = len(incoming.estate.exchanges)

    second = await incoming.one("defender", body)

    assert second.duplicate
    assert second.incident == first.incident
    assert len(incoming.estate.exchanges) == read


async def test_the_same_signal_twice_at_the_same_time_is_entered_once(incoming: Incoming) -> None:
    body = alert(incoming.clinic.account("phistore").opens_to_anyone().id)

    receipts = await asyncio.gather(*(incoming.one("defender", body) for _ in range(10)))

    assert len({receipt.incident for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    assert len(await incoming.entries(str(receipts[0].incident), "signal")) == 1
    assert len(incoming.acts) == 3  # the account, its container, the recovery of deleted blobs


async def test_a_storm_is_a_handful_of_entries_and_loses_nothing(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    bodies, began = [alert(account) for _ in range(120)], datetime.now(UTC)

    receipts = await asyncio.gather(*(incoming.one("defender", body) for body in bodies))
    await incoming.settled()

    incident = str(receipts[0].incident)
    assert {receipt.incident for receipt in receipts} == {incident}
    entries = await incoming.entries(incident)
    told = [entry for entry in entries if entry.kind == "signal"]
    storms = [entry.body for entry in entries if entry.kind == "signals"]
    assert len(told) + sum(body["count"] for body in storms) == 120
    assert len(entries) < 60
    assert await incoming.pointed(began) == {incident: 120}
    assert await incoming.unfinished("signal") == []
    assert len(incoming.acts) == 3  # the account, its container, the recovery of deleted blobs


async def test_what_says_something_new_in_a_storm_is_entered_whole(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    bodies = [alert(account) for _ in range(20)] + [alert(account, startTimeUtc="2026-11-01T00:00:00Z")]

    receipts = await asyncio.gather(*(incoming.one("defender", body) for body in bodies))
    await incoming.settled()

    told = await incoming.entries(str(receipts[0].incident), "signal")
    assert min(entry.body["earliest"] for entry in told).startswith("2026-11-01")


@pytest.mark.parametrize("many", [1, 12])
async def test_what_is_grave_and_new_in_a_recorded_incident_calls_a_person_and_starts_clocks(
    incoming: Incoming, many: int
) -> None:
    incoming.governed(scope={"resources": [f"{WORKSPACE}/providers/Microsoft.SecurityInsights"]})
    body = incoming.sentinel()
    incident = str((await incoming.one("sentinel", body)).incident)
    assert await incoming.entries(incident, "clock") == []

    store, lying = incoming.estate.world.store, {"createdTimeUtc": "2026-11-01T00:00:00Z"}
    kept = store.read(body["object"]["id"]) or {}
    kept["properties"] |= lying
    body["object"]["properties"] |= lying
    store.seed(kept)
    again = [{**body, "object": {**body["object"], "etag": str(number)}} for number in range(many)]
    await asyncio.gather(*(incoming.one("sentinel", each) for each in again))
    await incoming.settled()

    assert (await incoming.parts.ledger.chain(incident)).state["status"] == "needs a person"
    assert await incoming.entries(incident, "clock")


async def _stormed(incoming: Incoming) -> tuple[str, int]:
    """An account that was opened, told of by many alerts and closed; and how many acts that took."""
    account = incoming.clinic.account("phistore").opens_to_anyone()
    await asyncio.gather(*(incoming.one("defender", alert(account.id)) for _ in range(6)))
    await incoming.settled()
    incoming.clinic.account("phistore").opens_to_anyone()
    return account.id, len(incoming.acts)


async def test_a_storm_about_an_account_that_is_opened_again_contains_it_again(incoming: Incoming) -> None:
    account, acts = await _stormed(incoming)

    incoming.clock.passes(seconds=LOOK.total_seconds())
    await asyncio.gather(*(incoming.one("defender", alert(account)) for _ in range(12)))
    await incoming.settled()

    assert len(incoming.acts) > acts
    assert incoming.clinic.account("phistore").has("allowBlobPublicAccess") is False


async def test_in_a_storm_the_event_of_a_write_is_looked_at_at_once(incoming: Incoming) -> None:
    account, acts = await _stormed(incoming)

    told = (incoming.one("defender", alert(account)) for _ in range(6))
    await asyncio.gather(incoming.takes("eventgrid", *incoming.events()[-2:]), *told)
    await incoming.settled()

    assert len(incoming.acts) > acts
    assert incoming.clinic.account("phistore").has("allowBlobPublicAccess") is False


async def test_a_harmless_storm_of_events_makes_no_incident(incoming: Incoming) -> None:
    began = datetime.now(UTC)
    account = incoming.clinic.account("phistore").id

    receipts = await asyncio.gather(*(incoming.one("eventgrid", written(account)) for _ in range(30)))
    await incoming.settled()

    assert {receipt.incident for receipt in receipts} == {None}
    assert {receipt.disposition for receipt in receipts} == {Disposition.RECORD}
    assert await incoming.pointed(began) == {"-": 30}


async def test_a_failed_delivery_of_one_signal_fails_its_twin_too(incoming: Incoming) -> None:
    body = alert(incoming.clinic.account("phistore").id)
    with incoming.ledger_away():
        results = await asyncio.gather(*(incoming.one("defender", body) for _ in range(3)), return_exceptions=True)

    assert all(isinstance(result, LedgerUnavailable) for result in results)
    assert (await incoming.one("defender", body)).incident
