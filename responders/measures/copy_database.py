"""Keep a copy of a database as evidence (SQL-04), on the server that is kept for that."""

from cloud import Cloud
from incident.errors import Gone
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, Proof, anybody, nothing, read_raw, wanting

DATABASE = "microsoft.sql/servers/databases"
SERVER = "forensic_sql_server"


async def read(cloud: Cloud, database: Target) -> Before:
    """The database, where the copy will lie, and our copy where there is one."""
    found = await read_raw(cloud, database)
    server = await cloud.arm.read(ResourceId.parse(database.parameters[SERVER]))
    return Before({**found.body, "evidence": server.body.get("location"), "copy": await _copy(cloud, database)})


def contain(database: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of a copy as it stands now, unless it is there."""
    body = {
        "location": before.body.get("evidence"),
        "tags": {"hipaa-ir": database.incident},
        "properties": {"createMode": "Copy", "sourceDatabaseId": database.resource.text},
    }

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", _place(database), body)

    return () if before.body.get("copy") else (Call("copy the database", send),)


async def verify(cloud: Cloud, database: Target) -> Proof:
    """The copy is online."""
    now = await read(cloud, database)
    state = (now.body.get("copy") or {}).get("properties") or {}
    return Proof.of(now, online=state.get("status") == "Online")


def undo(_database: Target, _before: Before) -> Irreversible:
    """Evidence is not deleted by the responder."""
    return Irreversible("the copy is evidence: whoever owns the evidence decides when it goes")


async def _copy(cloud: Cloud, database: Target) -> object:
    try:
        return (await cloud.arm.read(_place(database))).body
    except Gone:
        return None


def _place(database: Target) -> ResourceId:
    server = ResourceId.parse(database.parameters[SERVER])
    return server.child("databases", f"hir-{database.incident}-{database.resource.name}"[:128])


MEASURE = Measure(
    id="copy_database",
    code="SQL-04",
    title="Keep a copy of the database as evidence",
    target=DATABASE,
    activity="preserve",
    approval=Approval.A1,  # nobody here knows what a copy costs
    recovery=Recovery.SELF,
    blast_radius="Nothing stops. The copy holds PHI and is paid for until it is deleted; the evidence server must know "
    "the key that protects the source.",
    permissions=(
        CONTAIN("Microsoft.Sql/servers/databases/write"),
        READ("Microsoft.Sql/servers/databases/read"),
        READ("Microsoft.Sql/servers/read"),
    ),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=wanting(DATABASE, SERVER),
)
