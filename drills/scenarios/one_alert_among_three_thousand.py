"""Three thousand alerts arrive at once, about brochures and about what nobody has read; one of them is real."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random

from drills.estate.activity import event_of
from drills.estate.clinic import Clinic
from drills.estate.places import WORKSPACE
from drills.estate.wire import Json
from drills.samples import sentinel_incident
from drills.scenario import Alert, Noise, Scenario, Webhook

OBJECTS = 2000
ALERTS = 2999
BROCHURES = ("brochures", "logos", "newsletters", "openhouse")
DISTINCT = 240
UNREAD = 3
HOUR = timedelta(hours=1)
TIDY = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/automationRules/tidy"
CLOSING = {
    "displayName": "Close noise",
    "order": 1,
    "triggeringLogic": {"isEnabled": True, "triggersOn": "Incidents", "triggersWhen": "Created", "conditions": []},
    "actions": [{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {"status": "Closed"}}],
}


def before(clinic: Clinic) -> None:
    """Records in one account; in four others what anybody may read, for which Defender raises alerts all day."""
    clinic.account("phistore", containers={"scans": OBJECTS})
    for name in BROCHURES:
        clinic.account(name, tags={}, containers={"public": 1})


def attack(clinic: Clinic) -> Callable[[], bool]:
    """The container is published, and a scanner downloads one object after another."""
    clinic.account("phistore").opens_to_anyone()
    names = (f"phistore/scans/{number % OBJECTS + 1:04d}.dcm" for number in count())
    return lambda: not clinic.stranger.reads(next(names)).is_refused


def noise(clinic: Clinic) -> list[Alert]:
    """The same alerts again and again, old incidents again and again, and a rule that closes what comes in."""
    told = [*_brochures(clinic), *_unread(clinic)]
    clinic.attacks("PUT", TIDY, {"properties": CLOSING}, "2024-03-01")
    closing = ("eventgrid", event_of(clinic.estate.log.records[-1]))
    chance = Random(7)
    sent = [*told, *chance.choices(told, k=ALERTS - len(told) - 1), closing]
    chance.shuffle(sent)
    return sent


def _brochures(clinic: Clinic) -> Iterator[Alert]:
    """Alerts of Defender about accounts that are meant to be read."""
    for number in range(DISTINCT):
        account = clinic.account(BROCHURES[number % len(BROCHURES)])
        yield "defender", clinic.alert(account.id, "Storage.Blob_AnonymousAccessAnomaly", "High")


def _unread(clinic: Clinic) -> Iterator[Alert]:
    """Incidents of Sentinel that have been waiting for an hour, as each change of them is posted."""
    for name in BROCHURES[:UNREAD]:
        kept = clinic.incident(f"Anonymous access to {name}", clinic.account(name).id)
        _aged(clinic, kept)
        for number in range(10):
            body = _posted(clinic, kept)
            body["object"]["properties"]["additionalData"] = {"alertsCount": number + 1}
            yield "sentinel", body


def _aged(clinic: Clinic, kept: Json) -> None:
    """The incident was raised an hour ago, as Sentinel shows it and as it is posted."""
    raised = (datetime.fromisoformat(kept["properties"]["createdTimeUtc"]) - HOUR).isoformat()
    state = clinic.estate.world.store.read(kept["id"]) or {}
    for each in (state, kept):
        each["properties"]["createdTimeUtc"] = raised
    clinic.estate.world.store.seed(state)


def _posted(clinic: Clinic, kept: Json) -> Json:
    """The webhook of the incident, with the alert and the account that it is about."""
    about = (clinic.estate.world.store.read(kept["id"]) or {})["hidden"]
    named = {"alerts": about["alerts"], "relatedEntities": about["entities"]}
    return sentinel_incident({**kept, "properties": {**kept["properties"], **named}})


def real(clinic: Clinic) -> Json:
    """Sentinel's incident about the records, worded as all the others are."""
    return _posted(clinic, clinic.incident("Anonymous access to phistore", clinic.account("phistore").id))


SCENARIO = Scenario(
    name="one_alert_among_three_thousand",
    title="Three thousand alerts hide one that is real",
    incident_class="storage.public_container",
    before=before,
    attack=attack,
    noise=Noise(alerts=noise, incidents=len(BROCHURES) + 1, steps={"SE-01": "contained", "SE-03b": "approval"}),
    signal=Webhook(source="sentinel", body=real),
    status="contained",
    steps={"ST-01": "contained", "ST-02": "contained", "ST-13": "noop", "ST-14": "contained", "SE-01": "contained"},
    stays=("SE-01",),
    round_trips=2,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
