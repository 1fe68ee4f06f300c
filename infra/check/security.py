"""What our own deployment must never be: invariants with their reasons, over every resource of every template."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.check.expressions import is_expression
from infra.check.template import Resource, Template

OWNER, ACCESS_ADMINISTRATOR = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
CONTRIBUTOR, RBAC_ADMINISTRATOR = "b24988ac-6180-42a0-ab88-20f7382dd24c", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
TOO_WIDE = (OWNER, ACCESS_ADMINISTRATOR, CONTRIBUTOR, RBAC_ADMINISTRATOR)
NEVER = (
    "*",
    "microsoft.authorization/elevateaccess/action",
    "microsoft.authorization/roleassignments/write",
    "microsoft.authorization/roledefinitions/write",
    "microsoft.keyvault/vaults/delete",
    "microsoft.keyvault/vaults/secrets/getsecret/action",
    "microsoft.storage/storageaccounts/delete",
    "microsoft.storage/storageaccounts/listaccountsas/action",
    "microsoft.storage/storageaccounts/listkeys/action",
    "microsoft.storage/storageaccounts/listservicesas/action",
)
DELETE_ASSIGNMENTS = "microsoft.authorization/roleassignments/delete"


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """The property at `path` of every resource of `type` is one of `values`, because of `why`."""

    type: str
    path: str
    values: tuple[object, ...]
    why: str


INVARIANTS = (
    Invariant(
        type="Microsoft.Storage/storageAccounts",
        path="properties.allowSharedKeyAccess",
        values=(False,),
        why="a key opens everything to whoever holds it, and names nobody in the logs",
    ),
    Invariant(
        type="Microsoft.Storage/storageAccounts",
        path="properties.allowBlobPublicAccess",
        values=(False,),
        why="nobody anonymous reads ledger or evidence",
    ),
    Invariant(
        type="Microsoft.Storage/storageAccounts",
        path="properties.minimumTlsVersion",
        values=("TLS1_2", "TLS1_3"),
        why="older TLS is broken",
    ),
    Invariant(
        type="Microsoft.Storage/storageAccounts",
        path="properties.supportsHttpsTrafficOnly",
        values=(True,),
        why="tokens travel over https alone",
    ),
    Invariant(
        type="Microsoft.Storage/storageAccounts",
        path="properties.allowCrossTenantReplication",
        values=(False,),
        why="object replication carries blobs into a stranger's tenant",
    ),
    Invariant(
        type="Microsoft.Storage/storageAccounts/blobServices/containers",
        path="properties.publicAccess",
        values=("None",),
        why="nobody anonymous reads ledger or evidence",
    ),
    Invariant(
        type="Microsoft.KeyVault/vaults",
        path="properties.enablePurgeProtection",
        values=(True,),
        why="a purged key makes sealed ePHI unreadable for ever, which is a breach of availability",
    ),
    Invariant(
        type="Microsoft.KeyVault/vaults",
        path="properties.enableSoftDelete",
        values=(True,),
        why="as above",
    ),
    Invariant(
        type="Microsoft.KeyVault/vaults",
        path="properties.enableRbacAuthorization",
        values=(True,),
        why="access policies can be changed by whoever may write the vault",
    ),
    Invariant(
        type="Microsoft.KeyVault/vaults/keys",
        path="properties.attributes.exportable",
        values=(False,),
        why="a key that leaves the vault signs elsewhere",
    ),
    Invariant(
        type="Microsoft.Web/sites",
        path="properties.httpsOnly",
        values=(True,),
        why="people's tokens and function keys travel over https alone",
    ),
    Invariant(
        type="Microsoft.Web/sites",
        path="properties.siteConfig.minTlsVersion",
        values=("1.2", "1.3"),
        why="older TLS is broken",
    ),
    Invariant(
        type="Microsoft.Web/sites",
        path="properties.siteConfig.ftpsState",
        values=("Disabled",),
        why="nobody uploads code with a password",
    ),
    Invariant(
        type="Microsoft.Web/sites/basicPublishingCredentialsPolicies",
        path="properties.allow",
        values=(False,),
        why="nobody publishes code with a password",
    ),
    Invariant(
        type="Microsoft.Insights/components",
        path="properties.DisableLocalAuth",
        values=(True,),
        why="whoever knows an instrumentation key could write false telemetry",
    ),
    Invariant(
        type="Microsoft.EventGrid/topics",
        path="properties.disableLocalAuth",
        values=(True,),
        why="whoever holds the topic's key could tell people false deadlines",
    ),
    Invariant(
        type="Microsoft.RecoveryServices/vaults",
        path="properties.securitySettings.immutabilitySettings.state",
        values=("Unlocked",),
        why="Disabled keeps nothing; Locked can never be undone and is a decision of two people",
    ),
)


def security(template: Template) -> Iterator[str]:
    """Faults against the invariants, the width of roles, and what assignments give.

    A template made from a measure changes others' resources in one respect; how the rest of them stands is not ours.
    """
    if "measure" in template.body.get("metadata", {}):
        return
    for resource in template.resources:
        for each in INVARIANTS:
            if each.type.casefold() == resource.type.casefold():
                yield from _kept(each, resource)
        for kind, judge in JUDGES.items():
            if kind == resource.type.casefold():
                yield from (f"{resource.path}: {said}" for said in judge(resource))


def _kept(invariant: Invariant, resource: Resource) -> Iterator[str]:
    found = _at(resource.body, invariant.path)
    if not any(found is value or (isinstance(value, str) and found == value) for value in invariant.values):
        wanted = " or ".join(map(repr, invariant.values))
        yield f"{resource.path}: {invariant.path} must be {wanted}, not {found!r}: {invariant.why}"


def _at(value: Any, path: str) -> object:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _role(resource: Resource) -> Iterator[str]:
    """No wildcard, nothing that reveals a secret or widens access."""
    if resource.properties.get("type") != "CustomRole":
        yield "a role of ours is a CustomRole"
    for permission in resource.properties.get("permissions", []):
        actions = [*permission.get("actions", []), *permission.get("dataActions", [])]
        yield from (f"{action!r} must be written out" for action in actions if "*" in action or is_expression(action))
        yield from (f"{action!r} is never given" for action in actions if action.casefold() in NEVER)
        yield from (
            "notActions take away from a wildcard: name what is given" for _ in permission.get("notActions", [])
        )
    if not resource.properties.get("permissions"):
        yield "a role without permissions"


def _assignment(resource: Resource) -> Iterator[str]:
    """Service principals alone, nothing as wide as Contributor, and the mark of its condition's grammar."""
    written = str(resource.properties.get("roleDefinitionId", ""))
    yield from (f"the built-in role {role} is never given" for role in TOO_WIDE if role in written)
    if resource.properties.get("principalType") != "ServicePrincipal":
        yield "only identities of services are given roles here"
    if ("condition" in resource.properties) != (resource.properties.get("conditionVersion") == "2.0"):
        yield "a condition needs conditionVersion 2.0, and the other way round"


