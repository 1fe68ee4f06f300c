"""A vault whose keys somebody may use who should not (P-2)."""

from collections.abc import Iterable
from datetime import timedelta

from detection.claim import Claim
from detection.facts import Facts, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, alerted, borne_out, operated, phi, standing, untagged
from detection.times import utc
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
KEYS = "keys"
USES = frozenset(["decrypt", "unwrapkey"])
RULES_OVER = frozenset(["purge", "delete", "import", "backup", "recover", "restore"])
ROLES = frozenset(
    [
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",  # Key Vault Administrator
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",  # Key Vault Crypto Officer
        "12338af0-0e69-4776-bea7-57ae8d297424",  # Key Vault Crypto User
    ]
)
FRESH = timedelta(hours=1)
MOST = 8
"""Principals with an access policy; where more hold one, a person is asked which of them need it."""
WRITTEN = "Microsoft.KeyVault/vaults/write"
GRANTS = ("accesspolicies/write", "vaults/write", "roleassignments/write", "vaultpatch", "vaultput")


def touched(signal: Signal) -> str | None:
    """The vault's own log or event tells of its keys and secrets."""
    told = signal.source == "keyvault" or signal.kind.endswith("-keyvault")
    return "the vault tells of a change or a use of its keys" if told else None


def grants(_signal: Signal, vault: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """The keys, and who may use them by role; who may by access policy stands in the vault itself."""
    return (Read(vault, ASSIGNMENTS), Read(vault, KEYS))


def look(case: Case) -> Seen:
    """Seen after a grant: one principal may both use and destroy keys, or got a role on this very vault just now."""
    if case.signal.alert_types or "class" in case.signal.hints:
        return Claimed("the vault's keys or secrets are used as they never were", (case.place,))
    if not (case.signal.operation or "").casefold().endswith(GRANTS):
        return Harmless("one use of a key or secret is no over-grant; the analytics rules count them")
    found = _roles(case) if case.state.properties.get("enableRbacAuthorization") else _policies(case)
    return _wide(case) or found if isinstance(found, Harmless) and case.signal.operation == WRITTEN else found


def _wide(case: Case) -> Unsure | None:
    """What may be meant, as services need it, and what a person must say."""
    vault = case.state.properties
    holders = {str(each["objectId"]) for each in vault.get("accessPolicies") or ()}
    reached = (vault.get("networkAcls") or {}).get("defaultAction") == "Allow"
    wide = ["any network reaches the vault"] if reached and vault.get("publicNetworkAccess") != "Disabled" else []
    if len(holders) > MOST and not vault.get("enableRbacAuthorization"):
        wide.append(f"more than {MOST} principals hold an access policy")
    return Unsure(f"{' and '.join(wide)}: a person must say who needs that", posture=True) if wide else None


def _policies(case: Case) -> Seen:
    entries = case.state.properties.get("accessPolicies") or ()
    over = [str(each["objectId"]) for each in entries if _too_much((each.get("permissions") or {}).get("keys") or ())]
    if not over:
        return Harmless("no access policy lets one principal both use and destroy keys")
    by = ("live access policies of the vault",)
    reason = f"{len(over)} principal(s) may both decrypt with keys and destroy them"
    return Shown(reason, (case.place, *_exposed(case)), by, {"principals": ", ".join(over)})


def _exposed(case: Case) -> tuple[ResourceId, ...]:
    """The vault's keys, and of each the version that is current now."""
    named = [
        (case.place.child(KEYS, ResourceId(str(each.body["id"])).name), str(each.properties.get("keyUriWithVersion")))
        for each in case.facts.below(case.place, KEYS) or ()
    ]
    versions = [key.child("versions", uri.rpartition("/")[2]) for key, uri in named if uri.count("/") > 4]
    return (*(key for key, _ in named), *versions)


def _too_much(permissions: Iterable[str]) -> bool:
    held = {permission.casefold() for permission in permissions}
    return "all" in held or bool(held & USES and held & RULES_OVER)


def _roles(case: Case) -> Seen:
    """Inherited grants are left to people: only what was given on this vault, within the hour, counts."""
    listed = case.facts.below(case.place, ASSIGNMENTS)
    if listed is None:
        return Unsure("the vault's role assignments could not be listed")
    fresh = [each for each in listed if _on(each, case.place) and _just_given(each, case.signal)]
    if not fresh:
        return Harmless("nobody was given a role over keys on this vault just now")
    ids = tuple(ResourceId(str(each.body["id"])) for each in fresh)
    principals = ", ".join(str(each.properties.get("principalId")) for each in fresh)
    reason = f"{len(fresh)} principal(s) were given a role over the vault's keys"
    return Shown(
        reason, (case.place, *ids, *_exposed(case)), ("live role assignments of the vault",), {"principals": principals}
    )


def _on(assignment: Before, vault: ResourceId) -> bool:
    role = str(assignment.properties.get("roleDefinitionId", "")).rpartition("/")[2]
    return ResourceId(str(assignment.properties.get("scope", ""))) == vault and role.casefold() in ROLES


def _just_given(assignment: Before, signal: Signal) -> bool:
    given = utc(assignment.properties.get("createdOn"))
    return given is not None and abs(signal.earliest - given) <= FRESH


_V = f"{PROVIDERS}/Microsoft.KeyVault/vaults/clinic-kv"
_TYPE = "KV_OperationVolumeAnomaly"
_GRANT = operated("Microsoft.KeyVault/vaults/accessPolicies/write", _V)
_OVER = {"objectId": "o-1", "permissions": {"keys": ["get", "decrypt", "purge"]}}
_APP = {"objectId": "o-2", "permissions": {"keys": ["get", "wrapKey", "unwrapKey"]}}
_ROLE = {
    "id": f"{_V}/{ASSIGNMENTS}/r-1",
    "properties": {
        "scope": _V,
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
        "principalId": "o-1",
        "createdOn": "2026-03-02T09:25:00Z",
    },
}
_KEY = {
    "id": f"{_V}/keys/exports",
    "properties": {"keyUriWithVersion": "https://clinic-kv.vault.azure.net/keys/exports/0123"},
}
_OLD = _ROLE | {"properties": {**_ROLE["properties"], "createdOn": "2025-03-02T09:25:00Z"}}  # type: ignore[dict-item] # a literal of mixed values

RULE = Rule(
    id="keyvault.overgranted_decrypt",
    title="Keys of a vault within reach of people who should not use them",
    attack=("T1555.006", "T1098.003", "T1552.004"),
    hipaa=(
        "45 CFR 164.312(a)(2)(iv)",
        "45 CFR 164.308(a)(3)",
        "45 CFR 164.308(a)(4)(ii)(C)",
        "45 CFR 164.312(d)",
    ),
    claim=Claim(
        alerts=("KV_", "ARM_MicroBurst.AzKeyVault", "Arm_Suspicious_Vault_Recovering"),
        operations=(
            "Microsoft.KeyVault/vaults/accessPolicies/write",
            WRITTEN,
            "Microsoft.Authorization/roleAssignments/write",
        ),
        tactics=("CredentialAccess",),
    ),
    place=nearest("Microsoft.KeyVault/vaults"),
    also=touched,
    more=grants,
    look=look,
    witnessed=True,
    by_actor=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="one principal may decrypt and destroy",
            signal=_GRANT,
            state={"": phi(_V, accessPolicies=[_OVER, _APP]), KEYS: (_KEY,)},
            disposition="contain",
            because=(
                ("operation",),
                ("", "tags"),
                ("", "properties", "accessPolicies", 0, "permissions", "keys", 1),
                ("", "properties", "accessPolicies", 0, "permissions", "keys", 2),
            ),
        ),
        Example(
            title="a role over keys was given on this vault minutes ago",
            signal=_GRANT | {"operation": "Microsoft.KeyVault/vaults/write"},
            state={"": phi(_V, enableRbacAuthorization=True), ASSIGNMENTS: (_ROLE,)},
            disposition="contain",
            because=(
                ("", "tags"),
                (ASSIGNMENTS, 0),
                (ASSIGNMENTS, 0, "properties", "scope"),
                (ASSIGNMENTS, 0, "properties", "roleDefinitionId"),
                (ASSIGNMENTS, 0, "properties", "createdOn"),
            ),
        ),
        Example(
            title="Defender has seen an unusual use of keys",
            signal=alerted(_TYPE, _V),
            state={"": phi(_V)} | standing(_TYPE, _V),
            disposition="contain",
            because=(("", "tags"), *borne_out()),
        ),
        Example(
            title="a service that wraps keys may do so",
            signal=_GRANT,
            state={"": phi(_V, accessPolicies=[_APP])},
            disposition="record",
        ),
        Example(
            title="any network reaches the vault",
            signal=_GRANT | {"operation": WRITTEN},
            state={"": phi(_V, accessPolicies=[_APP], networkAcls={"defaultAction": "Allow"})},
            disposition="review",
        ),
        Example(
            title="the role was given a year ago",
            signal=_GRANT,
            state={"": phi(_V, enableRbacAuthorization=True), ASSIGNMENTS: (_OLD,)},
            disposition="record",
        ),
        Example(
            title="nothing says that the vault guards PHI",
            signal=_GRANT,
            state={"": untagged(_V, accessPolicies=[_OVER])},
            disposition="record",
        ),
        Example(title="the vault cannot be read", signal=_GRANT, disposition="review"),
    ),
)
