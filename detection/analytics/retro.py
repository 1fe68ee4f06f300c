"""A rule over all that is kept, as if Sentinel had had it from the beginning: the windows to ask, and what rows become.

A row becomes a delivery in the shape of Sentinel's alerts, for the ordinary entrance. Nobody can read it back in
Sentinel, so that it bears nothing out: what the live state does not show is left to people.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from detection.analytics import Analytic
from incident.canonical import digest

type Row = Mapping[str, Any]

WEEK = timedelta(days=7)
PROVIDER = "Retro-hunt"
KINDS = {"AzureResource": "azure-resource", "IP": "ip", "Account": "account"}
FIELDS = {"ResourceId": "ResourceId", "Address": "Address", "AadUserId": "AadUserId", "FullName": "Name"}


def windows(rule: Analytic, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans to ask, in order; they begin early enough for the first to be whole.

    Single events are asked week by week, counts in halves that overlap, baselines as often as the rule runs.
    """
    length, step = _pace(rule)
    end = since + step
    while end < until:
        yield end - length, end
        end += step
    yield until - length, until


def _pace(rule: Analytic) -> tuple[timedelta, timedelta]:
    if rule.kind == "NRT":
        return WEEK, WEEK
    return rule.period, rule.frequency if rule.is_pinned else rule.period / 2


def delivery(rule: Analytic, row: Row) -> dict[str, Any]:
    """The row as an alert. Its id is that of rule, class and whom it names: a second window tells nothing new."""
    entities = [*_entities(rule, row)]
    details = {name: [str(row[column])] for name, column in rule.details.items() if row[column] not in (None, "")}
    first = row.get("First") or row.get("TimeGenerated")
    return {
        "SystemAlertId": str(uuid5(NAMESPACE_URL, digest([rule.id, rule.incident_class, entities]))),
        "AlertName": rule.title,
        "AlertSeverity": rule.severity,
        "ProviderName": PROVIDER,
        "Status": "New",
        "StartTime": first.isoformat() if isinstance(first, datetime) else first,
        "Tactics": ", ".join(rule.tactics),
        "Entities": entities,
        "ExtendedProperties": {"Analytic Rule Name": rule.title, "Custom Details": json.dumps(details)},
    }


def _entities(rule: Analytic, row: Row) -> Iterator[dict[str, str]]:
    for kind, fields in rule.entities:
        told = {FIELDS[identifier]: str(row[column]) for identifier, column in fields.items() if row[column]}
        if told:
            yield {"Type": KINDS[kind], **told}
