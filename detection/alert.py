"""An alert of Defender or Sentinel, whichever of its spellings it comes in: REST, export, table row, old trigger.

The fields mean the same everywhere; `properties` hold them in camelCase over REST, PascalCase stands elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from detection.aliases import alert_ids
from detection.drill import marked, stripped
from detection.entities import Entities
from detection.fields import at, identity, listing, mapping, text
from detection.hints import custom, hints, named
from detection.item import Item
from detection.resources import container_of, specific
from detection.severity import severity
from detection.standing import of_alert
from detection.times import utc
from incident.resource import ResourceId
from incident.signal import Signal

RULE_ID = 2 * 36 + 1  # the alert type of a scheduled rule is `<workspace guid>_<rule guid>`
SEVERITIES = ("severity", "alertSeverity", "reportedSeverity")


def signal(item: Item, about: Mapping[str, Any], *, source: str, kind: str, behind: Mapping[str, str]) -> Signal:
    """The signal of the alert with the fields `about`; `behind` are hints that lead back to it."""
    alert = Alert(about)
    started = utc(alert.first("startTimeUtc", "startTime"))
    return Signal(
        source=source,
        kind=kind,
        id=next(iter(alert.ids), item.content),
        content=item.content,
        received_at=item.received_at,
        occurred_at=started or utc(alert.first("timeGeneratedUtc", "timeGenerated")),
        first_activity_at=started,
        system_alert_id=next(iter(alert.ids), None),
        alert_ids=alert.ids,
        severity=next((found for name in SEVERITIES if (found := severity(about, name))), None),
        standing=of_alert(text(about, "status"), text(about, "classification"), alert.types),
        drill=alert.drill,
        title=alert.title,
        alert_types=alert.types,
        actor=alert.entities.actor or alert.said.get("user"),
        ip=alert.entities.ip,
        resources=alert.resources,
        hints={**alert.hints, **behind},
        body=item.body,
    )


@dataclass(frozen=True)
class Alert:
    """The fields of one alert, found in any spelling."""

    about: Mapping[str, Any]

    def first(self, *names: str) -> Any:
        """The value of the first of the names that says something."""
        return next((found for name in names if (found := at(self.about, name)) not in (None, "")), None)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The system's id first, then those of other senders."""
        return alert_ids(*(text(self.about, name) for name in ("systemAlertId", "vendorOriginalId", "providerAlertId")))

    @cached_property
    def title(self) -> str:
        """The alert's name. It is never classified by: names were swapped and rewritten over the years."""
        return text(self.first("alertDisplayName", "displayName", "alertName", "friendlyName")) or ""

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The alert type without the mark of a sample; none for a scheduled rule, whose type is only its id."""
        kind = stripped(text(self.about, "alertType"))
        scheduled = kind is not None and len(kind) == RULE_ID and kind[36] == "_"
        return () if kind is None or scheduled else (kind,)

    @cached_property
    def drill(self) -> bool:
        """Whether type, title or description mark a sample."""
        return marked(text(self.about, "alertType"), self.title, text(self.about, "description"))

    @cached_property
    def entities(self) -> Entities:
        """The entities, which may be a string of JSON."""
        return Entities(listing(self.about, "entities"))

    @cached_property
    def properties(self) -> Mapping[str, Any]:
        """Extended properties and additional data."""
        return {**mapping(self.about, "additionalData"), **mapping(self.about, "extendedProperties")}

    @cached_property
    def said(self) -> dict[str, str]:
        """Hints of the properties; custom details, written by our own rules, come first."""
        return named(self.properties) | named(custom(self.properties))

    @cached_property
    def resources(self) -> tuple[ResourceId, ...]:
        """The ids of every field that may hold one; the container is named beside the account."""
        ids = [*self.entities.resource_ids, *self._identified(), *_scalars(custom(self.properties))]
        return specific(*(container_of(each, self.said.get("container")) for each in ids), *self._shares(ids), *ids)

    @cached_property
    def hints(self) -> dict[str, str]:
        """What was said, and the rule, tactics and account behind the alert."""
        return self.said | hints(
            rule=text(self.properties, "Analytic Rule Name"),
            tactics=", ".join(_scalars({"": self.first("tactics", "intent")})),
            techniques=", ".join(_scalars({"": self.first("techniques")})),
            product=text(self.about, "productName"),
            actor_object_id=self.entities.object_id or identity(self.said.get("actor_object_id")),
        )

    def _identified(self) -> Iterable[str | None]:
        yield text(self.first("azureResourceId", "resourceId"))
        for each in listing(self.about, "resourceIdentifiers"):
            yield text(each, "azureResourceId") or text(each, "resourceId") or text(each)

    def _shares(self, ids: Iterable[str | None]) -> Iterable[str | None]:
        return (container_of(each, self.said.get("share"), share=True) for each in ids)


def _scalars(values: Mapping[str, Any]) -> list[str]:
    return [found for each in values.values() for part in listing(each) if (found := text(part))]
