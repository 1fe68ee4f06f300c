"""Protect the databases of a server by the safe key (SQL-01). Only when this is proved may the old access be cut."""

from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.encryption import (
    EXPOSED,
    PROTECTOR,
    SAFE,
    below,
    exposed,
    guard,
    name_of,
    own,
    read,
    set_to,
    undo,
    verify,
)
from responders.measure import CONTAIN, READ, Call, Measure


def contain(protector: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless no key of the exposed vault protects the databases."""
    if not exposed(protector, before):
        return ()
    terms = {**own(before), "serverKeyType": "AzureKeyVault", "serverKeyName": name_of(before)}
    return (set_to(protector, terms, "protect by the safe key"),)


MEASURE = Measure(
    id="set_tde_protector",
    code="SQL-01",
    title="Protect the databases by a key of another vault",
    target=PROTECTOR,
    activity="harden",
    approval=Approval.A2,
    recovery=Recovery.EXACT,
    blast_radius="Nothing stops: keys are wrapped anew while databases are in use. Backups and logs from before need "
    "the old key, which must stay switched on.",
    permissions=(
        CONTAIN("Microsoft.Sql/servers/encryptionProtector/write"),
        READ("Microsoft.Sql/servers/encryptionProtector/read"),
        READ("Microsoft.Sql/servers/keys/read"),
        READ("Microsoft.Sql/servers/databases/read"),
        READ("Microsoft.Sql/servers/databases/transparentDataEncryption/read"),
        READ("Microsoft.KeyVault/vaults/keys/read"),
        READ("Microsoft.KeyVault/vaults/read"),
    ),
    guard=guard,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=below(SAFE, EXPOSED),
)
