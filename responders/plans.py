"""Which measures answer which class, in which wave. One literal per class; a barrier holds back the next wave.

A measure takes those of a finding's targets that it concerns, with the parameters that it needs. Parameters come from
the finding (`prefixes`: the other network's, with commas; `key`: the account key that leaked; `identifier`: the stored
access policy; `credential`: see `incident.credential`; `restore_to`: a time; `credential_key`: the key id of an
application's credential; `exposed_vault`: the name of a vault whose keys got out; `dispose_after`: the day until which
breached copies are kept; `previous`: a conditional-access policy as it was; `principals`: object ids, with commas) and
from the policy, which wins (`forensic_subnet`, `forensic_prefix`, `forensic_address`, `forensic_account`,
`forensic_group`, `forensic_quarantine_group`, `forensic_block_group`, `forensic_workspace`, `forensic_tde_key`,
`forensic_sql_server`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from incident.credential import Credential
from incident.finding import Disposition, Finding
from incident.plan import Step
from incident.policy import Policy
from incident.target import Before, Target
from responders import measures
from responders.approval import Marks, level
from responders.measure import Measure, read_raw
from responders.prior import Priors
from responders.revocation import concerns


@dataclass(frozen=True)
class Wave:
    """Measures that run together."""

    measures: tuple[str, ...]
    barrier: bool = False
    lowers: tuple[str, ...] = ()  # those of one approver that run by themselves where confidence is high
    fresh: tuple[str, ...] = ()  # those that run by themselves on a change made within the hour


PLANS: dict[str, tuple[Wave, ...]] = {
    "storage.public_container": (
        Wave(("refuse_anonymous_readers",)),
        Wave(("close_container",)),
        Wave(("pause_lifecycle", "keep_deleted_blobs")),
    ),
    "storage.sas_overprovisioned": (
        Wave(("revoke_delegation_keys", "deny_public_network", "drop_stored_policy")),
        Wave(("disable_shared_keys", "rotate_account_keys")),
        Wave(("limit_sas_lifetime", "disable_local_users")),
        Wave(("block_long_sas",)),
    ),
    "phi.exfiltration": (
        Wave(
            (
                "deny_public_network",
                "revoke_delegation_keys",
                "stop_cross_tenant_copy",
                "deny_internet_egress",
                "revoke_disk_access",
                "revoke_sessions",
            ),
            lowers=("deny_public_network",),
        ),
        Wave(("disable_shared_keys", "rotate_account_keys")),
        Wave(("remove_role_assignment",)),
        Wave(("quarantine_subnet",)),
    ),
    "storage.ransomware": (
        Wave(
            ("deny_public_network", "disable_shared_keys", "remove_role_assignment", "disable_user"),
            lowers=("deny_public_network",),
        ),
        Wave(("keep_deleted_blobs", "pause_lifecycle", "hold_container")),
        Wave(("lock_against_deletion",)),
        Wave(("restore_blobs",)),
    ),
    "network.nsg_egress": (
        Wave(("capture_packets", "snapshot_disk")),
        Wave(("deny_internet_egress",)),
        Wave(("blackhole_route",)),
        Wave(("quarantine_subnet",)),
    ),
    "network.peering_bypass": (
        Wave(("close_peering", "deny_peer_prefixes"), fresh=("close_peering", "deny_peer_prefixes")),
        Wave(("delete_peering",)),
    ),
    "identity.compromised": (
        Wave(("revoke_sessions", "disable_user", "block_user", "confirm_user_compromised"), lowers=("disable_user",)),
        Wave(("disable_service_principal", "confirm_app_compromised", "remove_role_assignment")),
        Wave(("remove_app_credential", "remove_federated_credential")),
        Wave(("remove_eligibility",)),
    ),
    "identity.ca_gap": (
        Wave(("revoke_sessions", "block_user", "confirm_user_compromised")),
        Wave(("restore_access_policy",)),
    ),
    "app.excessive_graph": (
        Wave(("disable_service_principal", "remove_app_role", "confirm_app_compromised")),
        Wave(("remove_app_credential", "remove_federated_credential", "remove_consent")),
        Wave(("remove_role_assignment",)),
    ),
    "keyvault.overgranted_decrypt": (
        Wave(
            ("remove_vault_principal", "remove_role_assignment", "deny_vault_network"),
            fresh=("remove_vault_principal",),
        ),
        Wave(("rotate_vault_key",)),
        Wave(("disable_key_version",)),
    ),
    "sql.tde_key_exposed": (
        Wave(("protect_vault_from_purge", "close_sql_server", "delete_firewall_rule", "copy_database")),
        Wave(("add_tde_key",), barrier=True),  # every server knows the safe key before one is protected by it
        Wave(("set_tde_protector", "use_service_key"), barrier=True),  # else cutting the old access darkens databases
        Wave(("remove_vault_principal", "remove_role_assignment")),
        Wave(("forget_tde_key",)),
    ),
    "function.no_managed_identity": (
        Wave(("disable_basic_publishing", "rotate_function_keys")),
        Wave(("disable_shared_keys", "rotate_account_keys")),  # of accounts that a secret of the app opens
        Wave(("close_function_network",)),
        Wave(("stop_function",)),
        Wave(("give_identity",)),
    ),
    "logging.retention_gap": (
        Wave(("keep_logs", "restore_diagnostics", "remove_role_assignment")),
        Wave(("export_logs",)),
    ),
    "backup.retains_breached_phi": (
        Wave(("keep_recovery_point", "refuse_foreign_restores", "refuse_foreign_instance_restores")),
        Wave(
            (
                "remove_role_assignment",
                "make_vault_immutable",
                "make_instance_vault_immutable",
                "stop_backup",
                "suspend_backups",
            )
        ),
        Wave(("purge_backup",)),
    ),
    "policy.encryption_gap": (
        Wave(("require_tls", "assign_policy")),
        Wave(("enforce_policy", "limit_exemption", "remove_exemption")),
    ),
    "detect.alert_fatigue": (Wave(("delete_suppression_rule", "disable_closing_rule")),),
    "detect.missing_rule": (Wave(("restore_analytics_rule",), fresh=("restore_analytics_rule",)),),
    "tenant.isolation_failure": (
        Wave(("delete_replication_policy",), barrier=True),  # while one stands, Azure refuses what follows
        Wave(("stop_cross_tenant_copy", "restrict_copy_scope", "turn_off_feature")),
        Wave(("remove_role_assignment", "reject_private_endpoint")),
        Wave(("stop_function",)),  # every customer's app: last
    ),
}


def steps(finding: Finding, incident: str, priors: Priors, policy: Policy) -> tuple[tuple[Step, Before], ...]:
    """The steps that answer the finding, on the targets whose state is known, each with that state."""
    return tuple(
        (step(measure, number, wave.barrier, target, before), before)
        for number, wave, measure, target in _due(finding, incident, policy)
        if (before := priors.of(measure, target))
    )


def unread(finding: Finding, incident: str, priors: Priors, policy: Policy) -> tuple[tuple[Measure, Target], ...]:
    """What still has to be read, and by which measure: states that nobody read, or that need more than the resource."""
    return tuple(
        (measure, target)
        for _, _, measure, target in _due(finding, incident, policy)
        if priors.of(measure, target) is None or measure.read is not read_raw
    )


def names(finding: Finding) -> tuple[str, ...]:
    """The measures that the class plans against this finding."""
    waves = PLANS.get(finding.incident_class, ()) if finding.disposition is Disposition.CONTAIN else ()
    return tuple(name for wave in waves for name in wave.measures if concerns(name, credential(finding)))


def marks(incident_class: str, measure: str) -> Marks:
    """What the plan of the class allows for the measure's level."""
    waves = [wave for wave in PLANS.get(incident_class, ()) if measure in wave.measures]
    return Marks(
        lowers=any(measure in wave.lowers for wave in waves), fresh=any(measure in wave.fresh for wave in waves)
    )


