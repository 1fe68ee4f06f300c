from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.entry import Draft, Entry
from incident.finding import Disposition, Finding
from incident.plan import Outcome
from incident.resource import ResourceId
from incident.target import Before
from responders import alternatives, measures, planner
from responders.alternatives import INSTEAD
from responders.plans import PLANS
from responders.progress import Progress
from tests.conftest import policy_of
from tests.responders.readings import by_each

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
GROUP = "/subscriptions/s/resourceGroups/clinic/providers"
ACCOUNT = ResourceId(f"{GROUP}/Microsoft.Storage/storageAccounts/phistore")
VAULT = ResourceId(f"{GROUP}/Microsoft.KeyVault/vaults/clinic-kv")
NETWORK = ResourceId(f"{GROUP}/Microsoft.Network/virtualNetworks/hospital")
TARGETS = (
    ACCOUNT,
    ACCOUNT.child("blobServices", "default", "containers", "scans"),
    ACCOUNT.child("providers", "Microsoft.Authorization", "roleAssignments", "r-1"),
    VAULT,
    VAULT.child("providers", "Microsoft.Authorization", "roleAssignments", "r-2"),
    NETWORK.child("virtualNetworkPeerings", "theirs"),
    ResourceId(f"{GROUP}/Microsoft.Network/networkSecurityGroups/phi-nsg"),
    ResourceId(f"{GROUP}/Microsoft.Sql/servers/ehr"),
    ResourceId(f"{GROUP}/Microsoft.Sql/servers/ehr/firewallRules/all"),
    ResourceId(f"{GROUP}/Microsoft.Web/sites/intake"),
)
PARAMETERS = {"prefixes": "10.99.0.0/16", "key": "key1", "identifier": "partners", "principals": "o-1"}
CODES = ("ScopeLocked", "RequestDisallowedByPolicy", "AuthorizationFailed", "FeatureNotSupportedForAccount")
POLICY = policy_of("act", forensics={"prefix": "10.9.0.0/24", "subnet": f"{NETWORK}/subnets/forensic"})


def finding(incident_class: str) -> Finding:
    return Finding(
        incident_class=incident_class,
        disposition=Disposition.CONTAIN,
        reason="seen",
        targets=TARGETS,
        exposed=True,
        parameters=PARAMETERS,
    )


def at(minutes: int) -> planner.Circumstances:
    now = AT + timedelta(minutes=minutes)
    return planner.Circumstances(policy=POLICY, now=now, read_at=AT)


def refuse(progress: Progress, codes: dict[str, str], otherwise: str = CODES[0]) -> None:
    """Everything that has not ended is refused by Azure, each measure with its code."""
    for key, state in progress.steps.items():
        if state.outcome is None:
            code = codes.get(state.step.measure, otherwise)
            body = {"step": key, "outcome": Outcome.REFUSED.value, "why": code, "code": code}
            progress.add(Entry.bare(Draft(kind="step", at=AT, body=body), incident="i-1"))


def grown(progress: Progress, drafts: list[Draft]) -> int:
    before = len(progress.steps)
    for draft in drafts:
        progress.add(Entry.bare(draft, incident="i-1"))
    return len(progress.steps) - before


def begun(incident_class: str) -> Progress:
    progress = Progress("i-1")
    priors = {target: Before({"id": target.text}) for target in TARGETS}
    grown(progress, planner.drafts(progress, [finding(incident_class)], by_each(priors), at(0)))
    return progress


def test_every_alternative_is_a_measure_and_no_way_leads_back() -> None:
    known = {measure.id for measure in measures.every()}

    def ways(name: str, path: tuple[str, ...] = ()) -> None:
        assert name in known
        assert name not in path
        for other in INSTEAD.get(name, ()):
            ways(other, (*path, name))

    for name in INSTEAD:
        ways(name)


@pytest.mark.parametrize("incident_class", PLANS)
@settings(max_examples=10)
@given(codes=st.dictionaries(st.sampled_from(sorted(INSTEAD)), st.sampled_from([*CODES, "ResourceNotFound"])))
def test_where_azure_refuses_everything_it_ends_and_nothing_is_planned_twice(
    incident_class: str, codes: dict[str, str]
) -> None:
    progress = begun(incident_class)
    for round_ in range(len(INSTEAD) + 1):
        refuse(progress, codes)
        chosen = alternatives.due(progress, [finding(incident_class)], POLICY)
        if not chosen:
            break
        priors = {each.target.resource: Before({"id": each.target.resource.text}) for each in chosen}
        assert grown(progress, planner.instead(progress, chosen, by_each(priors), at(round_ + 1))) == len(chosen)
    assert not chosen
    places = [(state.step.measure, state.step.target.key) for state in progress.steps.values()]
    assert len(places) == len(set(places))


def test_a_lock_on_a_role_assignment_closes_the_network_of_what_it_is_on() -> None:
    progress = begun("app.excessive_graph")
    refuse(progress, {})

    chosen = alternatives.due(progress, [finding("app.excessive_graph")], POLICY)

    on = {(each.measure.id, each.target.resource) for each in chosen}
    assert on == {("deny_public_network", ACCOUNT), ("deny_vault_network", VAULT)}


def test_an_alternative_has_its_own_level_and_says_instead_of_what_it_stands() -> None:
    progress = begun("storage.public_container")
    refuse(progress, {})
    chosen = alternatives.due(progress, [finding("storage.public_container")], POLICY)
    priors = {each.target.resource: Before({"id": each.target.resource.text}) for each in chosen}

    [plan, *_] = planner.instead(progress, chosen, by_each(priors), at(1))

    [row] = [row for row in plan.body["steps"] if row["measure"] == "deny_public_network"]
    assert row["approval"] == measures.by_id("deny_public_network").approval.value
    assert "instead of ST-0" in row["reasons"][0]
    assert row["hold"] == "approval"


@pytest.mark.parametrize("code", ["ResourceNotFound", "PreconditionFailed", "ByHand", "AccountProtectedFromDeletion"])
def test_what_is_gone_or_changed_or_done_by_hand_has_no_alternative(code: str) -> None:
    progress = begun("storage.public_container")
    refuse(progress, {}, code)

    assert alternatives.due(progress, [finding("storage.public_container")], POLICY) == ()
