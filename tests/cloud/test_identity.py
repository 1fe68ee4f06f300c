import pytest

from cloud.identity import Tier, arm_scope, client_id
from incident.settings import Settings


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("https://management.azure.com", "https://management.azure.com/.default"),
        ("https://management.usgovcloudapi.net/", "https://management.usgovcloudapi.net/.default"),
        ("https://127.0.0.1:8443", "https://management.azure.com/.default"),
        ("https://management.usgovcloudapi.net.attacker.example", "https://management.azure.com/.default"),
    ],
)
def test_a_scope_is_a_constant_of_the_cloud(url: str, scope: str) -> None:
    assert arm_scope(Settings(tables="t", evidence="e", policy="p", arm_url=url)) == scope


def test_each_tier_has_its_own_client_id() -> None:
    settings = Settings(tables="t", evidence="e", policy="p", identity_read="r", identity_directory="d")
    assert [client_id(settings, tier) for tier in Tier] == ["r", "", "d", ""]
