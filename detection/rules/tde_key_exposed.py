"""A database server that anybody can reach, or whose encryption keys are in the wrong hands (P-3)."""

from detection.claim import Claim
from detection.facts import Facts, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, alerted, borne_out, in_log, logged, operated, phi, standing, untagged
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

SERVER = "microsoft.sql/servers"
WRITTEN = "Microsoft.KeyVault/vaults/write"
FIREWALL = "firewallRules"
ANYBODY = ("0.0.0.0", "255.255.255.255")  # noqa: S104 - the ends of a firewall range, nothing listens here
KEYS = ("keypurge", "keydelete", "keybackup", "keyrestore", "keyget", "microsoft.keyvault/vaults/keys/read/action")
LASTING = ("keypurge", "keydelete", "keybackup")
TAKING = frozenset(["all", "backup", "decrypt", "unwrapkey", "release"])


def keyed(signal: Signal) -> str | None:
    """A key that may protect a database was read, copied or destroyed."""
    return "a key of a vault was used" if (signal.operation or "").casefold() in KEYS else None


def networks(_signal: Signal, place: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """The server's firewall; of a vault, every server of its subscription, for each may have its key there."""
    return (Read(place, FIREWALL),) if place.type == SERVER else (_servers(place),)


def _servers(vault: ResourceId) -> Read:
    return Read(ResourceId(f"/subscriptions/{vault.subscription}"), "providers/Microsoft.Sql/servers")


def look(case: Case) -> Seen:
    """Seen: a firewall rule that lets in the whole Internet. A changed protector or an alert must be borne out."""
    if case.place.type != SERVER:
        return _purgeable(case) if case.signal.operation == WRITTEN else _key(case)
    named = case.concerned(f"{SERVER}/databases")[1:]
    opened = [ResourceId(str(each.body["id"])) for each in case.facts.below(case.place, FIREWALL) or () if _any(each)]
    if opened and case.state.properties.get("publicNetworkAccess") != "Disabled":
        names, by = ", ".join(rule.name for rule in opened), ("live firewall of the server",)
        return Shown(f"the firewall rule {names} lets anybody reach the server", (case.place, *opened, *named), by)
    if (case.signal.operation or "").casefold().endswith("/firewallrules/write"):
        if case.facts.below(case.place, FIREWALL) is None:
            return Unsure("the server's firewall could not be listed")
        return Harmless("no firewall rule lets in the whole Internet")
    return Claimed("the server's data or the keys that protect it are in the wrong hands", (case.place, *named))


def _any(rule: Before) -> bool:
    return (rule.properties.get("startIpAddress"), rule.properties.get("endIpAddress")) == ANYBODY


def _key(case: Case) -> Seen:
    """Seen: keys that protect databases lie where others than their servers may take them away or use them."""
    if (case.signal.operation or "").casefold() not in LASTING:
        return Harmless("a key was read; whoever protects databases with it does so all the time")
    address = str(case.state.properties.get("vaultUri") or "")
    servers = [each for each in case.facts.every(_servers(case.place)) or () if _keyed(each, address)]
    others = _others(case.state, {str((each.body.get("identity") or {}).get("principalId")) for each in servers})
    if not (servers and others):
        return Unsure("a key was copied or destroyed: a person must say whether it protects a database")
    ids = tuple(ResourceId(str(each.body["id"])) for each in servers)
    told = {"principals": ", ".join(others), "exposed_vault": case.place.name}
    reason = f"{len(others)} principal(s) may take or use keys that protect the databases of {len(ids)} server(s)"
    return Shown(reason, (case.place, *ids), ("live access policies of the vault", "live servers"), told)


def _purgeable(case: Case) -> Seen:
    """Seen: what is deleted in a vault that protects databases can be purged, and they with it (KV-05)."""
    if case.state.properties.get("enablePurgeProtection") is True:
        return Harmless("what is deleted in the vault stays recoverable")
    listed, address = case.facts.every(_servers(case.place)), str(case.state.properties.get("vaultUri") or "")
    if listed is None:
        return Unsure("the vault can be purged; which servers hang from it could not be listed", posture=True)
    keyed = sum(_keyed(each, address) for each in listed)
    if not keyed:
        return Harmless("the vault can be purged, but no database hangs from its keys")
    reason = f"the keys that protect the databases of {keyed} server(s) can be purged"
    return Shown(reason, (case.place,), ("live state of the vault", "live servers"), posture=True)


def _keyed(server: Before, address: str) -> bool:
    return bool(address) and str(server.properties.get("keyId") or "").casefold().startswith(address.casefold())


def _others(vault: Before, servers: set[str]) -> list[str]:
    """Whoever may, by access policy, copy keys or unwrap with them, and is no server."""
    entries = vault.properties.get("accessPolicies") or ()
    held = [(str(each["objectId"]), (each.get("permissions") or {}).get("keys") or ()) for each in entries]
    return [who for who, keys in held if who not in servers and TAKING & {word.casefold() for word in keys}]


_S = f"{PROVIDERS}/Microsoft.Sql/servers/ehr"
_V = f"{PROVIDERS}/Microsoft.KeyVault/vaults/clinic-kv"
_OPEN = operated("Microsoft.Sql/servers/firewallRules/write", f"{_S}/firewallRules/all")
_PROTECTOR = "Microsoft.Sql/servers/encryptionProtector/write"
_ALL = {"id": f"{_S}/firewallRules/all", "properties": {"startIpAddress": ANYBODY[0], "endIpAddress": ANYBODY[1]}}
_ONE = {"id": f"{_S}/firewallRules/vpn", "properties": {"startIpAddress": "203.0.113.9", "endIpAddress": "203.0.113.9"}}
_TYPE = "SQL.DB_PrincipalAnomaly"
_SERVERS = f"/subscriptions/{ResourceId(_V).subscription}/providers/Microsoft.Sql/servers"
_URI = "https://clinic-kv.vault.azure.net/"
_WRAPPED = {
    "id": _S,
    "identity": {"principalId": "server"},
    "properties": {"keyId": f"{_URI}keys/tde/0123"},
}
_TAKER = {"objectId": "o-1", "permissions": {"keys": ["get", "backup"]}}
_MADE = operated(WRITTEN, _V)
_COPIED = {"source": "keyvault", "operation": "KeyBackup", "resources": (_V,)}

RULE = Rule(
    id="sql.tde_key_exposed",
    title="Database server or its encryption keys exposed",
    attack=("T1555.006", "T1552.004", "T1213"),
    hipaa=("45 CFR 164.312(a)(2)(iv)", "45 CFR 164.312(c)(1)", "45 CFR 164.308(a)(7)"),
    claim=Claim(
        alerts=("SQL.DB_", "SQL.MI_", "SQL.DW_", "Synapse.SQLPool_"),
        operations=(
            _PROTECTOR,
            "Microsoft.Sql/servers/keys/write",
            "Microsoft.Sql/servers/firewallRules/write",
            WRITTEN,
        ),
    ),
    place=nearest(SERVER, "Microsoft.KeyVault/vaults"),
    also=keyed,
    more=networks,
    look=look,
    witnessed=True,
    by_actor=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="a firewall rule lets in the whole Internet",
            signal=_OPEN,
            state={"": phi(_S, publicNetworkAccess="Enabled"), FIREWALL: (_ONE, _ALL)},
            disposition="contain",
            because=(
                ("", "tags"),
                (FIREWALL, 1, "properties", "startIpAddress"),
                (FIREWALL, 1, "properties", "endIpAddress"),
            ),
        ),
        Example(
            title="the protector was changed, as the activity log shows",
            signal=operated(_PROTECTOR, _S),
            state={"": phi(_S), FIREWALL: ()} | logged(_PROTECTOR, _S),
            disposition="contain",
            because=(("", "tags"), *in_log(_S)),
        ),
        Example(
            title="Defender has seen somebody sign in who never did",
            signal=alerted(_TYPE, _S),
            state={"": phi(_S), FIREWALL: (_ONE,)} | standing(_TYPE, _S),
            disposition="contain",
            because=(("", "tags"), *borne_out()),
        ),
        Example(
            title="a firewall rule lets in one address",
            signal=_OPEN,
            state={"": phi(_S), FIREWALL: (_ONE,)},
            disposition="record",
        ),
        Example(
            title="a key was copied out of a vault that protects a server and lets in another",
            signal=_COPIED,
            state={"": phi(_V, vaultUri=_URI, accessPolicies=[_TAKER]), _SERVERS: (_WRAPPED,)},
            disposition="contain",
            because=(
                ("operation",),
                ("", "tags"),
                ("", "properties", "vaultUri"),
                ("", "properties", "accessPolicies", 0, "permissions", "keys", 1),
                (_SERVERS, 0, "properties", "keyId"),
            ),
        ),
        Example(
            title="the vault with the keys of databases can be purged",
            signal=_MADE,
            state={"": phi(_V, vaultUri=_URI, accessPolicies=[]), _SERVERS: (_WRAPPED,)},
            disposition="contain",
            because=(
                ("operation",),
                ("", "tags"),
                ("", "properties", "vaultUri"),
                (_SERVERS, 0, "properties", "keyId"),
            ),
        ),
        Example(
            title="the vault cannot be purged",
            signal=_MADE,
            state={"": phi(_V, vaultUri=_URI, enablePurgeProtection=True), _SERVERS: (_WRAPPED,)},
            disposition="record",
        ),
        Example(
            title="a vault from which no database hangs can be purged",
            signal=_MADE,
            state={"": phi(_V, vaultUri=_URI), _SERVERS: ()},
            disposition="record",
        ),
        Example(title="a key was copied out of the vault", signal=_COPIED, state={"": phi(_V)}, disposition="review"),
        Example(
            title="nothing says that the server holds PHI",
            signal=_OPEN,
            state={"": untagged(_S), FIREWALL: (_ALL,)},
            disposition="record",
        ),
    ),
)
