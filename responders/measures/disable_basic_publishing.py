"""Refuse publishing with user name and password on a web app (FN-02), by FTP and by the deployment site alike."""

from incident.plan import Approval, Recovery
from incident.target import Target
from responders.measure import CONTAIN, READ, Measure, anybody, read_raw
from responders.setting import Setting

SITE = "microsoft.web/sites"
POLICIES = "basicPublishingCredentialsPolicies"
SETTING = Setting(
    does="refuse basic publishing",
    takes_back="take basic publishing again",
    wanted={"allow": False},
    meant={"allow": True},
    method="PUT",
)


def follows(named: Target) -> tuple[Target, ...]:
    """The two ways in of the app that the finding names."""
    if named.resource.type != SITE:
        return ()
    ways = (named.resource.child(POLICIES, way) for way in ("ftp", "scm"))
    return tuple(Target(resource=way, incident=named.incident) for way in ways)


MEASURE = Measure(
    id="disable_basic_publishing",
    code="FN-02",
    title="Refuse publishing with user name and password",
    target=f"{SITE}/{POLICIES.casefold()}",
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Deployments that sign in with the app's publishing password stop; those with an identity go on.",
    permissions=(
        CONTAIN("Microsoft.Web/sites/basicPublishingCredentialsPolicies/ftp/Write"),
        CONTAIN("Microsoft.Web/sites/basicPublishingCredentialsPolicies/scm/Write"),
        READ("Microsoft.Web/sites/basicPublishingCredentialsPolicies/ftp/Read"),
        READ("Microsoft.Web/sites/basicPublishingCredentialsPolicies/scm/Read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    own=SETTING.own,
    follows=follows,
)
