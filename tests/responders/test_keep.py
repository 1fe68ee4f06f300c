from incident.plan import Recovery
from responders import measures
from responders.keep import KEEP

UNKEPT = {
    "block_user",  # the directory is not deployed from templates
    "confirm_app_compromised",
    "confirm_user_compromised",
    "disable_key_version",
    "disable_service_principal",
    "disable_user",
    "remove_app_role",
    "remove_consent",
    "remove_federated_credential",
    "remove_vault_principal",
    "stop_function",
    "suspend_backups",
    "capture_packets",  # leaves no configuration that a template could hold
    "delete_peering",
    "delete_replication_policy",
    "drop_stored_policy",
    "hold_container",
    "isolate_network_card",
    "make_evidence_immutable",
}
"""What undo restores and no template holds: it goes away by nobody's deployment."""


def test_every_containment_that_a_deployment_could_take_back_says_how_to_keep_it() -> None:
    exact = {measure.id for measure in measures.every() if measure.recovery is Recovery.EXACT}

    assert exact - set(KEEP) <= UNKEPT
    assert set(KEEP) <= {measure.id for measure in measures.every()}


def test_both_languages_are_spoken() -> None:
    assert all(keep.bicep and keep.terraform for keep in KEEP.values())
