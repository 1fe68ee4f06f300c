"""Kinds of store for PHI that are detected, but not contained: no measure is built, a person acts and is told how."""

from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote

from incident.resource import ResourceId
from incident.target import Before

CLOSE = "az resource update --ids {id} --set properties.publicNetworkAccess=Disabled"

DATA_ROLES = "its public endpoint and the roles on its data stay as they are"
LIST_ROLES = "az role assignment list --scope {id} --include-inherited"


@dataclass(frozen=True, kw_only=True)
class Store:
    """A kind of store: what no measure does there, and the commands by which a person does it."""

    kind: str  # resource type, lower case
    name: str
    left: str
    by_hand: tuple[str, ...]
    concerns: Callable[[Before], bool] = lambda _state: True

    def commands(self, resource: ResourceId) -> list[str]:
        """The commands for this one."""
        return [command.format(id=quote(resource.text), name=quote(resource.name)) for command in self.by_hand]


def _hierarchical(account: Before) -> bool:
    return account.properties.get("isHnsEnabled") is True


STORES = (
    Store(
        kind="microsoft.healthcareapis/workspaces/fhirservices",
        name="FHIR service",
        left=DATA_ROLES,
        by_hand=(CLOSE, LIST_ROLES),
    ),
    Store(
        kind="microsoft.healthcareapis/workspaces/dicomservices",
        name="DICOM service",
        left=DATA_ROLES,
        by_hand=(CLOSE, LIST_ROLES),
    ),
    Store(
        kind="microsoft.healthcareapis/services",
        name="Azure API for FHIR",
        left="its public endpoint and the object ids that it lets in stay as they are",
        by_hand=(CLOSE, "az resource show --ids {id} --query properties.accessPolicies"),
    ),
    Store(
        kind="microsoft.documentdb/databaseaccounts",
        name="Cosmos DB",
        left="its keys, its firewall and its continuous backup stay as they are",
        by_hand=(CLOSE, "az resource update --ids {id} --set properties.disableLocalAuth=true"),
    ),
    Store(
        kind="microsoft.storage/storageaccounts",
        name="Data Lake Storage (hierarchical namespace)",
        left="what closes the account closes it too, but the ACLs of its directories and files stay as they are",
        by_hand=(
            "az storage fs access show --account-name {name} -f FILESYSTEM --path PATH",
            "az storage fs access remove-recursive --account-name {name} -f FILESYSTEM --path / --acl user:ID",
        ),
        concerns=_hierarchical,
    ),
)


def store_at(place: ResourceId, read: Callable[[ResourceId], Before | None]) -> tuple[Store, ResourceId] | None:
    """The store that the place is, or lies in, and its id; None where measures contain it. `read`: what is known."""
    for store in STORES:
        holder = place.climb(store.kind)
        if holder and store.concerns(read(holder) or Before({})):
            return store, holder
    return None
