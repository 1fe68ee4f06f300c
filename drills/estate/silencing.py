"""Rules that decide who is told: Sentinel's analytics and automation rules, Defender's suppression rules.

An automation rule that closes incidents closes every new one of its workspace; a suppression rule dismisses every new
alert of its type (`*`: of any). Conditions are not weighed.
"""

from uuid import uuid4

from drills.estate.sentinel import WORKSPACE
from drills.estate.service import SUBSCRIPTION, Kind, Service
from drills.estate.settable import Settable, one
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

ALERT_RULE = "Microsoft.SecurityInsights/alertRules"
AUTOMATION = "Microsoft.SecurityInsights/automationRules"
SUPPRESSION = "Microsoft.Security/alertsSuppressionRules"
MANAGED = ("etag", "properties.lastModifiedUtc", "properties.lastModifiedTimeUtc")


def services(world: World) -> tuple[Service, ...]:
    """Sentinel's rules (2024-03-01) and Defender's suppression rules (2019-01-01-preview)."""
    rules, suppressions = Tagged(world), Suppressions(world)
    kind = Kind(managed=MANAGED)
    return (
        Service(
            namespace="Microsoft.SecurityInsights",
            api_versions=frozenset({"2024-03-01"}),
            routes=tuple(
                route
                for name in (ALERT_RULE, AUTOMATION)
                for route in one(rules, f"{WORKSPACE}/providers/{name}/{{rule}}", "PUT", "DELETE")
            ),
            kinds={ALERT_RULE.lower(): kind, AUTOMATION.lower(): kind},
        ),
        Service(
            namespace="Microsoft.Security",
            api_versions=frozenset({"2019-01-01-preview"}),
            routes=one(suppressions, f"{SUBSCRIPTION}{SUPPRESSION}/{{rule}}", "PUT", "DELETE"),
            kinds={SUPPRESSION.lower(): kind},
        ),
    )


class Tagged(Settable):
    """Resources with an ETag, which a write may name."""

    def put(self, asked: Asked) -> Reply:
        """The resource as it was sent, with a new ETag; 201 where there was none."""
        known = self._world.store.read(asked.id)
        match = asked.headers.get("if-match")
        if match not in (None, "*", (known or {}).get("etag")):
            raise RefusalError(412, "PreconditionFailed", "The etag of the rule has changed.")
        state: Json = super().put(asked).body | {"etag": f'"{uuid4()}"'}
        self._world.store.amend(state)
        return Reply(200 if known else 201, state)


class Suppressions(Settable):
    """Suppression rules: their reason, type and state are asked for; a deletion says nothing."""

    def put(self, asked: Asked) -> Reply:
        """The rule as it was sent."""
        sent = (asked.body or {}).get("properties") or {}
        missing = [name for name in ("alertType", "reason", "state") if not sent.get(name)]
        if missing:
            raise RefusalError(400, "BadRequest", f"'{missing[0]}' is required.")
        return super().put(asked)

    def delete(self, asked: Asked) -> Reply:
        """204, whether or not it was there."""
        self._world.store.remove(asked.id)
        return Reply(204)


def closed_unread(world: World, workspace: str) -> bool:
    """Whether a rule of the workspace closes what has just come in."""
    rules = [rule["properties"] for rule in world.store.of_type(AUTOMATION, workspace)]
    return any(rule["triggeringLogic"]["isEnabled"] and _closes(rule) for rule in rules)


def dismissed_unread(world: World, kind: str) -> bool:
    """Whether a rule suppresses alerts of the type."""
    rules = [rule["properties"] for rule in world.store.of_type(SUPPRESSION)]
    return any(rule["state"] == "Enabled" and rule["alertType"] in ("*", kind) for rule in rules)


def _closes(rule: Json) -> bool:
    return any(action["actionConfiguration"].get("status") == "Closed" for action in rule["actions"])
