"""The gate, calibrated: it lets Azure's own traffic pass and catches what is spoilt in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.fault import Fault
from tests.conformance.arm.gate import validated, weighed
from tests.conformance.arm.mutations import REQUESTS, RESPONSES, Mutation
from tests.conformance.arm.recordings import Recording

pytestmark = pytest.mark.conformance

GROUPS = {
    "nsg",
    "nsg-rule",
    "storage-account-create",
    "storage-account-update",
    "storage-blobservice",
    "storage-container",
    "storage-immutability",
    "storage-legalhold",
    "storage-list-keys",
    "storage-pec",
    "storage-regenerate-key",
}
# What genuine traffic does against its own specification: the command line sends back what it read, Azure answers
# properties of later versions, capitals and words of its own. None of it is let through for us or for the estate.
AZURES_OWN = {
    ("nsg-rule", "request", "READONLY_PROPERTY_NOT_ALLOWED_IN_REQUEST"): 4,
    ("storage-pec", "request", "READONLY_PROPERTY_NOT_ALLOWED_IN_REQUEST"): 5,
    ("storage-account-update", "request", "ENUM_CASE_MISMATCH"): 1,
    ("storage-account-create", "response", "OBJECT_ADDITIONAL_PROPERTIES"): 10,
    ("storage-account-update", "response", "OBJECT_ADDITIONAL_PROPERTIES"): 51,
    ("storage-immutability", "response", "ENUM_MISMATCH"): 4,
    ("storage-list-keys", "response", "ENUM_CASE_MISMATCH"): 3,
    ("storage-regenerate-key", "response", "ENUM_CASE_MISMATCH"): 4,
}
# By mutation: how many genuine exchanges it spoils, and in how many the gate sees it.
CAUGHT_REQUESTS = {
    "a word where a flag belongs": (42, 42),
    "a number where a word belongs": (51, 51),
    "an object where a word belongs": (51, 51),
    "a word outside its enumeration": (32, 32),
    "a required property left out": (31, 31),
    "a property nobody knows": (60, 60),
    "a property that the service sets": (57, 57),
    "a list where properties belong": (60, 60),
    "a word where properties belong": (60, 60),
    "a priority below 100": (3, 3),
    "a priority above 4096": (3, 3),
    "an api-version that was never published": (173, 173),
    "no api-version": (173, 173),
    "a method that the resource does not have": (90, 90),
    "a type that does not exist": (173, 173),
    "a client request id that is no GUID": (76, 76),
    "a body that does not say what it is": (76, 76),
}
CAUGHT_RESPONSES = {
    "the id of another resource": (143, 143),
    "a word where a flag belongs": (131, 131),
    "a word outside its enumeration": (86, 86),
    "a property nobody knows": (153, 153),
    "a list where properties belong": (153, 153),
    "a refusal without a body": (173, 173),
    "a refusal that is a page": (173, 173),
    "a refusal without a code": (173, 173),
    "a refusal in the dialect of another service": (173, 173),
    "a success that is not declared": (83, 83),
    "an acceptance that says nowhere to ask": (74, 74),
}


def test_every_group_of_storage_and_security_groups_is_recorded(recorded: Mapping[str, Recording]) -> None:
    assert {one.group for one in recorded.values()} == GROUPS


def test_genuine_traffic_passes_but_for_what_azure_does_against_its_own_specification(
    recorded: Mapping[str, Recording], findings: Mapping[str, Json]
) -> None:
    faults = Counter(
        (recording.group, fault.side, fault.code)
        for recording in recorded.values()
        for fault in weighed(recording.exchanges, findings).faults
    )

    assert faults == AZURES_OWN


def test_spoilt_traffic_is_caught(recorded: Mapping[str, Recording], findings: Mapping[str, Json], spec: Path) -> None:
    genuine = [one for recording in recorded.values() for one in recording.exchanges]
    asked = {name: _spoilt(f"request, {name}", mutation, genuine) for name, mutation in REQUESTS.items()}
    answered = {name: _spoilt(f"response, {name}", mutation, genuine) for name, mutation in RESPONSES.items()}
    mutants = [mutant for spoilt in (*asked.values(), *answered.values()) for _, mutant in spoilt]
    found = validated(mutants, spec)

    def counted(spoilt: Mapping[str, list[tuple[Exchange, Exchange]]]) -> dict[str, tuple[int, int]]:
        return {
            name: (len(pairs), sum(_is_caught(*pair, findings, found) for pair in pairs))
            for name, pairs in spoilt.items()
        }

    assert counted(asked) == CAUGHT_REQUESTS
    assert counted(answered) == CAUGHT_RESPONSES


def _spoilt(name: str, mutation: Mutation, genuine: Sequence[Exchange]) -> list[tuple[Exchange, Exchange]]:
    pairs = ((one, mutation(one)) for one in genuine)
    return [(one, replace(mutant, id=f"{name}: {one.id}")) for one, mutant in pairs if mutant is not None]


def _is_caught(one: Exchange, mutant: Exchange, before: Mapping[str, Json], after: Mapping[str, Json]) -> bool:
    def said(faults: Sequence[Fault]) -> Counter[tuple[str, str, str]]:
        return Counter((fault.side, fault.code, fault.said) for fault in faults if fault.side != "capture")

    return bool(said(weighed([mutant], after).faults) - said(weighed([one], before).faults))
