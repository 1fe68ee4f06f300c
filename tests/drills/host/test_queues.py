import asyncio
import base64
from typing import TYPE_CHECKING

import aiohttp
import pytest

from drills.azurite import Azurite
from drills.host import HostProcess
from drills.host.queues import Queue, Received, decoded
from drills.host.settings import SettingError
from drills.host.storage import Storage

if TYPE_CHECKING:
    from tests.drills.host.conftest import Notes


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def emptied(queue: Queue) -> bool:
    for _ in range(1500):
        if await queue.length() == 0:
            return True
        await asyncio.sleep(0.02)
    return False


async def received(queue: Queue) -> Received:
    """The first message to appear."""
    for _ in range(1500):
        if messages := await queue.receive(1):
            await queue.delete(messages[0])
            return messages[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"nothing came to {queue.name}")


@pytest.fixture
def poison(storage: Storage) -> Queue:
    return Queue(storage, "signals-poison")


async def test_a_message_reaches_its_function_decoded_and_is_deleted(
    host: HostProcess, signals: Queue, notes: "Notes"
) -> None:
    await signals.put(encoded("a leak & <more> ü"))

    [noted] = await notes.until("message", body="a leak & <more> ü")

    assert (noted["count"], noted["aware"]) == (1, True)
    assert await emptied(signals), host.output


async def test_many_messages_each_reach_their_function_once(host: HostProcess, signals: Queue, notes: "Notes") -> None:
    await asyncio.gather(*(signals.put(encoded(f"of many {number}")) for number in range(40)))

    for number in range(40):
        assert len(await notes.until("message", body=f"of many {number}")) == 1
    assert await emptied(signals), host.output


async def test_a_message_that_keeps_failing_is_put_aside_after_the_last_attempt(
    host: HostProcess, signals: Queue, poison: Queue, notes: "Notes"
) -> None:
    await signals.put(encoded("fails"))

    message = await received(poison)

    assert message.text == encoded("fails")
    assert [noted["count"] for noted in notes("message", body="fails")] == [1, 2]
    assert await emptied(signals), host.output


@pytest.mark.usefixtures("host")
async def test_a_message_that_is_not_base64_is_put_aside_uncalled(
    signals: Queue, poison: Queue, notes: "Notes"
) -> None:
    await signals.put("{not base64}")

    assert (await received(poison)).text == "{not base64}"
    assert not notes("message", body="{not base64}")


def test_text_that_is_not_encoded_is_taken_as_it_is_where_host_json_says_so() -> None:
    assert decoded("{}", encoded=False) == "{}"
    assert decoded("{}", encoded=True) is None


async def test_storage_without_a_key_is_refused_by_name(session: aiohttp.ClientSession) -> None:
    with pytest.raises(SettingError, match="AccountKey"):
        Storage("BlobEndpoint=https://clinic.blob.core.windows.net;SharedAccessSignature=sv=1", session)


async def test_the_emulators_short_name_means_its_well_known_account(session: aiohttp.ClientSession) -> None:
    assert Storage("UseDevelopmentStorage=true", session).account == "devstoreaccount1"


async def test_a_queue_that_is_missing_is_empty_and_made_by_the_first_message(storage: Storage) -> None:
    queue = Queue(storage, "made-late")

    assert await queue.receive(1) == []
    await queue.put(encoded("first"))

    assert (await received(queue)).text == encoded("first")


async def test_a_wrong_key_is_an_error_and_not_an_empty_queue(azurite: Azurite, session: aiohttp.ClientSession) -> None:
    wrong = azurite.connection_string.replace(azurite.account.key, encoded("wrong"))

    with pytest.raises(aiohttp.ClientError, match="403"):
        await Queue(Storage(wrong, session), "signals").receive(1)
