"""Rules on what strangers and a changed Azure may send: they match, ask and judge, and never raise."""

import copy
import json
import random
from typing import Any

import pytest

from detection import rules
from detection.outlook import outlook
from detection.played import RECEIVED, facts, signal
from detection.readers import read
from detection.rule import Example, Rule
from incident.errors import SignalRejected
from incident.finding import Disposition
from incident.signal import Signal
from tests.detection.readers.mutation import mutated, paths, place
from tests.detection.readers.samples import SAMPLES
from tests.detection.rules.azure import POLICY, judged

EVERY = [(rule, example) for rule in rules.every() for example in rule.examples if example.state]
ROUNDS = 40


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_mutated_payload_alone_never_contains_and_never_raises(kind: str) -> None:
    chance = random.Random(kind)  # noqa: S311 - the same mutations every time
    for _ in range(ROUNDS):
        for each in signals(mutated(SAMPLES[kind], chance)):
            assert outlook(each).disposition is not Disposition.CONTAIN
            for rule in rules.every():
                assert rule.judge(each, facts(rule, each, {}), POLICY).disposition is not Disposition.CONTAIN


@pytest.mark.parametrize(("rule", "example"), EVERY, ids=lambda case: getattr(case, "id", getattr(case, "title", "")))
def test_a_state_that_lacks_something_is_judged_all_the_same(rule: Rule, example: Example) -> None:
    whole = json.loads(json.dumps(dict(example.state)))
    for path in paths(whole):
        assert judged(rule, signal(example.signal), lacking(whole, path)).reason


def signals(payload: Any) -> list[Signal]:
    try:
        found = read(payload, received_at=RECEIVED)
    except SignalRejected:
        return []
    return [each for each in found if isinstance(each, Signal)]


def lacking(state: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    left = copy.deepcopy(state)
    del place(left, path)[path[-1]]
    return left
