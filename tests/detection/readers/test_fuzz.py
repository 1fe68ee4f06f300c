"""Whatever becomes of a payload on its way, reading it never fails: it is a signal, or parked."""

import os
import random

from detection.item import Unreadable
from detection.readers import read
from incident.canonical import canonical
from incident.errors import SignalRejected
from incident.signal import Signal
from tests.detection.readers.mutation import mutated
from tests.detection.readers.reading import RECEIVED
from tests.detection.readers.samples import SAMPLES

MUTATIONS = int(os.environ.get("FUZZ", "2000"))


def test_no_mutation_of_any_format_raises_or_is_lost() -> None:
    chance = random.Random(20260302)  # noqa: S311 - mutations, no secrets
    kinds = list(SAMPLES)

    for number in range(MUTATIONS):
        payload = mutated(SAMPLES[kinds[number % len(kinds)]], chance)
        try:
            found = read(payload, received_at=RECEIVED)
        except SignalRejected:
            assert payload in ({}, b"", b"{}")
            continue
        assert found
        assert all(each.original for each in found if isinstance(each, Unreadable))
        assert all(canonical(each) for each in found if isinstance(each, Signal))
