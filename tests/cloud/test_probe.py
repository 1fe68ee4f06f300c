from dataclasses import replace

import pytest

from cloud import Cloud, Sight
from incident.settings import Settings
from incident.target import Before
from tests.cloud.wire import Answer, Quick, Wire


def account(endpoint: str | None) -> Before:
    return Before({"properties": {"primaryEndpoints": {"blob": endpoint}}})


@pytest.mark.parametrize(
    ("answer", "sight"),
    [
        (Answer(200, b"<EnumerationResults/>"), Sight(refused=False, status=200)),
        (
            Answer(409, b"", {"x-ms-error-code": "PublicAccessNotPermitted"}),
            Sight(refused=True, status=409, code="PublicAccessNotPermitted"),
        ),
        (
            Answer(404, b"<Error><Code>ResourceNotFound</Code></Error>"),
            Sight(refused=True, status=404, code="ResourceNotFound"),
        ),
        (Answer(401, b""), Sight(refused=True, status=401)),
        (Answer(403, b""), Sight(refused=True, status=403)),
        (Answer(503, b""), Sight(refused=None, status=503)),
        (Answer(302, b"", {"Location": "https://attacker.example/"}), Sight(refused=None, status=302)),
        (Answer(429, b""), Sight(refused=None, status=429)),
    ],
)
async def test_a_stranger_is_served_or_refused_or_it_proves_nothing(
    cloud: Cloud, wire: Wire, answer: Answer, sight: Sight
) -> None:
    wire.says(answer)

    assert await cloud.probe.anonymous_list(account(f"{wire.url}/phi/"), "scans") == sight


async def test_a_stranger_shows_no_credential(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, b""))

    await cloud.probe.anonymous_list(account(f"{wire.url}/phi/"), "scans")

    [asked] = wire.received
    assert asked.url == "/phi/scans?restype=container&comp=list&maxresults=1"
    assert not {"Authorization", "Cookie", "x-ms-client-request-id"} & set(asked.headers)
    assert wire.tokens == []


async def test_a_broken_wire_proves_nothing(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(cut=True))

    assert (await cloud.probe.anonymous_list(account(f"{wire.url}/phi/"), "scans")).refused is None


@pytest.mark.parametrize(
    "endpoint",
    ["https://attacker.example/", "http://phi.blob.core.windows.net/", "https://169.254.169.254/", "", None],
)
async def test_an_endpoint_that_is_not_azures_is_not_asked(cloud: Cloud, wire: Wire, endpoint: str | None) -> None:
    assert await cloud.probe.anonymous_list(account(endpoint), "scans") == Sight(refused=None, code="ForeignUrl")
    assert wire.received == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "Scans", "scans?x=1", "a--b", "-ab", "x" * 64])
async def test_what_is_no_container_name_is_not_asked(cloud: Cloud, wire: Wire, name: str) -> None:
    sight = await cloud.probe.anonymous_list(account(f"{wire.url}/phi/"), name)

    assert (sight, wire.received) == (Sight(refused=None, code="NoContainerName"), [])


async def test_a_name_that_leads_to_a_private_address_proves_nothing(
    settings: Settings, wire: Wire, clock: Quick
) -> None:
    """`localhost` stands for an account's name that a private DNS zone answers; Resource Manager is elsewhere."""
    wire.says(Answer(200, b""))
    cloud = Cloud(replace(settings, arm_url="https://management.azure.com"), clock=clock)
    try:
        sight = await cloud.probe.look(f"https://localhost:{wire.url.rpartition(':')[2]}/phi/scans")
    finally:
        await cloud.close()

    assert (sight, wire.received) == (Sight(refused=None, code="PrivateAddress"), [])


async def test_a_literal_private_address_proves_nothing(settings: Settings, wire: Wire, clock: Quick) -> None:
    wire.says(Answer(200, b""))
    cloud = Cloud(replace(settings, arm_url="https://management.azure.com"), clock=clock)
    try:
        sight = await cloud.probe.look(f"{wire.url}/phi/scans")
    finally:
        await cloud.close()

    assert (sight, wire.received) == (Sight(refused=None, code="PrivateAddress"), [])
