"""Tell Entra ID Protection that the application is compromised (ID-09b): policies that look at risk then refuse it."""

from incident.plan import Approval, Recovery
from responders import risks
from responders.directory import SERVICE_PRINCIPAL, read_object
from responders.measure import READ, Measure, Permission, Tier, anybody

MEASURE = Measure(
    id="confirm_app_compromised",
    code="ID-09b",
    title="Confirm the application as compromised",
    target="microsoft.aadiam/riskyserviceprincipals",
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Conditional access that looks at risk refuses the application until the risk is dismissed.",
    permissions=(
        Permission(Tier.DIRECTORY, "IdentityRiskyServicePrincipal.ReadWrite.All"),
        READ("IdentityRiskyServicePrincipal.Read.All"),
    ),
    guard=anybody,
    read=read_object,
    contain=risks.contain,
    verify=risks.verify,
    undo=risks.undo,
    own=risks.own,
    follows=risks.of(SERVICE_PRINCIPAL, "riskyServicePrincipals"),
)
