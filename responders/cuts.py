"""Whom a step would cut off, judged from how a caller came. Pure.

What a log cannot tell apart counts as cut: a SAS in the storage log does not say whether a stored policy is behind it.
"""

from collections.abc import Callable, Mapping

from incident.caller import Caller
from incident.credential import Credential
from incident.plan import Step
from incident.policy import Policy
from incident.target import Before
from responders.revocation import CLOSES
from responders.sas_policy import blocks

type Cut = Callable[[Caller, Step, Before, Policy], bool]

SIGNED = frozenset({Credential.ACCOUNT_SAS, Credential.SERVICE_SAS, Credential.POLICY_SAS})
OLD_TLS = ("TLS 1.0", "TLS 1.1", "SSL")
NOBODY = frozenset(
    {
        "add_tde_key",
        "annotate_sentinel_incident",
        "assign_policy",
        "capture_packets",
        "copy_database",
        "delete_replication_policy",
        "delete_suppression_rule",
        "disable_closing_rule",
        "enforce_policy",
        "export_logs",
        "forget_tde_key",
        "give_identity",
        "hold_container",
        "keep_deleted_blobs",
        "keep_recovery_point",
        "keep_logs",
        "limit_exemption",
        "lock_against_deletion",
        "lock_immutability",
        "make_evidence_immutable",
        "make_instance_vault_immutable",
        "make_vault_immutable",
        "pause_lifecycle",
        "protect_vault_from_purge",
        "purge_backup",
        "remove_eligibility",
        "remove_exemption",
        "restore_analytics_rule",
        "restore_blobs",
        "restore_diagnostics",
        "restrict_copy_scope",
        "rotate_vault_key",
        "set_tde_protector",
        "snapshot_disk",
        "stop_backup",
        "stop_cross_tenant_copy",
        "use_service_key",
        "suspend_backups",
    }
)
"""Measures that take no caller's access away."""

UNSEEN = frozenset(
    {
        "block_user",
        "close_function_network",
        "close_sql_server",
        "confirm_app_compromised",
        "confirm_user_compromised",
        "delete_firewall_rule",
        "deny_vault_network",
        "disable_basic_publishing",
        "disable_key_version",
        "disable_service_principal",
        "disable_user",
        "refuse_foreign_instance_restores",
        "refuse_foreign_restores",
        "remove_app_credential",
        "remove_app_role",
        "remove_consent",
        "remove_federated_credential",
        "remove_vault_principal",
        "restore_access_policy",
        "revoke_sessions",
        "rotate_function_keys",
        "stop_function",
        "turn_off_feature",
    }
)
"""Measures on what no log that is read here has callers of: whom they cut off is unknown, and said to be."""


def credentials(caller: Caller) -> frozenset[Credential]:
    """With what the caller may have entered storage, as far as the log's word tells; all where it tells nothing."""
    entered = caller.entered.casefold().replace(" ", "")
    if "delegat" in entered or (entered == "sas" and caller.object_id):
        return frozenset({Credential.DELEGATION_SAS})
    if "sas" in entered:
        return SIGNED
    known = {
        "accountkey": Credential.ACCOUNT_KEY,
        "anonymous": Credential.ANONYMOUS,
        "oauth": Credential.TOKEN,
        "localuser": Credential.LOCAL_USER,
    }
    return frozenset({known[entered]}) if entered in known else frozenset(Credential)


def _credential(caller: Caller, step: Step, _state: Before, _policy: Policy) -> bool:
    return bool(credentials(caller) & CLOSES[step.measure])


def _anonymous(caller: Caller, _step: Step, _state: Before, _policy: Policy) -> bool:
    return Credential.ANONYMOUS in credentials(caller)


def _signed(caller: Caller, _step: Step, _state: Before, _policy: Policy) -> bool:
    return bool(credentials(caller) & SIGNED)


def _blocked(caller: Caller, step: Step, state: Before, policy: Policy) -> bool:
    """Whoever has a SAS, where a policy blocks already and is made shorter; one that logs cuts nobody off."""
    return blocks(state) and _signed(caller, step, state, policy)


def _holder(caller: Caller, step: Step, state: Before, policy: Policy) -> bool:
    """Whoever holds the role that is taken away."""
    holder = str(state.properties.get("principalId") or "").casefold()
    return _credential(caller, step, state, policy) and caller.object_id.casefold() in ("", holder)


def _outside(caller: Caller, _step: Step, _state: Before, policy: Policy) -> bool:
    return caller.public and not caller.within(policy.forensics.get("address", ""))


def _private(caller: Caller, _step: Step, _state: Before, _policy: Policy) -> bool:
    return not caller.public


def _old(caller: Caller, _step: Step, _state: Before, _policy: Policy) -> bool:
    return caller.tls.startswith(OLD_TLS) or caller.protocol.casefold() == "http"


def _outward(caller: Caller, _step: Step, _state: Before, _policy: Policy) -> bool:
    return caller.direction == "Outbound" and caller.public


def _unless_forensic(caller: Caller, _step: Step, _state: Before, policy: Policy) -> bool:
    return not caller.within(policy.forensics.get("prefix", ""))


def _named(caller: Caller, step: Step, state: Before, _policy: Policy) -> bool:
    """Whoever is in the prefixes that the step, or the peering's other side, names."""
    words = ",".join(step.target.parameters.get(name, "") for name in ("prefix", "prefixes"))
    other = (state.properties.get("remoteAddressSpace") or {}).get("addressPrefixes") or ()
    return any(caller.within(prefix) for prefix in (*words.replace(" ", "").split(","), *other))


def _ruled(caller: Caller, step: Step, _state: Before, _policy: Policy) -> bool:
    return caller.rule.casefold() == step.target.resource.name.casefold()


CUTS: Mapping[str, Cut] = {
    **dict.fromkeys(CLOSES, _credential),
    "remove_role_assignment": _holder,
    "close_container": _anonymous,
    "block_long_sas": _signed,
    "limit_sas_lifetime": _blocked,
    "deny_public_network": _outside,
    "disable_public_network": _outside,
    "reject_private_endpoint": _private,
    "require_tls": _old,
    "deny_internet_egress": _outward,
    "quarantine_subnet": _unless_forensic,
    "isolate_network_card": _unless_forensic,
    "blackhole_route": _named,
    "deny_peer_prefixes": _named,
    "close_peering": _named,
    "delete_peering": _named,
    "turn_rule_to_deny": _ruled,
}


def cuts(caller: Caller, step: Step, state: Before, policy: Policy) -> bool:
    """Whether the caller would lose access by the step. `state`: the target as it was read for the plan."""
    judge = CUTS.get(step.measure)
    return bool(judge and judge(caller, step, state, policy))
