"""Microsoft.Resources, api-version 2024-03-01: resource groups, and which resource providers are registered."""

from drills.estate.ids import name_of
from drills.estate.service import Route, Service
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import LOCATION, World

KNOWN = (
    "Microsoft.AppConfiguration",
    "Microsoft.Authorization",
    "Microsoft.Compute",
    "Microsoft.DataProtection",
    "Microsoft.EventGrid",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.PolicyInsights",
    "Microsoft.RecoveryServices",
    "Microsoft.ResourceGraph",
    "Microsoft.Resources",
    "Microsoft.Security",
    "Microsoft.SecurityInsights",
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.Web",
)


def service(world: World) -> Service:
    """The list of providers, and each group; the estate has every group that is asked for."""

    def every(_: Asked) -> Reply:
        return Reply(200, {"value": [_provider(world, namespace) for namespace in KNOWN]})

    return Service(
        namespace="Microsoft.Resources",
        api_versions=frozenset({"2024-03-01"}),
        routes=(
            Route("GET", "/subscriptions/{subscription}/providers", every),
            Route("GET", "/subscriptions/{subscription}/resourceGroups/{group}", _group),
        ),
    )


def _group(asked: Asked) -> Reply:
    ours = {"id": asked.id, "name": name_of(asked.id), "type": "Microsoft.Resources/resourceGroups"}
    return Reply(200, {**ours, "location": LOCATION, "properties": {"provisioningState": "Succeeded"}})


def _provider(world: World, namespace: str) -> Json:
    state = "NotRegistered" if namespace in world.unregistered else "Registered"
    return {
        "id": f"{world.scope}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": state,
        "resourceTypes": [],
    }
