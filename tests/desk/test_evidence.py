"""Evidence: collected once, sealed, counted; its failure is entered and told, and stops nothing."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from console import story
from desk import show
from desk.evidence import COLLECTED, FAILED
from incident.plan import Outcome
from ledger import Ref
from tests.desk.office import SOC, Office

LABELS = sorted(COLLECTED)


@pytest.fixture(autouse=True)
def today(office: Office) -> datetime:
    """The desk's clock is a little ahead of the estate's, so that no row is of the future."""
    office.clock.at = datetime.now(UTC) + timedelta(minutes=5)
    office.governed(paged=office.clock.at)
    return office.clock.at


async def content(office: Office, incident: str, label: str) -> dict[str, object]:
    """What is sealed under the label."""
    [entry] = [one for one in await office.entries(incident, "evidence") if one.body["label"] == label]
    ref = Ref(name=entry.body["name"], sha256=entry.body["sha256"], size=entry.body["size"])
    sealed = await office.parts.ledger.restricted.read(ref, by=SOC.id, why="test", at=office.clock())
    found: dict[str, object] = json.loads(sealed)
    return found


async def test_state_and_logs_are_kept_beside_containment_with_hash_and_size(office: Office) -> None:
    office.clinic.account("phistore").opens_to_anyone()
    assert office.clinic.stranger.reads("phistore/scans/0001.dcm").status == 200

    incident = await office.told()

    entries = await office.entries(incident, "evidence")
    assert sorted(entry.body["label"] for entry in entries) == LABELS
    assert all(len(entry.body["sha256"]) == 64 and entry.body["size"] for entry in entries)
    assert (await office.step(incident, "ST-01")).outcome is Outcome.CONTAINED
    assert "children" in await content(office, incident, "configuration")


async def test_the_list_of_who_read_what_is_sealed_and_only_counts_are_in_the_chain(office: Office) -> None:
    office.clinic.account("phistore").opens_to_anyone()
    for name in ("0001.dcm", "0001.dcm", "0002.dcm"):
        assert office.clinic.stranger.reads(f"phistore/scans/{name}").status == 200

    incident = await office.told()

    [entry] = [one for one in await office.entries(incident, "evidence") if one.body["label"] == "disclosure list"]
    assert (entry.body["objects"], entry.body["reads"], entry.body["anonymous"]) == (2, 3, 3)
    assert "0001.dcm" not in json.dumps([one.body for one in await office.entries(incident, "evidence")])
    rows = (await content(office, incident, "disclosure list"))["rows"]
    assert isinstance(rows, list)
    assert {row["path"] for row in rows if not row["path"].endswith("/")} == {"scans/0001.dcm", "scans/0002.dcm"}


async def test_what_is_in_the_chain_is_not_collected_again(office: Office) -> None:
    incident = await office.leaks()
    kept, asked = len(await office.entries(incident, "evidence")), len(office.estate.logs.asked)

    await office.goes_on(incident)

    assert len(await office.entries(incident, "evidence")) == kept == len(LABELS)
    assert len(office.estate.logs.asked) == asked


async def test_a_log_that_cannot_be_read_is_entered_told_once_and_holds_nothing_up(office: Office) -> None:
    office.estate.logs.missing.add("StorageBlobLogs")

    incident = await office.leaks()
    await office.goes_on(incident)

    [failed] = await office.entries(incident, "evidence_failed")
    assert failed.body["label"] == "disclosure list"
    assert len(office.notices(FAILED)) == 1
    assert (await office.step(incident, "ST-01")).outcome is Outcome.CONTAINED


async def accesses(office: Office, incident: str) -> list[str]:
    """What the entries say that the logs say."""
    return [entry.body["access"] for entry in await office.entries(incident, "disclosure")]


async def test_strangers_readings_make_a_presumed_breach_in_neutral_words(office: Office) -> None:
    office.clinic.account("phistore").opens_to_anyone()
    assert office.clinic.stranger.reads("phistore/scans/0001.dcm").status == 200

    incident = await office.told()

    [entry] = await office.entries(incident, "disclosure")
    assert (entry.body["access"], entry.body["objects"], entry.body["anonymous"]) == ("seen", 1, 1)
    assert "0001" not in json.dumps(dict(entry.body))
    assert [one.body["standing"] for one in await office.entries(incident, "standing")] == ["exposure", "presumed"]


async def test_a_log_that_cannot_be_read_excludes_no_access(office: Office) -> None:
    office.estate.logs.missing.add("StorageBlobLogs")

    incident = await office.leaks()

    assert await accesses(office, incident) == ["not_excluded"]
    assert (await office.entries(incident, "standing"))[-1].body["standing"] == "presumed"


async def test_a_log_in_which_the_account_never_stands_excludes_no_access(office: Office) -> None:
    incident = await office.leaks()

    assert await accesses(office, incident) == ["not_excluded"]


async def test_a_log_without_strangers_leaves_it_an_exposure(office: Office) -> None:
    office.clinic.account("phistore")
    assert office.clinic.thief.with_key("phistore").reads("phistore/scans/0001.dcm").status == 200

    incident = await office.leaks()

    assert await accesses(office, incident) == ["none_seen"]
    assert [one.body["standing"] for one in await office.entries(incident, "standing")] == ["exposure"]


def holding(office: Office, **containers: str) -> None:
    """These covered entities have a container of their own each."""
    account = office.clinic.account("phistore", containers=dict.fromkeys(containers.values(), 5))
    entities = [
        {"id": entity, "name": entity, "zone": "America/Denver", "holds": [account.container(container)]}
        for entity, container in containers.items()
    ]
    office.governed(paged=office.clock.at, covered_entities=entities)


async def test_strangers_readings_are_counted_by_covered_entity_and_start_its_clocks(office: Office) -> None:
    holding(office, north="n-scans", south="s-scans")
    office.clinic.account("phistore").opens_to_anyone("s-scans")
    for name in ("0001.dcm", "0001.dcm", "0002.dcm"):
        assert office.clinic.stranger.reads(f"phistore/s-scans/{name}").status == 200

    incident = await office.told()

    [entry] = await office.entries(incident, "disclosure")
    assert entry.body["entities"] == {"south": {"objects": 2, "reads": 3}}
    entities = {one.body["entity"] for one in await office.entries(incident, "clock")}
    assert entities == {"", "south"}
    told = story.tell(*await show.one(office.parts, incident))
    assert told["exposed"] == {"south": {"objects": 2, "reads": 3}}


async def test_where_logs_exclude_nothing_every_entity_of_the_account_has_its_clocks(office: Office) -> None:
    holding(office, north="n-scans", south="s-scans")
    office.estate.logs.missing.add("StorageBlobLogs")
    office.clinic.account("phistore").opens_to_anyone("s-scans")

    incident = await office.told()

    assert {one.body["entity"] for one in await office.entries(incident, "clock")} == {"", "north", "south"}


async def test_who_reads_with_what_may_be_stolen_is_not_told_from_its_holders(office: Office) -> None:
    office.clinic.account("phistore")
    assert office.clinic.thief.with_key("phistore").reads("phistore/scans/0001.dcm").status == 200

    incident = await office.leaving()

    assert await accesses(office, incident) == ["not_excluded"]


async def test_an_answer_that_nobody_foresaw_is_entered_and_told_and_holds_nothing_up(office: Office) -> None:
    office.estate.logs.garbled = True

    incident = await office.leaks()

    [failed] = await office.entries(incident, "evidence_failed")
    assert failed.body["why"] == "a fault that was not foreseen (KeyError)"
    assert len(office.notices(FAILED)) == 1
    assert (await office.step(incident, "ST-01")).outcome is Outcome.CONTAINED
    assert await office.status(incident) == "contained"


async def test_what_failed_is_had_when_the_log_is_back(office: Office) -> None:
    office.estate.logs.missing.add("StorageBlobLogs")
    incident = await office.leaks()
    office.estate.logs.missing.clear()

    await office.goes_on(incident)

    assert len(await office.entries(incident, "evidence")) == len(LABELS)


def lists(office: Office) -> list[str]:
    """Every request for the containers of an account."""
    urls = [str(exchange["liveRequest"]["url"]).partition("?")[0] for exchange in office.estate.exchanges]
    return [url for url in urls if url.endswith("/containers")]


async def test_one_listing_serves_all_evidence_of_an_account(office: Office) -> None:
    incident = await office.leaks()

    told, collected = 1, 1
    assert len(lists(office)) == told + collected
    assert sorted(entry.body["label"] for entry in await office.entries(incident, "evidence")) == LABELS
