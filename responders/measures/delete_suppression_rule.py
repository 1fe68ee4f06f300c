"""Delete a rule by which Defender for Cloud dismisses alerts that nobody has read (SE-03)."""

from incident.plan import Approval, Recovery
from responders.measure import CONTAIN, READ, Measure, absent, anybody, read_or_absent
from responders.whole import Whole

RULE = Whole(
    does="delete the suppression rule",
    takes_back="suppress as before",
    wanted=lambda _rule, _before: None,
    holds=lambda _rule, state: absent(state),
)


MEASURE = Measure(
    id="delete_suppression_rule",
    code="SE-03",
    title="Delete the rule that suppresses alerts",
    target="microsoft.security/alertssuppressionrules",
    activity="restore",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Alerts that the rule has dismissed come in again, from now on; those that it has dismissed stay so.",
    permissions=(
        CONTAIN("Microsoft.Security/alertsSuppressionRules/delete"),
        CONTAIN("Microsoft.Security/alertsSuppressionRules/write"),
        READ("Microsoft.Security/alertsSuppressionRules/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=RULE.contain,
    verify=RULE.verify,
    undo=RULE.undo,
)