def minds_age(incident_class: str) -> bool:
    """Whether a measure of the class runs by itself on a change made within the hour."""
    return any(wave.fresh for wave in PLANS.get(incident_class, ()))


def credential(finding: Finding) -> Credential | None:
    """With what storage was entered, where the finding says so."""
    said = finding.parameters.get("credential")
    return Credential(said) if said in tuple(Credential) else None


def parameters(finding: Finding, policy: Policy) -> dict[str, str]:
    """What measures may need to know: from the finding, and from the policy, which wins."""
    return {**finding.parameters, **{f"forensic_{name}": value for name, value in policy.forensics.items()}}


def _due(finding: Finding, incident: str, policy: Policy) -> Iterator[tuple[int, Wave, Measure, Target]]:
    """Every measure of the class on every target that it concerns, with the number of its wave."""
    for number, wave in enumerate(PLANS.get(finding.incident_class, ()), start=1):
        for name in wave.measures:
            for resource in finding.targets if concerns(name, credential(finding)) else ():
                named = Target(resource=resource, incident=incident, parameters=parameters(finding, policy))
                measure = measures.by_id(name)
                yield from ((number, wave, measure, target) for target in measure.targets(named))


def step(measure: Measure, wave: int, barrier: bool, target: Target, before: Before) -> Step:
    """The step in which the measure acts on the target, in the wave of that number."""
    return Step(
        measure=measure.id,
        code=measure.code,
        title=measure.title,
        target=target,
        wave=wave,
        approval=level(measure),
        recovery=measure.recovery,
        before=before.digest,
        barrier=barrier,
    )
