"""Storage destroyed or encrypted, or its way back taken away first (X-3)."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from detection.claim import Claim
from detection.entered import parameters
from detection.facts import Facts, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, alerted, borne_out, operated, phi, standing, untagged
from incident.resource import ResourceId
from incident.signal import Signal

CONTAINER = "microsoft.storage/storageaccounts/blobservices/containers"
SERVICES = ("blobServices", "default")
LIFECYCLE = ("managementPolicies", "default")
SHORTEST = 7  # days after which a lifecycle rule may delete; less leaves no time to notice
RECOVERY = "microsoft.storage/storageaccounts/blobservices/write"
RULES = "microsoft.storage/storageaccounts/managementpolicies/write"


def settings(signal: Signal, account: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """The settings that the operation may have changed."""
    changed = {RECOVERY: SERVICES, RULES: LIFECYCLE}.get((signal.operation or "").casefold())
    return (Read(account.child(*changed)),) if changed else ()


def look(case: Case) -> Seen:
    """Seen: soft delete is off, or a lifecycle rule deletes within days. Deletion itself must be borne out."""
    operation = (case.signal.operation or "").casefold()
    if operation == RECOVERY:
        return _recovery(case)
    if operation == RULES:
        return _lifecycle(case)
    return Claimed("data is being destroyed or encrypted", case.concerned(CONTAINER), _intact(case.signal))


def _recovery(case: Case) -> Seen:
    services = case.facts.one(case.place.child(*SERVICES))
    if services is None:
        return Unsure("the settings of the blob service could not be read")
    if (services.properties.get("deleteRetentionPolicy") or {}).get("enabled") is not False:
        return Harmless("deleted blobs can be brought back")
    by = ("live settings of the blob service",)
    reason = "deleted blobs cannot be brought back: soft delete was turned off"
    return Shown(reason, (case.place,), by, _intact(case.signal))


def _lifecycle(case: Case) -> Seen:
    policy = case.facts.one(case.place.child(*LIFECYCLE))
    if policy is None and not case.facts.gone(case.place.child(*LIFECYCLE)):
        return Unsure("the account's lifecycle rules could not be read")
    rules = ((policy.properties.get("policy") or {}).get("rules") if policy else None) or ()
    hasty = [rule["name"] for rule in rules if rule.get("enabled") is not False and _soonest(rule) < SHORTEST]
    if not hasty:
        return Harmless("no lifecycle rule deletes within a week")
    by = ("live lifecycle rules of the account",)
    reason = f"the lifecycle rule {', '.join(hasty)} deletes within days"
    return Shown(reason, (case.place,), by, _intact(case.signal))


def _intact(signal: Signal) -> dict[str, str]:
    """When everything was still as it should be, as far as the signal tells: what a person may restore to."""
    return parameters(signal) | {"restore_to": f"{signal.earliest.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _soonest(rule: Mapping[str, Any]) -> float:
    """The days after which the rule deletes blobs; infinite where it deletes none."""
    actions = (rule.get("definition") or {}).get("actions") or {}
    deletes = (kind.get("delete") or {} for kind in actions.values() if isinstance(kind, Mapping))
    return min((float(days) for delete in deletes for days in delete.values()), default=float("inf"))


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_TYPE = "Storage.Blob_DeletionAnomaly"
_OFF = operated("Microsoft.Storage/storageAccounts/blobServices/write", f"{_A}/blobServices/default")
_AGED = operated("Microsoft.Storage/storageAccounts/managementPolicies/write", f"{_A}/managementPolicies/default")
_HASTY = {"actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 1}}}}
_SOFT = "blobServices/default"
_RULES = "managementPolicies/default"

RULE = Rule(
    id="storage.ransomware",
    title="Storage destroyed or encrypted",
    attack=("T1486", "T1485", "T1490", "T1561"),
    hipaa=("45 CFR 164.308(a)(7)(ii)(A)", "45 CFR 164.312(c)(1)", "45 CFR 164.308(a)(6)(ii)"),
    claim=Claim(
        alerts=(
            "Storage.Blob_DeletionAnomaly",
            "Storage.Files_DeletionAnomaly",
            "Storage.Blob_MalwareHashReputation",
            "Storage.Files_MalwareHashReputation",
            "Storage.Blob_AM.MalwareFound",
        ),
        operations=(
            "Microsoft.Storage/storageAccounts/delete",
            "Microsoft.Storage/storageAccounts/blobServices/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/managementPolicies/write",
        ),
        tactics=("Impact",),
    ),
    place=nearest("Microsoft.Storage/storageAccounts"),
    more=settings,
    look=look,
    absence="the storage account was deleted",
    witnessed=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="Defender has seen deletion in bulk",
            signal=alerted(_TYPE, _A),
            state={"": phi(_A)} | standing(_TYPE, _A),
            disposition="contain",
            because=(("resources",), ("", "tags"), *borne_out()),
        ),
        Example(
            title="soft delete was turned off",
            signal=_OFF,
            state={"": phi(_A), _SOFT: {"properties": {"deleteRetentionPolicy": {"enabled": False}}}},
            disposition="contain",
            because=(("operation",), ("", "tags"), (_SOFT, "properties", "deleteRetentionPolicy", "enabled")),
        ),
        Example(
            title="a lifecycle rule deletes everything after a day",
            signal=_AGED,
            state={
                "": phi(_A),
                _RULES: {"properties": {"policy": {"rules": [{"name": "tidy", "definition": _HASTY}]}}},
            },
            disposition="contain",
            because=(("operation",), ("", "tags"), (_RULES, "properties", "policy", "rules", 0, "definition")),
        ),
        Example(
            title="soft delete is on",
            signal=_OFF,
            state={"": phi(_A), _SOFT: {"properties": {"deleteRetentionPolicy": {"enabled": True}}}},
            disposition="record",
        ),
        Example(
            title="an alert that Defender does not know",
            signal=alerted(_TYPE, _A),
            state={"": phi(_A)},
            disposition="review",
        ),
        Example(
            title="nothing says that the account holds PHI",
            signal=alerted(_TYPE, _A),
            state={"": untagged(_A)} | standing(_TYPE, _A),
            disposition="record",
        ),
        Example(
            title="the account was deleted",
            signal=operated("Microsoft.Storage/storageAccounts/delete", _A),
            disposition="review",
        ),
    ),
)
