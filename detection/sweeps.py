"""Sweeps: questions to Azure Resource Graph, as KQL, that find by reading what no event has told.

A row is a claim like any other and less than most: the index lags by minutes. It becomes a signal with the operation
that would have told of it; the rules then read the live resource. What only looks odd in the index costs a few reads.
Names of properties are those of Resource Manager; null means "not set", which strangers may be let in by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incident.canonical import digest
from incident.redaction import redact
from incident.resource import ResourceId
from incident.signal import Signal

SOURCE = "sweep"


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A question. Its rows name the resource in `id`; `operation` is what an event about such a row would say."""

    id: str
    title: str
    operation: str
    query: str


ACCOUNTS = Sweep(
    id="storage_exposure",
    title="A storage account that may admit strangers",
    operation="Microsoft.Storage/storageAccounts/write",
    query="""
resources
| where type =~ 'microsoft.storage/storageaccounts'
| extend anonymous = tobool(properties.allowBlobPublicAccess), tags = tostring(tags)
| where isnull(anonymous) or anonymous
| project id, anonymous, tags
| order by id asc""",
)
EGRESS = Sweep(
    id="internet_egress",
    title="A rule that lets a network out to the Internet",
    operation="Microsoft.Network/networkSecurityGroups/securityRules/write",
    query="""
resources
| where type =~ 'microsoft.network/networksecuritygroups'
| mv-expand rule = properties.securityRules
| where tostring(rule.properties.direction) =~ 'Outbound' and tostring(rule.properties.access) =~ 'Allow'
| extend destination = tostring(rule.properties.destinationAddressPrefix)
| extend destinations = tostring(rule.properties.destinationAddressPrefixes)
| where destination in~ ('*', 'Internet', '0.0.0.0/0') or destinations has_any ('0.0.0.0/0', 'Internet')
| project id, rule = tostring(rule.name), priority = toint(rule.properties.priority), destination, destinations
| order by id asc, rule asc""",
)
PEERINGS = Sweep(
    id="peerings",
    title="A peering of a network",
    operation="Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    query="""
resources
| where type =~ 'microsoft.network/virtualnetworks'
| mv-expand peering = properties.virtualNetworkPeerings
| where isnotempty(tostring(peering.name))
| extend remote = tolower(tostring(peering.properties.remoteVirtualNetwork.id))
| extend forwarded = tobool(peering.properties.allowForwardedTraffic)
| project id, peering = tostring(peering.name), remote, forwarded
| order by id asc, peering asc""",
)
SWEEPS = (ACCOUNTS, EGRESS, PEERINGS)


def signal(sweep: Sweep, row: Mapping[str, Any], now: datetime) -> Signal | None:
    """The row as a signal, the same all day while the row is the same; None for a row that names no resource."""
    try:
        resource = ResourceId.parse(str(row["id"]))
    except (KeyError, ValueError):
        return None
    return Signal(
        source=SOURCE,
        kind=f"resource-graph-{sweep.id}",
        id=f"{now:%Y-%m-%d}/{resource.key}",
        content=digest(dict(row)),
        received_at=now,
        title=sweep.title,
        operation=sweep.operation,
        resources=(resource,),
        body=redact(dict(row)),
    )
