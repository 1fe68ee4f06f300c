import pytest

from cloud.versions import repinned, version_for, version_of
from incident.errors import Refused
from incident.resource import ResourceId

GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/phi"


@pytest.mark.parametrize(
    ("below", "version"),
    [
        ("", "2024-03-01"),
        ("/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c", "2023-05-01"),
        ("/providers/microsoft.network/NETWORKSECURITYGROUPS/n/securityRules/r", "2024-01-01"),
        ("/providers/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Authorization/locks/l", "2020-05-01"),
        ("/providers/Microsoft.Sql/servers/s/encryptionProtector/current", "2021-11-01"),
        ("/providers/Microsoft.Sql/servers/s/sqlVulnerabilityAssessments/default", "2022-05-01-preview"),
    ],
)
def test_the_longest_pin_that_fits_decides(below: str, version: str) -> None:
    assert version_for(ResourceId(GROUP + below)) == version


@pytest.mark.parametrize("kind", ["", "contoso.things/things", "microsoft.networks/x", "microsoft.authorization/other"])
def test_what_is_not_pinned_is_refused(kind: str) -> None:
    with pytest.raises(Refused, match="no api-version is pinned"):
        version_of(kind)


def test_a_url_is_repinned_and_otherwise_left_alone() -> None:
    url = "https://h/x?a=1&api-version=2026-03-01&b=api-version"
    assert repinned(url, "2024-01-01") == "https://h/x?a=1&api-version=2024-01-01&b=api-version"
    assert repinned("https://h/x", "2024-01-01") == "https://h/x"
