"""Close a function app to public networks (FN-04), in its web configuration: a PATCH of the app takes no such word."""

from incident.plan import Approval, Recovery
from responders.measure import CONTAIN, READ, Measure, anybody, below, read_raw
from responders.setting import Setting

SETTING = Setting(
    does="close the public network",
    takes_back="open the public network",
    wanted={"publicNetworkAccess": "Disabled"},
    meant={"publicNetworkAccess": "Enabled"},
)


MEASURE = Measure(
    id="close_function_network",
    code="FN-04",
    title="Close the function app to public networks",
    target="microsoft.web/sites/config",
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Webhooks, Event Grid and people can no longer call the app from outside. Private endpoints go on.",
    permissions=(CONTAIN("Microsoft.Web/sites/config/Write"), READ("Microsoft.Web/sites/config/Read")),
    guard=anybody,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    own=SETTING.own,
    follows=below("microsoft.web/sites", "config", "web"),
)
