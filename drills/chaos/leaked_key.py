"""A key of PHI storage is used from abroad: what is done about it cannot be taken back, and must not be done twice."""

from collections.abc import Callable

from drills.estate.clinic import Clinic
from drills.estate.wire import Json
from drills.scenario import Scenario, Webhook, Word


def attack(clinic: Clinic) -> Callable[[], bool]:
    """The thief has the account's key."""
    thief = clinic.thief.with_key("phistore")
    return lambda: not thief.reads("phistore/scans/0001.dcm").is_refused


def alert(clinic: Clinic) -> Json:
    """Defender's alert, as its automation posts it."""
    return clinic.alert(clinic.account("phistore").id, "Storage.Blob_AccountSas.InternalSasUsedExternally")


SCENARIO = Scenario(
    name="leaked_key_is_rotated_once",
    title="A leaked account key is made anew, once",
    incident_class="storage.sas_overprovisioned",
    before=lambda clinic: clinic.account("phistore", containers={"scans": 3}),
    attack=attack,
    signal=Webhook(source="defender", body=alert),
    status="contained",
    steps={},
    stays=("ST-06",),
    round_trips=2,
    clocks={},
    words=(Word("ST-06"),),
)
