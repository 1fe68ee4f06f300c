"""Genuine payloads, classified as their manifest suggests, or a written reason why not."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detection.facts import Facts
from detection.outlook import Outlook, outlook
from detection.readers import read
from detection.rules import every
from incident.finding import Disposition
from incident.resource import directory_object
from incident.signal import Signal

SIGNALS = Path(os.environ.get("SHARED", "../shared")) / "signals"
MANIFEST = SIGNALS / "manifest.json"
RECEIVED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLASSES = {
    "public-exposure": "storage.public_container",
    "sas-abuse": "storage.sas_overprovisioned",
    "keyvault-overgrant": "keyvault.overgranted_decrypt",
    "tde-key-access": "sql.tde_key_exposed",
    "function-without-identity": "function.no_managed_identity",
    "peering-bypass": "network.peering_bypass",
    "overprivileged-app": "app.excessive_graph",
    "logging-gap": "logging.retention_gap",
    "excess-egress": "network.nsg_egress",
    "conditional-access-gap": "identity.ca_gap",
    "cross-tenant": "tenant.isolation_failure",
    "policy-gap": "policy.encryption_gap",
    "backup-retention": "backup.retains_breached_phi",
    "exfiltration": "phi.exfiltration",
    "benign/other": None,
}
WRITTEN = "a write says nothing of what it changed: the rules match, and the live state decides"
REASONS = {
    "activity-log-record-02.json": WRITTEN,
    "activity-log-record-03.json": WRITTEN,
    "eventgrid-arm-02.json": "the write failed: the rules match, and it is recorded",
    "storage-log-record-03.json": "a file was deleted with a signature: the rule matches, and one use is recorded",
    "sentinel-incident-rest-01.json": "an incident of 2020, still New: nobody has taken it up, which is a class",
    "cloudevents-arm-01.json": "an Event Hubs namespace is no storage account: nothing of that class can act on it",
    "cloudevents-arm-02.json": "a deleted account is destroyed data, storage.ransomware; no backup was touched",
    "eventgrid-policy-01.json": "the policy's id is a placeholder: only policies on encryption are of the class",
    "sentinel-securityincident-row-01.json": "inbound traffic, and the row names no resource: a person reads it",
    "graph-security-alert-v1-02.json": "failed sign-ins show that the gate held",
    "entra-log-record-06.json": "the sign-in failed because conditional access held",
    "monitor-common-alert-02.json": "a storage account has no network security group: read as possible exfiltration",
    "monitor-metric-webhook-02.json": "a storage account has no network security group: read as possible exfiltration",
}

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not MANIFEST.is_file(), reason=f"no payloads in {SIGNALS}: set SHARED"),
]


def entries() -> list[dict[str, Any]]:
    return json.loads(MANIFEST.read_text()) if MANIFEST.is_file() else []


def signals(entry: dict[str, Any]) -> list[Signal]:
    found = read((SIGNALS / entry["file"]).read_bytes(), received_at=RECEIVED)
    return [each for each in found if isinstance(each, Signal)]


def as_suggested(entry: dict[str, Any], ahead: Outlook) -> bool:
    expected = CLASSES[entry["incident_class"]]
    return expected in ahead.classes if expected else not ahead.classes


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["file"])
def test_every_genuine_payload_has_the_class_that_is_suggested_or_a_reason(entry: dict[str, Any]) -> None:
    found = [outlook(each) for each in signals(entry)]

    assert found
    assert all(as_suggested(entry, ahead) for ahead in found) is (entry["file"] not in REASONS)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["file"])
def test_no_payload_alone_contains_and_no_rule_reads_a_resource_that_it_does_not_name(entry: dict[str, Any]) -> None:
    for each in signals(entry):
        assert outlook(each).disposition is not Disposition.CONTAIN
        named = {resource.key for resource in each.resources} | {hint.casefold() for hint in each.hints.values()}
        named |= in_directory(each)
        reads = [wanted for rule in every() if rule.match(each) for wanted in rule.reads(each, Facts())]
        asked = [wanted.resource for wanted in reads if wanted.children != SERVERS]
        assert all(of_one_line(resource.key, named) for resource in asked)
        assert all(resource.group or resource.in_directory or resource.key in named for resource in asked)


SERVERS = "providers/Microsoft.Sql/servers"
"""A vault does not say whose databases hang from its keys: all servers of its subscription have to be asked."""


def in_directory(each: Signal) -> set[str]:
    """Who acted and what was touched, as objects of the directory of every kind that rules read."""
    kinds = ("users", "servicePrincipals", "applications", "policies", "riskyUsers", "riskyServicePrincipals")
    listed = (each.actor or "", each.hints.get("actor_object_id", ""), *each.hints.get("target_ids", "").split(", "))
    return {directory_object(kind, name).key for kind in kinds for name in listed if name}


def of_one_line(asked: str, named: set[str]) -> bool:
    """Whether it is named, lies in what is named, or holds it."""
    return any(f"{asked}/".startswith(f"{each}/") or f"{each}/".startswith(f"{asked}/") for each in named)


def test_every_reason_is_of_a_payload_that_is_there() -> None:
    assert {entry["file"] for entry in entries()} >= REASONS.keys()
