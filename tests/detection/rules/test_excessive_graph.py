from typing import Any

import pytest

from detection.played import RECEIVED, signal
from detection.rules.excessive_graph import RULE
from detection.specimens import PROVIDERS, account, incident, operated, phi, reported, untagged
from tests.detection.rules.azure import judged

ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
OWNER = f"{ROLES}/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
BELOW_GROUP = f"{PROVIDERS}/Microsoft.Authorization/roleAssignments/r-1"
GROUP = PROVIDERS.removesuffix("/providers")


def audit(**hints: str) -> dict[str, Any]:
    target = {"target_ids": "sp-1", "target_types": "ServicePrincipal"}
    return {"source": "entra", "operation": "Consent to application", "hints": target | hints}


@pytest.mark.parametrize(
    ("hints", "disposition"),
    [
        ({"app_role": "Directory.ReadWrite.All"}, "review"),
        ({"permissions": " User.Read Mail.ReadWrite offline_access"}, "review"),
        ({"permissions": "openid profile User.Read"}, "record"),
        ({}, "review"),
    ],
)
def test_rights_over_the_directory_or_phi_are_for_a_person(hints: dict[str, str], disposition: str) -> None:
    assert judged(RULE, signal(audit(**hints)), {"": {}}).disposition == disposition


def test_an_application_that_is_gone_is_for_a_person() -> None:
    finding = judged(RULE, signal(audit(permissions="openid")), {})

    assert (finding.disposition, finding.reason) == ("review", "the directory knows of no such application")


def test_the_newest_credential_and_the_rights_behind_it_are_aimed_at() -> None:
    place, graph = (
        "/providers/Microsoft.aadiam/servicePrincipals/sp-1",
        "/providers/Microsoft.aadiam/servicePrincipals/g",
    )
    told = reported("app.excessive_graph", "u-1")
    about = {**told, "hints": told["hints"] | {"target_ids": "sp-1", "target_types": "ServicePrincipal"}}
    about["hints"] |= {"operations": "Add service principal credentials"}
    years, now = "2019-01-01T00:00:00Z", RECEIVED.isoformat()
    state = {
        "": {"passwordCredentials": [{"keyId": "old", "startDateTime": years}, {"keyId": "new", "startDateTime": now}]},
        "appRoleAssignments": (
            {"id": f"{place}/appRoleAssignments/a", "appRoleId": "r", "resourceId": "g", "createdDateTime": years},
        ),
        graph: {"appRoles": [{"id": "r", "value": "Mail.Read"}]},
    }

    finding = judged(RULE, signal(about), state | incident(account("u-1"), "app.excessive_graph"))

    assert (finding.disposition, finding.exposed) == ("contain", False)
    assert [target.name for target in finding.targets] == ["sp-1", "a"]
    assert finding.parameters == {"credential_key": "new"}
    assert finding.reason == "somebody gave the application a credential; it holds Mail.Read"


def test_the_application_is_the_cause() -> None:
    about = signal(audit(app_role="Mail.Read"))

    assert str(RULE.cause(about)) == "/providers/Microsoft.aadiam/servicePrincipals/sp-1"


@pytest.mark.parametrize(("body", "disposition"), [(phi, "contain"), (untagged, "record")])
def test_a_role_within_a_group_matters_where_the_group_holds_phi(body: Any, disposition: str) -> None:
    held = {"roleDefinitionId": OWNER, "principalType": "ServicePrincipal", "principalId": "sp-1"}
    about = signal(operated("Microsoft.Authorization/roleAssignments/write", BELOW_GROUP))

    finding = judged(RULE, about, {"": untagged(BELOW_GROUP, **held), GROUP: body(GROUP)})

    assert finding.disposition == disposition


def test_a_person_with_a_privileged_role_is_for_a_person_to_judge() -> None:
    held = {"roleDefinitionId": OWNER.upper(), "principalType": "User", "principalId": "u-1"}
    about = signal(operated("Microsoft.Authorization/roleAssignments/write", BELOW_GROUP))

    assert judged(RULE, about, {"": phi(BELOW_GROUP, **held)}).disposition == "review"


def test_both_the_assignment_and_its_holder_are_aimed_at() -> None:
    held = {"roleDefinitionId": OWNER, "principalType": "ServicePrincipal", "principalId": "sp-1"}
    about = signal(operated("Microsoft.Authorization/roleAssignments/write", BELOW_GROUP))

    finding = judged(RULE, about, {"": phi(BELOW_GROUP, **held)})

    assert [target.name for target in finding.targets] == ["r-1", "sp-1"]
    assert finding.parameters == {"principals": "sp-1"}
