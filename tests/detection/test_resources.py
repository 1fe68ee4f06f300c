"""Which resource is meant."""

import pytest

from detection.resources import container_in, container_of, resource, specific

GROUP = "/subscriptions/s/resourceGroups/g"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phiscans"
SCANS = f"{ACCOUNT}/blobServices/default/containers/scans"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
SETTING = f"{ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/logs"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([ACCOUNT, SCANS], [SCANS, ACCOUNT]),
        (["/subscriptions/s", ACCOUNT], [ACCOUNT]),
        (["/subscriptions/s"], ["/subscriptions/s"]),
        ([f"{VAULT}/secrets/name"], [f"{VAULT}/secrets/name", VAULT]),
        ([SETTING], [SETTING, ACCOUNT]),
        (
            [f"{ACCOUNT}/providers/Microsoft.Security/assessments/1"],
            [f"{ACCOUNT}/providers/Microsoft.Security/assessments/1", ACCOUNT],
        ),
        ([ACCOUNT.upper(), ACCOUNT], [ACCOUNT.upper()]),
        ([None, "", "a drive", 7, [], "/tenants/t"], []),
        ([f" {GROUP}/ "], [GROUP]),
    ],
)
def test_the_deepest_stands_first_and_what_holds_it_follows(written: list[object], expected: list[str]) -> None:
    assert [str(each) for each in specific(*written)] == expected


def test_an_endless_id_is_no_id() -> None:
    assert resource("/subscriptions/" + "x" * 5000) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/blobServices/default/containers/scans/blobs/a/b.dcm", "scans"),
        ("https://phiscans.blob.core.windows.net/scans/a.dcm?sig=x", "scans"),
        ("https://phiscans.blob.core.windows.net/scans?restype=container&comp=list", "scans"),
        ("https://phiscans.blob.core.windows.net/root.txt", None),
        ("https://phiscans.blob.core.windows.net:443/containers/a", "containers"),
        ("/phiscans/scans/a.dcm", "scans"),
        ("/phiscans", None),
        ("newsecret", None),
        (None, None),
    ],
)
def test_the_container_is_found_in_subjects_addresses_and_logs(path: str | None, expected: str | None) -> None:
    assert container_in(path) == expected


@pytest.mark.parametrize("name", [None, "", "a/b", "a, b"])
def test_no_container_is_made_up(name: str | None) -> None:
    assert container_of(ACCOUNT, name) is None
    assert container_of(VAULT, "scans") is None
    assert container_of(ACCOUNT, "scans") == SCANS
