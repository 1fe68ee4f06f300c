"""The settings of a function app got out: whoever has them asks its functions, deploys it, and opens its storage."""

import json
from collections.abc import Mapping
from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.sites import VERSION
from drills.scenario import EventGrid, Scenario, Take, Word

OBJECTS = 2000


def settings(clinic: Clinic) -> Mapping[str, str]:
    """The clinic has a function that does nothing, and has given the responder its key."""
    link = clinic.function_app("intake").link("canary")
    return {"TOURNIQUET_CANARIES": json.dumps({"intake": {"function_key": link}})}


def before(clinic: Clinic) -> None:
    """The app gets its package, and keeps its records, in an account that its connection string opens."""
    clinic.account("phistore", containers={"scans": OBJECTS})
    clinic.function_app("intake").deployed_from("phistore")


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """With the host's key he reads what the functions answer, with the password what is deployed, and the records."""
    app, string = clinic.function_app("intake"), clinic.thief.with_key("phistore")
    names = (f"phistore/scans/{number % OBJECTS + 1:04d}.dcm" for number in count())
    ways = {
        "key": app.with_host_key(),
        "password": app.with_password(),
        "connection string": lambda: not string.reads(next(names)).is_refused,
    }
    clinic.attacks("PATCH", f"{app.id}/config/web", {"properties": {"remoteDebuggingEnabled": True}}, VERSION)
    return ways


SCENARIO = Scenario(
    name="function_secrets_leaked",
    title="The secrets of a function app without an identity are out",
    incident_class="function.no_managed_identity",
    settings=settings,
    before=before,
    attack=attack,
    signal=EventGrid(),
    waits=dict.fromkeys(("FN-01", "FN-03", "FN-04", "FN-05", "ST-05", "ST-06"), "one approver"),
    words=(
        Word("FN-03", closes=("key",)),
        Word("ST-06", closes=("connection string",)),
        Word("ST-05", approve=False),
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
        "ST-05": "rejected",
        "ST-06": "contained",
    },
    stays=("FN-03", "ST-06"),
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
