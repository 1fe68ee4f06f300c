"""Tell Entra ID Protection that the user is compromised (ID-09): policies that look at risk then refuse the user."""

from incident.plan import Approval, Recovery
from responders import risks
from responders.directory import USER, read_object
from responders.measure import READ, Measure, Permission, Tier, anybody

MEASURE = Measure(
    id="confirm_user_compromised",
    code="ID-09",
    title="Confirm the user as compromised",
    target="microsoft.aadiam/riskyusers",
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Conditional access that looks at risk refuses the user until the risk is dismissed.",
    permissions=(
        Permission(Tier.DIRECTORY, "IdentityRiskyUser.ReadWrite.All"),
        READ("IdentityRiskyUser.Read.All"),
    ),
    guard=anybody,
    read=read_object,
    contain=risks.contain,
    verify=risks.verify,
    undo=risks.undo,
    own=risks.own,
    follows=risks.of(USER, "riskyUsers"),
)
