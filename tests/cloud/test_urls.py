import pytest

from cloud.urls import authority, blob_endpoint, followed
from incident.errors import Refused

ARM = "management.azure.com:443"


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com/subscriptions/1?api-version=2",
        "https://MANAGEMENT.azure.com:443/x",
    ],
)
def test_a_url_on_the_list_is_followed_as_it_came(url: str) -> None:
    assert followed(url, hosts=(ARM,)) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://management.azure.com/x",
        "https://management.azure.com.attacker.example/x",
        "https://attacker.example/?https://management.azure.com",
        "https://management.azure.com@attacker.example/x",
        "https://user:word@management.azure.com/x",
        "https://management.azure.com:8443/x",
        "https://management.azure.com:x/",
        "https://attacker.example\\@management.azure.com/x",
        "https://management.azure.com/x#y",
        "https://management.azure.com/\r\nHost: attacker.example",
        "//management.azure.com/x",
        "/x",
        "file:///etc/passwd",
        "https://[::1",
        "https:///x",
        "",
    ],
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        followed(url, hosts=(ARM,))
    assert refused.value.code == "ForeignUrl"


def test_a_refusal_names_no_more_than_the_host() -> None:
    with pytest.raises(Refused) as refused:
        followed("https://attacker.example/c?sig=abc", hosts=(ARM,))
    assert "sig" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://phi.blob.core.windows.net",
        "https://phi.z12.blob.storage.azure.net/",
        "https://phi.blob.core.usgovcloudapi.net/",
    ],
)
def test_a_blob_endpoint_is_one_of_a_known_cloud(url: str) -> None:
    assert blob_endpoint(url, simulated="management.azure.com") == url.rstrip("/") + "/"


def test_a_simulated_blob_endpoint_is_on_the_host_of_resource_manager() -> None:
    assert blob_endpoint("https://127.0.0.1:8443/phi", simulated="127.0.0.1") == "https://127.0.0.1:8443/phi/"


@pytest.mark.parametrize(
    "url",
    [
        "https://phi.blob.core.windows.net.attacker.example/",
        "https://blob.core.windows.net.attacker.example/",
        "https://attackerblob.core.windows.net/",
        "https://phi.blob.core.windows.net:8443/",
        "https://169.254.169.254/",
        "http://phi.blob.core.windows.net/",
    ],
)
def test_any_other_blob_endpoint_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        blob_endpoint(url, simulated="management.azure.com")


def test_an_authority_has_its_port() -> None:
    assert authority("https://Management.Azure.com/") == ARM
    assert authority("https://127.0.0.1:8443") == "127.0.0.1:8443"
