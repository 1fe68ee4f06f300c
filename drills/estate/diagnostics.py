"""Diagnostic settings (2021-05-01-preview) of any resource, and data exports of workspaces (2020-08-01).

A setting needs a right on the workspace that it sends to. An account is logged as long as none of its settings was
ever touched, and while one of them logs.
"""

from collections.abc import Iterable

from drills.estate.places import WORKSPACE
from drills.estate.service import GROUP, Kind, Right, Route, Service, flat
from drills.estate.settable import Settable, one
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

SETTING = "Microsoft.Insights/diagnosticSettings"
EXPORT = "Microsoft.OperationalInsights/workspaces/dataExports"
SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
MOST = 5


def services(world: World) -> tuple[Service, ...]:
    """Settings, and exports."""
    settings, path = Settings(world), f"{{scope}}/providers/{SETTING}"
    exports = f"{GROUP}Microsoft.OperationalInsights/workspaces/{{workspace}}/dataExports/{{export}}"
    return (
        Service(
            namespace="Microsoft.Insights",
            api_versions=frozenset({"2021-05-01-preview"}),
            routes=(Route("GET", path, settings.every), *one(settings, f"{path}/{{setting}}", "PUT", "DELETE")),
            dialect=flat,
            linked=_linked,
            kinds={SETTING.lower(): Kind()},
        ),
        Service(
            namespace="Microsoft.OperationalInsights",
            api_versions=frozenset({"2020-08-01"}),
            routes=one(Settable(world), exports, "PUT", "DELETE"),
            kinds={EXPORT.lower(): Kind()},
        ),
    )


class Settings(Settable):
    """Diagnostic settings: each sends somewhere, and five at most are on one resource."""

    def put(self, asked: Asked) -> Reply:
        """The setting as it was sent."""
        sent = (asked.body or {}).get("properties") or {}
        if not any(sent.get(sink) for sink in SINKS):
            raise RefusalError(400, "BadRequest", "At least one data sink needs to be specified.")
        others = {each["id"].lower() for each in self._beside(asked)} - {asked.id.lower()}
        if len(others) >= MOST:
            raise RefusalError(409, "Conflict", f"The limit of {MOST} diagnostic settings was reached.")
        return super().put(asked)

    def every(self, asked: Asked) -> Reply:
        """The settings of one resource."""
        return Reply(200, {"value": self._beside(asked)})

    def _beside(self, asked: Asked) -> list[Json]:
        home = f"{asked.names['scope']}/providers/{SETTING}/".lower()
        found = self._world.store.of_type(SETTING, asked.names["scope"])
        return [each for each in found if each["id"].lower().startswith(home)]


def setting(resource: str, *categories: str, enabled: bool = True) -> Json:
    """A setting that sends these categories of logs to the workspace."""
    logs = [{"category": name, "enabled": enabled} for name in categories]
    return {
        "id": f"{resource}/providers/{SETTING}/to-soc",
        "name": "to-soc",
        "type": SETTING,
        "properties": {"workspaceId": WORKSPACE, "logs": logs, "metrics": []},
    }


def is_logged(world: World, account: str) -> bool:
    """Whether requests to the account's blobs leave a row."""
    scope = f"{account}/blobServices/default"
    if not world.store.has_had(SETTING, scope):
        return True
    settings = world.store.of_type(SETTING, scope)
    return any(log["enabled"] for each in settings for log in each["properties"].get("logs") or ())


def _linked(asked: Asked) -> Iterable[Right]:
    workspace = ((asked.body or {}).get("properties") or {}).get("workspaceId") if asked.method == "PUT" else None
    return (Right("Microsoft.OperationalInsights/workspaces/sharedkeys/action", workspace),) if workspace else ()
