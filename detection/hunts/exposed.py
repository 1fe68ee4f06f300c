"""Whose objects those have read who had no business there: counts by covered entity, out of a disclosure list.

Strangers have none anywhere. An identity that serves one customer has none in another's containers, which the finding
names; what it reads elsewhere is its own affair.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from detection.hunts.disclosure import ANONYMOUS, Disclosed
from incident.contacts import CoveredEntity
from incident.resource import ResourceId
from incident.scope import within


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """Identities, by object id in lower case, and the containers in which they had no business."""

    principals: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, findings: Iterable[Mapping[str, Any]]) -> Self:
        """Those of whom the findings, as the chain keeps them, say that they read another's container."""
        said = [finding.get("parameters") or {} for finding in findings if finding["disposition"] == "contain"]
        known = [each for each in said if each.get("principals") and each.get("container")]
        return cls(
            principals=frozenset(name.casefold() for each in known for name in each["principals"].split(",")),
            containers=frozenset(each["container"] for each in known),
        )

    def has(self, read: Disclosed) -> bool:
        """Whether the reading is one of theirs."""
        return read.object_id.casefold() in self.principals and _container(read) in self.containers


def improper(disclosed: Iterable[Disclosed], foreign: Foreign) -> list[Disclosed]:
    """The contents that strangers, or those identities, have read."""
    contents = (each for each in disclosed if not each.path.endswith("/"))
    return [each for each in contents if each.entered.casefold() == ANONYMOUS or foreign.has(each)]


def by_entity(
    read: Iterable[Disclosed], account: ResourceId, entities: Iterable[CoveredEntity]
) -> dict[str, dict[str, int]]:
    """`{entity: {"objects", "reads"}}`, of those entities of whom something was read."""
    rows, found = tuple(read), {}
    for entity in entities:
        theirs = [row for row in rows if any(within(_place(account, row), held.text) for held in entity.holds)]
        if theirs:
            objects, reads = len({row.path for row in theirs}), sum(row.reads for row in theirs)
            found[entity.id] = {"objects": objects, "reads": reads}
    return found


def holding(resource: ResourceId, entities: Iterable[CoveredEntity]) -> list[str]:
    """The entities that hold something in the resource, or in whose holdings it lies."""
    return [
        entity.id
        for entity in entities
        if any(within(held, resource.text) or within(resource, held.text) for held in entity.holds)
    ]


def summed(counts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """The counts of several lists by entity, added up."""
    total: dict[str, dict[str, int]] = defaultdict(lambda: {"objects": 0, "reads": 0})
    for entity, each in (pair for one in counts for pair in one.items()):
        total[entity] = {name: total[entity][name] + each[name] for name in total[entity]}
    return dict(sorted(total.items()))


def _container(read: Disclosed) -> str:
    return read.path.partition("/")[0]


def _place(account: ResourceId, read: Disclosed) -> ResourceId:
    return account.child("blobServices", "default", "containers", _container(read))
