import pytest

from detection.played import signal
from detection.rules.public_container import CONTAINERS, RULE
from detection.specimens import PROVIDERS, phi
from tests.detection.rules.azure import POLICY, judged

ACCOUNT = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
WRITE = {"operation": "Microsoft.Storage/storageAccounts/write", "resources": (ACCOUNT,)}


def container(level: str | None, name: str = "mri") -> dict[str, object]:
    return {"id": f"{ACCOUNT}/{CONTAINERS}/{name}", "properties": {"publicAccess": level}}


@pytest.mark.parametrize(("level", "disposition"), [("Blob", "contain"), ("Container", "contain"), (None, "record")])
def test_every_level_but_none_is_public(level: str | None, disposition: str) -> None:
    state = {"": phi(ACCOUNT), CONTAINERS: (container(level),)}

    assert judged(RULE, signal(WRITE), state).disposition == disposition


def test_only_public_containers_are_aimed_at() -> None:
    state = {"": phi(ACCOUNT), CONTAINERS: (container("Blob", "open"), container("None", "shut"))}

    finding = judged(RULE, signal(WRITE), state)

    assert [target.name for target in finding.targets] == ["scans", "open"]


def test_an_account_that_is_named_by_the_policy_needs_no_tag() -> None:
    state = {"": {"id": ACCOUNT, "properties": {}}, CONTAINERS: (container("Blob"),)}
    named = POLICY.of(
        {
            "version": 1,
            "entity": {"name": "Clinic", "zone": "UTC", "role": "covered_entity"},
            "scope": {"resources": [ACCOUNT.upper()]},
        }
    )

    assert judged(RULE, signal(WRITE), state, named).disposition == "contain"
    assert judged(RULE, signal(WRITE), state).disposition == "record"


def test_containers_that_cannot_be_listed_are_for_a_person() -> None:
    assert judged(RULE, signal(WRITE), {"": phi(ACCOUNT)}).disposition == "review"


@pytest.mark.parametrize(("source", "disposition"), [("sentinel", "review"), ("person", "review")])
def test_an_alert_of_no_known_type_is_not_waved_through_because_nothing_is_seen(source: str, disposition: str) -> None:
    about = signal({"source": source, "resources": (ACCOUNT,)})

    assert judged(RULE, about, {"": phi(ACCOUNT, allowBlobPublicAccess=False)}).disposition == disposition


def test_an_alert_of_another_known_type_is_none_of_its_business() -> None:
    about = {"source": "sentinel", "resources": (ACCOUNT,), "alert_types": ("KV_TORAccess",)}

    assert RULE.match(signal(about)) is None


def test_an_anonymous_read_in_the_log_is_looked_into() -> None:
    about = {"source": "storage", "resources": (ACCOUNT,), "hints": {"authentication_type": "Anonymous"}}

    assert RULE.match(signal(about))
