"""The settings of a function app got out: whoever has them asks its functions, and signs in where it is deployed."""

import json
from collections.abc import Mapping

from drills.estate.clinic import Clinic
from drills.estate.sites import VERSION
from drills.scenario import EventGrid, Scenario, Take, Word


def settings(clinic: Clinic) -> Mapping[str, str]:
    """The clinic has a function that does nothing, and has given the responder its key."""
    link = clinic.function_app("intake").link("canary")
    return {"TOURNIQUET_CANARIES": json.dumps({"intake": {"function_key": link}})}


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """With the host's key he reads what the functions answer, with the password what is deployed."""
    app = clinic.function_app("intake")
    ways = {"key": app.with_host_key(), "password": app.with_password()}
    clinic.attacks("PATCH", f"{app.id}/config/web", {"properties": {"remoteDebuggingEnabled": True}}, VERSION)
    return ways


SCENARIO = Scenario(
    name="function_secrets_leaked",
    title="The secrets of a function app without an identity are out",
    incident_class="function.no_managed_identity",
    settings=settings,
    before=lambda clinic: clinic.remember(),
    attack=attack,
    signal=EventGrid(),
    waits=dict.fromkeys(("FN-01", "FN-03", "FN-04", "FN-05"), "one approver"),
    words=(
        Word("FN-03", closes=("key",)),
        Word("FN-01"),
        Word("FN-04", approve=False),
        Word("FN-05", approve=False),
    ),
    status="rejected",
    steps={
        "FN-01": "contained",
        "FN-02": "contained",
        "FN-03": "contained",
        "FN-04": "rejected",
        "FN-05": "rejected",
    },
    stays=("FN-03",),
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
