import json
from dataclasses import replace
from uuid import uuid4

import pytest

from desk import intake
from desk.intake import Left, Receipt
from drills.estate import Estate
from drills.estate.clinic import Account, Clinic
from drills.estate.faults import refused, when
from drills.figures import writes
from incident.errors import LedgerUnavailable, SignalRejected
from incident.finding import Disposition
from incident.settings import Settings
from ledger import Ledger
from tests.conftest import Wire
from tests.desk.intake.conftest import Desk, alerted, written
from tests.responders.test_runner import Deaf

ACCOUNT_WRITE = "Microsoft.Storage/storageAccounts/write"
CONTAINER_WRITE = "Microsoft.Storage/storageAccounts/blobServices/containers/write"
ODD = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Odd/things/x"


@pytest.fixture
def account(clinic: Clinic) -> Account:
    return clinic.account("phistore").opens_to_anyone()


async def test_the_first_write_leaves_after_one_round_of_reads(desk: Desk, estate: Estate, account: Account) -> None:
    await desk.takes(alerted(account.id))

    calls = [one["id"].split(" ", 1)[1].split(" ")[0] for one in estate.exchanges]
    first = calls.index("PATCH")
    assert set(calls[:first]) == {"GET"}
    assert estate.exchanges[first]["liveRequest"]["url"].partition("?")[0].endswith("/phistore")


async def test_nine_accounts_are_closed_from_rows_that_hold_several_intents(
    desk: Desk, estate: Estate, clinic: Clinic
) -> None:
    accounts = [clinic.account(f"fan{number}").opens_to_anyone() for number in range(9)]

    opened = await desk.takes(alerted(*(account.id for account in accounts)))

    [intents] = await desk.entries(opened.incident, "intents")
    sent = {one["liveRequest"]["headers"]["x-ms-client-request-id"] for one in writes(estate.exchanges)}
    assert {body["request_id"] for body in intents.body["intents"]} < sent
    assert {account.has("allowBlobPublicAccess") for account in accounts} == {False}

    await desk.undo(opened.incident, *(body["step"] for body in intents.body["intents"]))
    assert {account.has("allowBlobPublicAccess") for account in accounts} == {True}


async def test_signals_that_share_an_alert_join_one_incident(desk: Desk, clinic: Clinic, account: Account) -> None:
    second, alert = clinic.account("archive").opens_to_anyone(), str(uuid4())

    opened = await desk.takes(alerted(account.id, alert=alert))
    joined = await desk.takes(alerted(second.id, alert=alert, title="the same alert, of another account"))

    assert joined.incident == opened.incident
    assert clinic.stranger.lists("archive/scans").is_refused
    first, joining, *_ = await desk.entries(opened.incident, "plan")
    assert (first.body["revision"], joining.body["revision"]) == (1, 2)


async def test_signals_that_share_a_correlation_join_one_incident(desk: Desk, clinic: Clinic, account: Account) -> None:
    second, correlation = clinic.account("archive").opens_to_anyone(), str(uuid4())

    opened = await desk.takes(written(account.id, ACCOUNT_WRITE, correlation=correlation), "eventgrid")
    joined = await desk.takes(written(second.id, ACCOUNT_WRITE, correlation=correlation), "eventgrid")

    assert opened.incident is not None
    assert joined.incident == opened.incident


async def test_a_harmless_event_is_kept_without_an_incident(desk: Desk, clinic: Clinic, wire: Wire) -> None:
    body = written(clinic.account("phistore").id, ACCOUNT_WRITE)

    receipt = await desk.takes(body, "eventgrid")
    again = await desk.takes(body, "eventgrid")

    assert (receipt.incident, receipt.disposition) == (None, Disposition.RECORD)
    assert again.duplicate
    assert wire.sent == []
    assert await desk.work() == []


async def test_a_forgers_alert_about_a_private_account_makes_no_write(desk: Desk, clinic: Clinic, wire: Wire) -> None:
    receipt = await desk.takes(alerted(clinic.account("phistore").id, title="CRITICAL: everything burns"))

    assert receipt.disposition is not Disposition.CONTAIN
    assert receipt.incident is not None
    assert wire.sent == []


async def test_what_cannot_be_read_is_for_a_person_to_review(
    desk: Desk, account: Account, estate: Estate, wire: Wire
) -> None:
    estate.faults.add(when(method="GET", path="storageAccounts"), refused(403, "AuthorizationFailed"))

    receipt = await desk.takes(alerted(account.id))

    assert receipt.disposition is Disposition.REVIEW
    assert await desk.status(receipt.incident) == "needs a person"
    assert await desk.entries(receipt.incident, "clock") != []
    assert wire.sent == []


async def test_one_bad_item_of_a_batch_is_parked_and_the_others_are_taken_in(desk: Desk, account: Account) -> None:
    batch = [written(account.id, ACCOUNT_WRITE), {"what": f"is {uuid4()}?"}, written(account.id, CONTAINER_WRITE)]

    first, left, last = await desk.all(batch, "eventgrid")

    assert isinstance(first, Receipt)
    assert isinstance(last, Receipt)
    assert first.incident == last.incident
    assert isinstance(left, Left)
    assert left.parked in [parked.id for parked in await desk.parts.ledger.parked(1000)]


@pytest.mark.parametrize("body", [b"", b"   "])
async def test_an_empty_delivery_is_rejected(desk: Desk, body: bytes) -> None:
    with pytest.raises(SignalRejected, match="empty"):
        await intake.deliver(desk.parts, body, "sentinel")


async def test_what_is_no_json_is_parked(desk: Desk) -> None:
    [left] = await intake.deliver(desk.parts, f"<xml>{uuid4()}</xml>".encode(), "sentinel")

    assert isinstance(left, Left)


async def test_only_a_person_who_has_signed_in_reports_as_a_person(desk: Desk, account: Account, wire: Wire) -> None:
    [result] = await desk.all({"report": f"it is open {uuid4()}", "resources": [account.id]}, "sentinel")

    assert isinstance(result, Left)
    assert wire.sent == []


async def test_when_nothing_can_be_recorded_nothing_is_done_and_the_sender_is_told(
    desk: Desk, clinic: Clinic, account: Account, settings: Settings, wire: Wire
) -> None:
    broken = await Ledger.open(settings, policies=[Deaf()])
    try:
        with pytest.raises(LedgerUnavailable):
            await desk.takes(alerted(account.id), parts=replace(desk.parts, ledger=broken))
    finally:
        await broken.close()

    assert wire.sent == []
    assert not clinic.stranger.lists("phistore/scans").is_refused


async def test_nothing_secret_of_a_body_is_kept(desk: Desk, account: Account) -> None:
    receipt = await desk.takes(alerted(account.id, title="see https://x/y?sig=VERYSECRET"))

    assert "VERYSECRET" not in json.dumps([dict(entry.body) for entry in await desk.entries(receipt.incident)])
