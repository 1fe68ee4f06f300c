from typing import Any

import pytest

from incident.finding import Disposition, Finding
from incident.plan import Approval
from incident.resource import ResourceId
from incident.target import Before
from responders import measures, plans
from responders.plans import PLANS
from responders.prior import Priors
from tests.conftest import policy_of
from tests.responders.readings import by_each

GROUP = "/subscriptions/s/resourceGroups/g"
ACCOUNT = ResourceId(f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phistore")
CONTAINER = ACCOUNT.child("blobServices", "default", "containers", "scans")
NSG = ResourceId(f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/wards")
PEERING = ResourceId(f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/virtualNetworkPeerings/p")
DISK = ResourceId(f"{GROUP}/providers/Microsoft.Compute/disks/d")
TABLE = ResourceId(f"{GROUP}/providers/Microsoft.Network/routeTables/t")
FORENSICS = {"prefix": "10.99.0.0/28", "account": ACCOUNT.text, "group": GROUP, "address": "198.18.7.9"}


def finding(incident_class: str, *targets: ResourceId, **parameters: str) -> Finding:
    return Finding(
        incident_class=incident_class,
        disposition=Disposition.CONTAIN,
        reason="r",
        targets=targets,
        parameters=parameters,
    )


def planned(found: Finding, *more: ResourceId, **policy: Any) -> list[tuple[int, str]]:
    known = {target: Before({"id": target.text}) for target in (*found.targets, *more)}
    return [(step.wave, step.measure) for step, _ in plans.steps(found, "i-1", by_each(known), policy_of(**policy))]


def test_every_measure_of_every_plan_is_there_and_none_stands_twice_in_one_class() -> None:
    known = {measure.id for measure in measures.every()}
    for waves in PLANS.values():
        names = [name for wave in waves for name in wave.measures]
        assert set(names) <= known
        assert len(names) == len(set(names))
        assert all({*wave.lowers, *wave.fresh} <= {*wave.measures} for wave in waves)


def test_a_measure_takes_what_it_concerns_and_nothing_without_the_parameters_that_it_needs() -> None:
    bare = planned(finding("network.peering_bypass", PEERING, NSG))
    told = planned(finding("network.peering_bypass", PEERING, NSG, prefixes="10.66.0.0/16"))

    assert bare == [(1, "close_peering"), (2, "delete_peering")]
    assert told == [(1, "close_peering"), (1, "deny_peer_prefixes"), (2, "delete_peering")]


def test_parameters_reach_the_target_and_only_those_that_are_needed() -> None:
    found = finding("network.peering_bypass", PEERING, NSG, prefixes="10.66.0.0/16", user="u")
    known = {target: Before({"id": target.text}) for target in found.targets}

    steps = {step.measure: step for step, _ in plans.steps(found, "i-1", by_each(known), policy_of())}

    assert steps["deny_peer_prefixes"].target.parameters == {"prefixes": "10.66.0.0/16"}
    assert steps["close_peering"].target.parameters == {}


def test_what_the_policy_says_of_forensics_cannot_come_from_a_payload() -> None:
    found = finding("storage.sas_overprovisioned", ACCOUNT, forensic_address="203.0.113.66")
    known = {ACCOUNT: Before({"id": ACCOUNT.text})}

    steps = [step for step, _ in plans.steps(found, "i-1", by_each(known), policy_of(forensics=FORENSICS))]

    fence = next(step for step in steps if step.measure == "deny_public_network")
    assert fence.target.parameters == {"forensic_address": "198.18.7.9"}


@pytest.mark.parametrize(
    ("credential", "there", "not_there"),
    [
        ("delegation_sas", {"revoke_delegation_keys"}, {"disable_shared_keys", "rotate_account_keys"}),
        ("account_sas", {"disable_shared_keys", "rotate_account_keys"}, {"revoke_delegation_keys"}),
        ("policy_sas", {"drop_stored_policy", "disable_shared_keys"}, {"revoke_delegation_keys"}),
        ("local_user", {"disable_local_users"}, {"rotate_account_keys", "revoke_delegation_keys"}),
        ("nonsense", {"disable_shared_keys", "revoke_delegation_keys", "disable_local_users"}, set()),
    ],
)
def test_only_what_closes_the_credential_is_planned(credential: str, there: set[str], not_there: set[str]) -> None:
    found = finding("storage.sas_overprovisioned", ACCOUNT, CONTAINER, credential=credential)

    names = {name for _, name in planned(found)}

    assert there <= names
    assert not not_there & names
    assert "deny_public_network" in names


def test_waves_are_those_of_the_catalogue_for_ransomware() -> None:
    service, lifecycle = ACCOUNT.child("blobServices", "default"), ACCOUNT.child("managementPolicies", "default")
    lock = ACCOUNT.child("providers", "Microsoft.Authorization", "locks", "hir-i-1")
    found = finding("storage.ransomware", ACCOUNT, CONTAINER, restore_to="2026-11-20T08:00:00Z")

    assert planned(found, service, lifecycle, lock) == [
        (1, "deny_public_network"),
        (1, "disable_shared_keys"),
        (2, "keep_deleted_blobs"),
        (2, "pause_lifecycle"),
        (2, "hold_container"),
        (3, "lock_against_deletion"),
        (4, "restore_blobs"),
    ]
    restore = next(s for s, _ in plans.steps(found, "i-1", by_each({ACCOUNT: Before({})}), policy_of()) if s.wave == 4)
    assert restore.approval is Approval.NEVER


def test_evidence_comes_before_the_cut_where_the_cut_would_end_it() -> None:
    known = finding("network.nsg_egress", NSG, DISK, TABLE, prefixes="203.0.113.0/24")
    route = TABLE.child("routes", "hir-i-1-203-0-113-0-24")

    assert planned(known, route, forensics=FORENSICS) == [
        (1, "snapshot_disk"),
        (2, "deny_internet_egress"),
        (3, "blackhole_route"),
        (4, "quarantine_subnet"),
    ]


def test_what_nobody_has_read_is_asked_for() -> None:
    found = finding("storage.public_container", ACCOUNT)
    known = {ACCOUNT: Before({"id": ACCOUNT.text})}

    wanted = plans.unread(found, "i-1", Priors(known), policy_of())

    assert {measure.id for measure, _ in wanted} == {"pause_lifecycle", "keep_deleted_blobs"}
    assert planned(found) == [(1, "refuse_anonymous_readers")]


def test_what_a_measure_has_read_for_itself_is_no_other_measures_state_although_both_act_on_one_resource() -> None:
    site = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/intake")
    found = finding("function.no_managed_identity", site)
    rotate, stop = measures.by_id("rotate_function_keys"), measures.by_id("stop_function")
    whole = Before({"id": site.text, "functions": ["receive"]})
    plain = Before({"id": site.text})

    alone = plans.steps(found, "i-1", Priors.read({(rotate, site): whole}), policy_of())
    both = plans.steps(found, "i-1", Priors.read({(rotate, site): whole, (stop, site): plain}), policy_of())

    assert {step.measure for step, _ in alone} == {"rotate_function_keys"}
    states = {step.measure: before for step, before in both}
    assert states["rotate_function_keys"] is whole
    assert states["stop_function"] is plain
