"""Microsoft.Authorization role eligibilities of Privileged Identity Management, api-version 2020-10-01."""

from typing import Any
from uuid import uuid4

from drills.estate.ids import is_within
from drills.estate.service import Kind, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

INSTANCE = "Microsoft.Authorization/roleEligibilityScheduleInstances"
SCHEDULE = "Microsoft.Authorization/roleEligibilitySchedules"
REQUEST = "Microsoft.Authorization/roleEligibilityScheduleRequests"
NEEDED = ("principalId", "roleDefinitionId", "requestType")


def service(world: World) -> Service:
    """Instances are read, requests take them away."""
    kept = Eligibilities(world)
    return Service(
        namespace="Microsoft.Authorization",
        api_versions=frozenset({"2020-10-01"}),
        routes=(
            Route("GET", f"{{scope}}/providers/{INSTANCE}", kept.every),
            Route("GET", f"{{scope}}/providers/{INSTANCE}/{{instance}}", kept.read),
            Route("PUT", f"{{scope}}/providers/{REQUEST}/{{request}}", kept.put),
        ),
        kinds={INSTANCE.lower(): Kind()},
    )


class Eligibilities:
    """Who may activate which role where."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Those at the scope and below it."""
        found = self._world.store.of_type(INSTANCE)
        return Reply(200, {"value": [one for one in found if is_within(_at(one), asked.names["scope"])]})

    def read(self, asked: Asked) -> Reply:
        """One of them."""
        if (state := self._world.store.read(asked.id)) is None:
            raise RefusalError(404, "RoleEligibilityScheduleInstanceNotFound", "The eligibility is not found.")
        return Reply(200, state)

    def put(self, asked: Asked) -> Reply:
        """201, and a removed one is gone; nothing else is asked for here."""
        sent = (asked.body or {}).get("properties") or {}
        if missing := [name for name in NEEDED if not sent.get(name)]:
            raise RefusalError(400, "InvalidRequestContent", f"The property '{missing[0]}' is required.")
        if sent["requestType"] != "AdminRemove":
            raise RefusalError(400, "RoleAssignmentRequestPolicyValidationFailed", "The request type is not allowed.")
        meant = [one for one in self._world.store.of_type(INSTANCE) if _meant(one, sent, asked.names["scope"])]
        if not meant:
            raise RefusalError(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
        for one in meant:
            self._world.store.remove(one["id"])
        told = {**sent, "scope": asked.names["scope"], "status": "Revoked"}
        return Reply(201, {"id": asked.id, "name": asked.names["request"], "type": REQUEST, "properties": told})


def eligible(world: World, scope: str, principal: str, definition: str) -> Json:
    """An instance as Azure describes it."""
    name, now = str(uuid4()), world.stamp()
    properties: dict[str, Any] = {
        "scope": scope,
        "roleDefinitionId": definition,
        "principalId": principal,
        "principalType": "User",
        "roleEligibilityScheduleId": f"{scope}/providers/{SCHEDULE}/{name}",
        "status": "Provisioned",
        "startDateTime": now,
        "memberType": "Direct",
        "createdOn": now,
    }
    return {"id": f"{scope}/providers/{INSTANCE}/{name}", "name": name, "type": INSTANCE, "properties": properties}


def _at(one: Json) -> str:
    return str(one["properties"]["scope"])


def _meant(one: Json, sent: Json, scope: str) -> bool:
    alike = all(str(one["properties"][name]).lower() == str(sent[name]).lower() for name in NEEDED[:2])
    return alike and _at(one).lower() == scope.lower()
