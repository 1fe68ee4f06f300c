from drills.estate.clinic import GROUP
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.make_evidence_immutable import DAYS, MEASURE
from tests.conftest import policy_of

EVIDENCE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/evidence"
PRODUCTION = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phistore"


def worm(account: str) -> Target:
    place = f"{account}/blobServices/default/containers/c/immutabilityPolicies/default"
    return Target(resource=ResourceId(place), incident="i")


def test_only_the_evidence_account_is_made_immutable() -> None:
    policy = policy_of(forensics={"account": EVIDENCE})

    assert MEASURE.guard(worm(EVIDENCE.upper()), Before({}), policy) is None
    assert MEASURE.guard(worm(PRODUCTION), Before({}), policy) is not None
    assert MEASURE.guard(worm(EVIDENCE), Before({}), policy_of()) is not None


def test_a_longer_or_locked_period_stays() -> None:
    longer = {"state": "Locked", "immutabilityPeriodSinceCreationInDays": DAYS + 1}

    assert MEASURE.contain(worm(EVIDENCE), Before({"properties": longer})) == ()


def test_a_policy_that_azure_shows_as_deleted_is_none() -> None:
    deleted = {"state": "Deleted", "immutabilityPeriodSinceCreationInDays": 0}

    assert len(MEASURE.contain(worm(EVIDENCE), Before({"properties": deleted}))) == 1
