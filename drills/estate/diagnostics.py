"""Microsoft.Insights diagnostic settings, api-version 2021-05-01-preview: what is logged of a resource, and where."""

from drills.estate.places import WORKSPACE
from drills.estate.service import Route, Service, flat
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import World

SETTING = "Microsoft.Insights/diagnosticSettings"


def service(world: World) -> Service:
    """The settings of one resource."""

    def every(asked: Asked) -> Reply:
        found = world.store.of_type(SETTING, f"{asked.names['scope']}/providers/{SETTING}")
        return Reply(200, {"value": found})

    return Service(
        namespace="Microsoft.Insights",
        api_versions=frozenset({"2021-05-01-preview"}),
        routes=(Route("GET", f"{{scope}}/providers/{SETTING}", every),),
        dialect=flat,
    )


def setting(resource: str, *categories: str, enabled: bool = True) -> Json:
    """A setting that sends these categories of logs to the workspace."""
    logs = [{"category": name, "enabled": enabled} for name in categories]
    return {
        "id": f"{resource}/providers/{SETTING}/to-soc",
        "name": "to-soc",
        "type": SETTING,
        "properties": {"workspaceId": WORKSPACE, "logs": logs, "metrics": []},
    }
