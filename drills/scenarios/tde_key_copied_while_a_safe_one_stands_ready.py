"""A vendor copies the key of replicated databases; a key in a vault of its own takes over before his access is cut."""

from collections.abc import Mapping

from drills.estate.clinic import GROUP, Clinic
from drills.estate.clinic_directory import BLOCKED
from drills.estate.places import WORKSPACE
from drills.estate.settable import VAULT
from drills.scenario import Scenario, Webhook, Word
from drills.scenarios import tde_key_copied_from_shared_vault as copied
from drills.turns import Turn

SERVERS = ("ehr", "ehr-replica")
SAFE_VAULT, SAFE_KEY = "safe-kv", "databases"
CLOSED = {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []}


def policy(_clinic: Clinic) -> Mapping[str, object]:
    """The clinic has named the key that is to take over."""
    key = f"{GROUP}/providers/{VAULT}/{SAFE_VAULT}/keys/{SAFE_KEY}"
    return {"forensics": {"block_group": BLOCKED, "workspace": WORKSPACE, "tde_key": key}}


def before(clinic: Clinic) -> None:
    """The server, and the one that holds its replicas, are let into the safe vault; to the shared one the vendor is."""
    safe = clinic.key_vault(SAFE_VAULT, enablePurgeProtection=True, networkAcls=CLOSED).with_key(SAFE_KEY)
    for name in SERVERS:
        safe.has_always_admitted(clinic.database_server(name).identity, "get", "wrapKey", "unwrapKey")
    copied.before(clinic)


SCENARIO = Scenario(
    name="tde_key_copied_while_a_safe_one_stands_ready",
    title="The key of replicated databases is copied while a safe one stands ready",
    incident_class="sql.tde_key_exposed",
    policy=policy,
    before=before,
    attack=copied.attack,
    signal=Webhook(source="monitor", body=copied.record),
    waits={
        "KV-01": "one approver",
        "KV-05": "one approver",
        "SQL-01": "two approvers",
        "SQL-01a": "two approvers",
        "SQL-03": "one approver",
    },
    words=(
        Word("SQL-01a"),
        Word("KV-01"),  # agreed to before the protector, and yet it closes nothing until the databases are safe
        Word("SQL-01", closes=("unwrap",)),
        Word("KV-05", approve=False),
        Word("SQL-03", approve=False),
    ),
    turns=(
        Turn("two servers know the safe key", r"^PUT .*/servers/[^/]+/keys/|/serverKeyAzureAsyncOperation/", 4),
        Turn("both are protected by it", r"^PUT .*/encryptionProtector/|/encryptionProtectorAzureAsyncOperation/", 4),
        Turn("their four databases are looked at", r"^GET .*/transparentDataEncryption/current$", 4),
        Turn("the old access is cut", r"^PUT .*/accessPolicies/remove$", 1),
    ),
    spared=("shared-kv/keys", "shared-kv_tde"),
    held=True,
    status="needs a person",
    steps={
        "KV-01": "contained",
        "KV-05": "rejected",
        "SQL-01": "contained",
        "SQL-01a": "contained",
        "SQL-03": "rejected",
        "SQL-del": "by hand",
    },
    stays=("SQL-01a",),
    round_trips=6,
    clocks=copied.SCENARIO.clocks,
)
