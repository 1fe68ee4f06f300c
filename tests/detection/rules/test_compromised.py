import pytest

from detection.played import signal
from detection.rules.compromised import RULE
from detection.specimens import ALERT, alerted, standing
from tests.detection.rules.azure import BREAK_GLASS, judged

KIND = "ARM_OperationFromSuspiciousProxyIP"
SUBSCRIPTION = "/subscriptions/s"
NURSE = "temp.nurse@clinic.example"


def named(**account: str) -> dict[str, dict[str, object]]:
    return {**standing(KIND, SUBSCRIPTION, entities=[{"type": "account", **account}])}


def test_an_account_is_known_by_its_name_where_no_object_id_is_given() -> None:
    about = signal(alerted(KIND, SUBSCRIPTION, actor=NURSE))

    alert = named(name="temp.nurse", upnSuffix="clinic.example")
    finding = judged(RULE, about, {"": {"objectId": "u-1", "userPrincipalName": NURSE}} | alert)

    assert [str(target) for target in finding.targets] == ["/providers/Microsoft.aadiam/users/u-1"]


def test_an_account_that_the_directory_does_not_have_is_for_a_person() -> None:
    about = signal(alerted(KIND, SUBSCRIPTION, actor=NURSE))

    finding = judged(RULE, about, named(name="temp.nurse", upnSuffix="clinic.example"))

    assert (finding.disposition, finding.reason) == ("review", "the directory knows of no such account")


def test_an_application_is_a_service_principal() -> None:
    hints = {"defender_alert": ALERT, "actor_object_id": "sp-1", "actor_app_id": "app-1"}
    about = signal(alerted(KIND, SUBSCRIPTION, hints=hints))

    assert str(RULE.cause(about)) == "/providers/Microsoft.aadiam/servicePrincipals/sp-1"


def test_a_break_glass_account_is_never_cut_by_a_rule() -> None:
    hints = {"defender_alert": ALERT, "actor_object_id": BREAK_GLASS.upper()}
    about = signal(alerted(KIND, SUBSCRIPTION, hints=hints))

    assert judged(RULE, about, {"": {}} | named(aadUserId=BREAK_GLASS)).disposition == "review"


def test_a_break_glass_account_is_known_by_its_live_name_too() -> None:
    about = signal(alerted(KIND, SUBSCRIPTION, hints={"defender_alert": ALERT, "actor_object_id": "u-1"}))
    live = {"": {"userPrincipalName": BREAK_GLASS}}

    assert judged(RULE, about, live | named(aadUserId="u-1")).reason.startswith("this is a break-glass account")


def test_nobody_to_act_against_is_for_a_person() -> None:
    finding = judged(RULE, signal(alerted(KIND, SUBSCRIPTION)), named(aadUserId="u-1"))

    assert (finding.disposition, finding.targets) == ("review", ())


@pytest.mark.parametrize(("level", "disposition"), [("low", "record"), ("high", "review"), ("", "review")])
def test_a_risk_that_nothing_bears_out_is_at_most_for_a_person(level: str, disposition: str) -> None:
    about = signal({"source": "entra", "actor": NURSE, "hints": {"category": "RiskyUsers", "risk_level": level}})

    assert judged(RULE, about, {}).disposition == disposition


def test_our_own_identity_with_a_foreign_write_is_for_a_person() -> None:
    hints = {"class": "identity.compromised", "actor_object_id": "sp-own", "actor_app_id": "app-own"}
    about = signal({"operation": "Microsoft.Storage/storageAccounts/write", "hints": hints})

    assert RULE.match(about) == "it was reported as such"
    assert judged(RULE, about, {}).disposition == "review"


def test_two_accounts_are_two_causes() -> None:
    assert RULE.by_actor


def test_the_roles_of_the_account_itself_are_aimed_at_and_nobody_elses() -> None:
    roles = "providers/Microsoft.Authorization/roleAssignments"
    given = tuple(
        {"id": f"{SUBSCRIPTION}/{roles}/{name}", "properties": {"principalId": who}}
        for name, who in (("own", "U-1"), ("other", "u-2"))
    )
    about = signal(alerted(KIND, SUBSCRIPTION, hints={"defender_alert": ALERT, "actor_object_id": "u-1"}))

    finding = judged(RULE, about, {"": {}, f"{SUBSCRIPTION}/{roles}": given} | named(aadUserId="u-1"))

    assert [target.name for target in finding.targets] == ["u-1", "own"]
