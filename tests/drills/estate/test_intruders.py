"""Those who act with what they stole: a token serves until it ends; for the next one the directory is asked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from drills.estate.clinic_directory import BLOCKED

NOTHING = timedelta(0)
BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Passing:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Passing:
    return Passing()


@pytest.fixture
def clinic(clock: Passing) -> Clinic:
    clinic = Clinic(Estate(clock, Delays(directory=NOTHING, roles=NOTHING)))
    clinic.account("phistore")
    clinic.user("nurse")
    clinic.blocks_a_group()
    clinic.estate.assign(clinic.user("nurse").principal, "Storage Blob Data Reader", clinic.account("phistore").id)
    return clinic


def as_admin(clinic: Clinic, method: str, path: str, body: dict[str, object]) -> None:
    clinic.estate.graph.act(clinic.estate.person("admin"), method, path, body)


def off(clinic: Clinic, kind: str, oid: str) -> None:
    as_admin(clinic, "PATCH", f"/{kind}/{oid}", {"accountEnabled": False})


def ended(clinic: Clinic, kind: str, oid: str) -> None:
    as_admin(clinic, "POST", f"/{kind}/{oid}/revokeSignInSessions", {})


def blocked(clinic: Clinic, _kind: str, oid: str) -> None:
    as_admin(clinic, "POST", f"/groups/{BLOCKED}/members/$ref", {"@odata.id": f"directoryObjects/{oid}"})


@pytest.mark.parametrize(
    ("cut", "code"),
    [(off, "AADSTS50057"), (ended, "AADSTS50173"), (blocked, "AADSTS53003")],
    ids=["off", "ended", "blocked"],
)
def test_a_stolen_session_serves_until_its_token_ends(
    clinic: Clinic, clock: Passing, cut: Callable[[Clinic, str, str], None], code: str
) -> None:
    nurse = clinic.user("nurse")
    thief = nurse.session_stolen()
    assert thief.reads("phistore/scans/0001.dcm")

    clock.now += timedelta(seconds=1)
    cut(clinic, "users", nurse.principal.oid)
    still = thief.reads("phistore/scans/0002.dcm")
    clock.now += timedelta(seconds=2)

    assert still
    assert not thief.reads("phistore/scans/0003.dcm")
    assert thief.code == code


def test_a_password_alone_serves_only_where_no_policy_asks_for_more(clinic: Clinic) -> None:
    policy, thief = clinic.access_policy("mfa", "mfa"), clinic.user("nurse").password_stolen()
    refused = not thief.signed_in()

    policy.loses_controls(clinic.user("admin"))

    assert (refused, thief.code) == (True, "AADSTS50076")
    assert thief.signed_in()


def test_a_planted_secret_reads_mail_until_it_or_the_right_is_taken(clinic: Clinic, clock: Passing) -> None:
    application = clinic.application("archive", "Mail.Read")
    thief, other = application.gets_secret(), application.gets_secret()
    assert thief.reads_mail()
    assert other.reads_mail()

    as_admin(clinic, "POST", f"/servicePrincipals/{application.principal.oid}/removePassword", {"keyId": thief.secret})
    clock.now += timedelta(seconds=3)
    assert (thief.reads_mail(), thief.code) == (False, "AADSTS7000215")
    assert other.reads_mail()

    off(clinic, "servicePrincipals", application.principal.oid)
    clock.now += timedelta(seconds=3)
    assert (other.reads_mail(), other.code) == (False, "AADSTS7000112")


def test_the_audit_says_who_took_what_from_a_policy(clinic: Clinic) -> None:
    policy, admin = clinic.access_policy("mfa", "mfa"), clinic.user("admin")

    policy.loses_controls(admin)

    [told] = clinic.estate.graph.audits
    [target] = told["targetResources"]
    assert told["activityDisplayName"] == "Update conditional access policy"
    assert told["initiatedBy"]["user"]["id"] == admin.principal.oid
    assert target["id"] == policy.oid
    [change] = target["modifiedProperties"]
    assert json.loads(change["oldValue"])["grantControls"]["builtInControls"] == ["mfa"]
    assert json.loads(change["newValue"])["grantControls"] is None
