"""A vendor copies the key of the databases out of a vault that too many share, and opens stolen backups with it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from drills.estate.clinic import Clinic
from drills.estate.wire import Json
from drills.scenario import Scenario, Take, Webhook, Word


def before(clinic: Clinic) -> None:
    """The key lies in the shared vault; the vendor has always been let in there."""
    clinic.database_server("ehr")
    vendor = clinic.estate.person("vendor")
    clinic.key_vault("shared-kv").has_always_admitted(vendor, "get", "backup", "unwrapKey")


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """The vendor copies the key, and has the vault unwrap the keys of stolen backups with it."""
    vault, vendor = clinic.key_vault("shared-kv"), clinic.estate.person("vendor")
    assert vault.used_by(vendor, "tde", "backup")()
    return {"unwrap": vault.used_by(vendor, "tde", "unwrapkey")}


def record(clinic: Clinic) -> Json:
    """The vault's own log tells of the copy."""
    return {
        "time": datetime.now(UTC).isoformat(),
        "category": "AuditEvent",
        "operationName": "KeyBackup",
        "resourceId": clinic.key_vault("shared-kv").id.upper(),
        "resultType": "Success",
        "resultSignature": "OK",
        "correlationId": str(uuid4()),
        "callerIpAddress": "203.0.113.66",
        "identity": {"claim": {"oid": clinic.estate.person("vendor").oid}},
        "properties": {"httpStatusCode": 200},
    }


SCENARIO = Scenario(
    name="tde_key_copied_from_shared_vault",
    title="The key of the databases is copied out of a shared vault",
    incident_class="sql.tde_key_exposed",
    before=before,
    attack=attack,
    signal=Webhook(source="monitor", body=record),
    waits={"KV-01": "one approver", "KV-05": "one approver", "SQL-02": "two approvers", "SQL-03": "one approver"},
    words=(
        Word("SQL-02"),
        Word("KV-01", closes=("unwrap",)),
        Word("KV-05", approve=False),
        Word("SQL-03", approve=False),
    ),
    held=True,
    status="needs a person",
    steps={
        "KV-01": "contained",
        "KV-05": "rejected",
        "SQL-02": "contained",
        "SQL-03": "rejected",
        "SQL-del": "by hand",
    },
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
