"""The first gate: the form of a rule's file, in Azure-Sentinel's format and within Sentinel's limits.

The limits are those of learn.microsoft.com (scheduled-rules-overview, near-real-time-rules,
map-data-fields-to-entities, surface-custom-details-in-alerts). Two are kept to the stricter reading: a near-real-time
rule asks one table and neither joins nor unites, and a rule that looks back two days runs once an hour at most.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from detection import rules
from detection.analytics import Analytic
from drills.estate.log_tables import TABLES

type Written = Mapping[str, Any]

ALWAYS = {
    "id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "name": r"[^\n]{10,100}",
    "version": r"\d+\.\d+\.\d+",
    "kind": "Scheduled|NRT",
    "description": r"(?s).{40,5000}",
    "severity": "High|Medium|Low|Informational",
    "status": "Available",
    "query": r"(?s).{1,10000}",
}
LISTS = {"requiredDataConnectors", "tactics", "relevantTechniques", "tags", "entityMappings", "customDetails"}
ALWAYS_TOO = {"eventGroupingSettings", *LISTS}
SCHEDULE = {
    "queryFrequency": r"\d+[mhd]",
    "queryPeriod": r"\d+[mhd]",
    "triggerOperator": "gt",
    "triggerThreshold": "0",
}
TACTICS = frozenset(
    [
        "InitialAccess",
        "Execution",
        "Persistence",
        "PrivilegeEscalation",
        "DefenseEvasion",
        "CredentialAccess",
        "Discovery",
        "LateralMovement",
        "Collection",
        "CommandAndControl",
        "Exfiltration",
        "Impact",
    ]
)
IDENTIFIERS = {"AzureResource": {"ResourceId"}, "IP": {"Address"}, "Account": {"AadUserId", "FullName"}}
TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")
DETAIL = re.compile(r"[A-Za-z]{1,20}")
WORD = re.compile(r"\b\w+\b")
FIVE_MINUTES, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)


def faults(name: str, written: Written) -> list[str]:
    """What is wrong with the form; nothing for a good rule."""
    found = [*_fields(written)]
    if found:
        return found
    try:
        rule = Analytic.of(name, written)
    except (KeyError, TypeError, ValueError) as odd:
        return [f"it cannot be read: {odd}"]
    return [*_limits(rule), *_words(rule), *_mapped(rule)]


def _fields(written: Written) -> Iterator[str]:
    expected = ALWAYS | (SCHEDULE if written.get("kind") == "Scheduled" else {})
    for name, pattern in expected.items():
        if not re.fullmatch(pattern, str(written.get(name, ""))):
            yield f"{name} is missing or malformed"
    for name in ALWAYS_TOO:
        if not written.get(name):
            yield f"{name} is missing"
    for name in sorted(set(written) - set(expected) - ALWAYS_TOO):
        yield f"{name} is no field of such a rule"
    if written.get("eventGroupingSettings") != {"aggregationKind": "AlertPerResult"}:
        yield "each row must be an alert of its own"


def _limits(rule: Analytic) -> Iterator[str]:
    if len(rule.entities) > 10 or len(rule.details) > 20:
        yield "too many entities or custom details"
    if rule.kind == "NRT":
        yield from _near_real_time(rule)
        return
    if not FIVE_MINUTES <= rule.frequency <= rule.period <= 14 * DAY:
        yield "it runs every 5 minutes to 14 days, and looks back at least as far"
    if rule.period >= 2 * DAY and rule.frequency < HOUR:
        yield "what looks back two days runs once an hour at most"


def _near_real_time(rule: Analytic) -> Iterator[str]:
    if len(rule.tables) != 1:
        yield "a near-real-time rule asks one table"
    if re.search(r"\b(join|union|lookup)\b|\bnow\(", rule.query):
        yield "a near-real-time rule neither joins nor unites, nor looks at the clock"


def _words(rule: Analytic) -> Iterator[str]:
    if "ago(" in rule.query:
        yield "the query says ago(...): Sentinel cuts the tables, and a hunt moves now()"
    if set(rule.tables) != TABLES.keys() & set(WORD.findall(rule.query)):
        yield "requiredDataConnectors names other tables than the query"
    if rule.incident_class not in {each.id for each in rules.every()}:
        yield f"{rule.incident_class} is no class of incident"
    if f'IncidentClass = "{rule.incident_class}"' not in rule.query:
        yield "the query names another class than the tag"
    if unknown := set(rule.tactics) - TACTICS:
        yield f"{', '.join(sorted(unknown))} is no tactic"
    if not all(TECHNIQUE.fullmatch(each) for each in rule.techniques):
        yield "a technique is no id of ATT&CK"


def _mapped(rule: Analytic) -> Iterator[str]:
    for kind, fields in rule.entities:
        if not fields.keys() <= IDENTIFIERS.get(kind, set()):
            yield f"{kind} has no such identifier"
    if not {"AzureResource", "Account"} & {kind for kind, _ in rule.entities}:
        yield "neither a resource nor an account is named"
    if rule.details.get("Class") != "IncidentClass":
        yield "the custom detail Class is not the column IncidentClass"
    if not all(DETAIL.fullmatch(name) for name in rule.details):
        yield "the name of a custom detail has 1 to 20 letters"