def _key(resource: Resource) -> Iterator[str]:
    """A key does one thing."""
    allowed = ({"sign", "verify"}, {"wrapKey", "unwrapKey"})
    if set(resource.properties.get("keyOps", [])) not in allowed:
        yield f"keyOps must be one of {[sorted(each) for each in allowed]}"


def _runtime(resource: Resource) -> Iterator[str]:
    """Settings hold no secret: what is secret stands in a vault, and its setting refers to it."""
    settings = resource.properties.get("siteConfig", {}).get("appSettings", [])
    names = [str(each.get("name")) for each in settings if isinstance(each, dict)]
    yield from (
        f"the setting {name!r} stands twice" for name in sorted({name for name in names if names.count(name) > 1})
    )
    for each in settings if isinstance(settings, list) else []:
        value = str(each.get("value", "")) if isinstance(each, dict) else ""
        if "listKeys(" in value or "AccountKey=" in value:
            yield f"the setting {each.get('name')!r} holds a key"


JUDGES: Mapping[str, Callable[[Resource], Iterator[str]]] = {
    "microsoft.authorization/roledefinitions": _role,
    "microsoft.authorization/roleassignments": _assignment,
    "microsoft.keyvault/vaults/keys": _key,
    "microsoft.web/sites": _runtime,
}
