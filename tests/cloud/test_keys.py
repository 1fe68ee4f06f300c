import pytest

from cloud import Cloud
from incident.errors import Refused
from incident.target import Before

VERSION = "0123456789abcdef0123456789abcdef"


def key(uri: str) -> Before:
    return Before({"properties": {"keyUri": uri, "keyUriWithVersion": f"{uri}/{VERSION}"}})


async def test_a_new_version_and_a_switch_are_one_request_each_at_the_vaults_own_address(cloud: Cloud) -> None:
    exports = key("https://clinic-kv.vault.azure.net/keys/exports")

    rotation = await cloud.rehearse(lambda here: here.keys.rotate(exports))
    switch = await cloud.rehearse(lambda here: here.keys.switch(exports, enabled=False))

    at = "https://clinic-kv.vault.azure.net/keys/exports"
    assert (rotation.method, rotation.url) == ("POST", f"{at}/rotate?api-version=7.4")
    assert (switch.method, switch.url) == ("PATCH", f"{at}/{VERSION}?api-version=7.4")
    assert switch.body == {"attributes": {"enabled": False}}


@pytest.mark.parametrize(
    "uri",
    [
        "https://clinic-kv.vault.azure.net.example/keys/exports",
        "http://clinic-kv.vault.azure.net/keys/exports",
        "https://clinic-kv.vault.azure.net/secrets/exports",
        "https://clinic-kv.vault.azure.net:8443/keys/exports",
        "",
    ],
)
async def test_no_other_address_gets_a_token(cloud: Cloud, uri: str) -> None:
    with pytest.raises(Refused) as refusal:
        await cloud.rehearse(lambda here: here.keys.rotate(key(uri)))

    assert refusal.value.code == "ForeignUrl"
