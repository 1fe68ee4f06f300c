"""Protect the databases of a server by the service's own key (SQL-02), where the policy names no safe key."""

from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.encryption import EXPOSED, MANAGED, PROTECTOR, SAFE, below, exposed, own, read, set_to, undo, verify
from responders.measure import CONTAIN, READ, Call, Measure, anybody


def contain(protector: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless no key of the exposed vault protects the databases."""
    terms = {"serverKeyType": MANAGED, "serverKeyName": MANAGED}
    return (set_to(protector, terms, "protect by the service's key"),) if exposed(protector, before) else ()


MEASURE = Measure(
    id="use_service_key",
    code="SQL-02",
    title="Protect the databases by the service's own key",
    target=PROTECTOR,
    activity="harden",
    approval=Approval.A2,
    recovery=Recovery.EXACT,
    blast_radius="Nothing stops. A contract that asks for keys of the customer's own is broken until this is undone.",
    permissions=(
        CONTAIN("Microsoft.Sql/servers/encryptionProtector/write"),
        READ("Microsoft.Sql/servers/encryptionProtector/read"),
        READ("Microsoft.Sql/servers/databases/read"),
        READ("Microsoft.Sql/servers/databases/transparentDataEncryption/read"),
    ),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=below(EXPOSED, without=SAFE),
)
