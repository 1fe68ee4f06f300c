"""What the directory shows of consents and licences: application roles of Microsoft Graph, who was given which, SKUs.

A principal's grants without a slash are permissions of Graph; here they become what Graph itself tells of them.
"""

from uuid import NAMESPACE_URL, uuid5

from drills.estate.graph import Graph
from drills.estate.principals import Principal

GRAPH = "00000003-0000-0000-c000-000000000000"
"""The application id of Microsoft Graph, in every tenant."""


def show(graph: Graph, *principals: Principal) -> None:
    """The directory has always shown these principals with what they are granted now."""
    names = sorted({name for one in principals for name in _permissions(one)})
    roles = [{"id": role_id(name), "value": name, "isEnabled": True} for name in names]
    holder = graph.has("servicePrincipals", {"appId": GRAPH, "displayName": "Microsoft Graph", "appRoles": roles})
    for one in principals:
        own = graph.has("servicePrincipals", {"appId": one.client_id, "displayName": one.name}, one.oid)
        for name in _permissions(one):
            given = {"appRoleId": role_id(name), "principalId": own, "resourceId": holder}
            graph.has(f"servicePrincipals/{own}/appRoleAssignments", given)


def license(graph: Graph, *plans: str, state: str = "Enabled") -> None:  # noqa: A001 - the field's own word
    """The tenant has always had a SKU with these service plans."""
    services = [{"servicePlanName": plan, "provisioningStatus": "Success", "appliesTo": "User"} for plan in plans]
    counts = {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0}
    sku = {"skuPartNumber": "EMSPREMIUM", "capabilityStatus": state, "prepaidUnits": counts, "consumedUnits": 7}
    graph.has("subscribedSkus", sku | {"servicePlans": services, "appliesTo": "User"})


def role_id(permission: str) -> str:
    """The id of an application role of this tenant's Graph."""
    return str(uuid5(NAMESPACE_URL, f"estate/graph/{permission}"))


def _permissions(principal: Principal) -> list[str]:
    return sorted(grant for grant in principal.grants if "/" not in grant and grant != "*")
