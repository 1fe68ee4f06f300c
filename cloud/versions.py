"""Pinned api-versions: one table, so that what is sent is what was checked against Microsoft's specification."""

import re

from incident.errors import Refused
from incident.resource import ResourceId

# Namespace or type, lower case; the longest that fits decides.
VERSIONS = {
    "microsoft.appconfiguration": "2024-05-01",
    "microsoft.authorization/denyassignments": "2022-04-01",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.authorization/permissions": "2022-04-01",
    "microsoft.authorization/policyassignments": "2023-04-01",
    "microsoft.authorization/policydefinitions": "2023-04-01",
    "microsoft.authorization/policyexemptions": "2022-07-01-preview",
    "microsoft.authorization/policysetdefinitions": "2023-04-01",
    "microsoft.authorization/roleassignments": "2022-04-01",
    "microsoft.authorization/roleassignmentschedulerequests": "2020-10-01",
    "microsoft.authorization/roledefinitions": "2022-04-01",
    "microsoft.authorization/roleeligibilityscheduleinstances": "2020-10-01",
    "microsoft.authorization/roleeligibilityschedulerequests": "2020-10-01",
    "microsoft.compute/disks": "2023-10-02",
    "microsoft.compute/snapshots": "2023-10-02",
    "microsoft.consumption": "2023-11-01",
    "microsoft.dataprotection": "2024-04-01",
    "microsoft.insights/diagnosticsettings": "2021-05-01-preview",
    "microsoft.insights/diagnosticsettingscategories": "2021-05-01-preview",
    "microsoft.insights/eventtypes": "2015-04-01",
    "microsoft.keyvault": "2023-07-01",
    "microsoft.network": "2024-01-01",
    "microsoft.operationalinsights": "2022-10-01",
    "microsoft.operationalinsights/workspaces/dataexports": "2020-08-01",
    "microsoft.policyinsights": "2019-10-01",
    "microsoft.recoveryservices": "2024-04-01",
    "microsoft.resourcegraph": "2022-10-01",
    "microsoft.resources": "2024-03-01",
    "microsoft.security/alerts": "2022-01-01",
    "microsoft.security/alertssuppressionrules": "2019-01-01-preview",
    "microsoft.security/locations": "2022-01-01",
    "microsoft.security/pricings": "2024-01-01",
    "microsoft.securityinsights": "2024-03-01",
    "microsoft.sql": "2021-11-01",
    "microsoft.sql/servers/databases/sqlvulnerabilityassessments": "2022-05-01-preview",
    "microsoft.sql/servers/sqlvulnerabilityassessments": "2022-05-01-preview",
    "microsoft.storage": "2023-05-01",
    "microsoft.web": "2023-12-01",
}


def version_of(kind: str) -> str:
    """The api-version for a lower-cased resource type. Refused where none is pinned: nothing unchecked is sent."""
    here = kind
    while here and here not in VERSIONS:
        here = here.rpartition("/")[0]
    if not here:
        raise Refused(f"no api-version is pinned for {kind or 'this resource'}", code="NoPinnedVersion")
    return VERSIONS[here]


def version_for(resource: ResourceId) -> str:
    """The api-version for a resource; groups and subscriptions count as `microsoft.resources`."""
    return version_of(resource.type or "microsoft.resources")


def repinned(url: str, version: str) -> str:
    """The URL with this api-version in place of the one it has."""
    return re.sub(r"([?&]api-version=)[^&]*", rf"\g<1>{version}", url, count=1)
