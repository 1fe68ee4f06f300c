"""Microsoft.Resources, api-version 2024-03-01: the subscription's resource providers, registered or not."""

from drills.estate.service import Route, Service
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import World

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
    """The list of providers."""

    def every(_: Asked) -> Reply:
        return Reply(200, {"value": [_provider(world, namespace) for namespace in KNOWN]})

    return Service(
        namespace="Microsoft.Resources",
        api_versions=frozenset({"2024-03-01"}),
        routes=(Route("GET", "/subscriptions/{subscription}/providers", every),),
    )


def _provider(world: World, namespace: str) -> Json:
    state = "NotRegistered" if namespace in world.unregistered else "Registered"
    return {
        "id": f"{world.scope}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": state,
        "resourceTypes": [],
    }
