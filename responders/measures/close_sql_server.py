"""Close a database server to public networks, and its own way out (SQL-03). Sessions that are open stay open."""

from incident.plan import Approval, Recovery
from responders.measure import CONTAIN, READ, Measure, anybody, read_raw
from responders.setting import Setting

SETTING = Setting(
    does="close the public network",
    takes_back="open the public network",
    wanted={"publicNetworkAccess": "Disabled", "restrictOutboundNetworkAccess": "Enabled"},
    meant={"publicNetworkAccess": "Enabled", "restrictOutboundNetworkAccess": "Disabled"},
)


MEASURE = Measure(
    id="close_sql_server",
    code="SQL-03",
    title="Close the database server to public networks",
    target="microsoft.sql/servers",
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Whoever reaches the server over the Internet or a service endpoint gets no new connection. "
    "Private endpoints go on.",
    permissions=(CONTAIN("Microsoft.Sql/servers/write"), READ("Microsoft.Sql/servers/read")),
    guard=anybody,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    own=SETTING.own,
)
