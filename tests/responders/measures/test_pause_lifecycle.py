from typing import Any

import pytest

from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.pause_lifecycle import MEASURE

POLICY = Target(resource=ResourceId("/subscriptions/s"), incident="i")
DELETES = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 1}}}
TIERS = {"baseBlob": {"tierToCool": {"daysAfterModificationGreaterThan": 30}}}


def policy(actions: Any, **rule: Any) -> Before:
    return Before({"properties": {"policy": {"rules": [{"name": "r", "definition": {"actions": actions}, **rule}]}}})


@pytest.mark.parametrize(
    "before",
    [Before({"absent": True}), policy(TIERS), policy(DELETES, enabled=False), policy({"snapshot": None})],
)
def test_what_deletes_nothing_stays(before: Before) -> None:
    assert MEASURE.contain(POLICY, before) == ()
    assert MEASURE.undo(POLICY, before) == ()


@pytest.mark.parametrize("kind", ["baseBlob", "snapshot", "version"])
def test_a_rule_that_deletes_blobs_snapshots_or_versions_is_paused(kind: str) -> None:
    assert len(MEASURE.contain(POLICY, policy({kind: DELETES["baseBlob"]}))) == 1
