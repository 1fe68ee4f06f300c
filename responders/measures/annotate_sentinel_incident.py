"""Say in the Sentinel incident what was done and which clocks run, and tag it as under review (SE-01).

The words come with the target and name no object. Whoever knows the incident's id, which nobody guesses, and finds it
there may be answered in it: the comment gives away nothing that the incident does not say.
"""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cloud import Cloud
from incident.errors import Gone
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, Proof, Send, anybody, read_raw, wanting

SENTINEL_INCIDENT = "microsoft.securityinsights/incidents"
TAG = "privacy-review-open"
LONGEST = 30_000
NEEDED = ("title", "severity", "status")  # a PUT without them is refused
KEPT = ("description", "classification", "classificationReason", "classificationComment")


def contain(incident: Target, before: Before) -> tuple[Call, ...]:
    """Tag and owner where they are missing, and the comment."""
    tag = Call("tag the incident", tagged(incident, before))
    return (*(() if _tagged(incident, before) else (tag,)), Call("comment on the incident", commented(incident)))


def tagged(incident: Target, before: Before) -> Send:
    """One PUT of the incident as it is, with the tag, and with the owner where nobody owns it."""
    about = before.properties
    body = {name: about[name] for name in (*NEEDED, *KEPT) if about.get(name) is not None}
    labels = [label["labelName"] for label in about.get("labels") or []]
    body["labels"] = [{"labelName": name} for name in dict.fromkeys((*labels, TAG))]  # their type is Sentinel's to say
    body["owner"] = _owner(incident, before)

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", incident.resource, {"properties": body}, if_match=before.etag)

    return send


def commented(incident: Target) -> Send:
    """One PUT of the comment, under an id made of its words: twice is once."""

    async def send(cloud: Cloud) -> None:
        body = {"properties": {"message": incident.parameters["comment"][:LONGEST]}}
        await cloud.arm.write("PUT", _comment(incident), body)

    return send


async def verify(cloud: Cloud, incident: Target) -> Proof:
    """The incident has the tag and an owner, and the comment stands there."""
    now = await cloud.arm.read(incident.resource)
    try:
        said = (await cloud.arm.read(_comment(incident))).properties.get("message")
    except Gone:
        said = None
    return Proof.of(now, tagged=_tagged(incident, now), commented=said == incident.parameters["comment"][:LONGEST])


def undo(_incident: Target, _before: Before) -> Irreversible:
    """Nothing that was said is unsaid."""
    return Irreversible("what was said stays said: a later comment says what has changed")


def own(state: Before) -> Mapping[str, Any]:
    """Labels and owner."""
    labels = sorted(label["labelName"] for label in state.properties.get("labels") or [])
    return {"labels": labels, "owner": state.properties.get("owner")}


def _comment(incident: Target) -> ResourceId:
    name = uuid5(NAMESPACE_URL, f"{incident.incident}/{incident.parameters['comment']}")
    return incident.resource.child("comments", str(name))


def _owner(incident: Target, before: Before) -> Mapping[str, Any]:
    """The owner that it has, else the one that the policy names; nobody is replaced."""
    owner = {name: value for name, value in (before.properties.get("owner") or {}).items() if value}
    assigned = incident.parameters.get("owner")
    return owner or ({"assignedTo": assigned} if assigned else {})


def _tagged(incident: Target, state: Before) -> bool:
    labels = {label.get("labelName") for label in state.properties.get("labels") or []}
    owned = any((state.properties.get("owner") or {}).values()) or not incident.parameters.get("owner")
    return TAG in labels and owned


MEASURE = Measure(
    id="annotate_sentinel_incident",
    code="SE-01",
    title="Say in Sentinel what was done",
    target=SENTINEL_INCIDENT,
    activity="notify",
    approval=Approval.AUTO,
    recovery=Recovery.SELF,
    blast_radius="None: a tag, an owner where there was none, and a comment in neutral words.",
    permissions=(
        CONTAIN("Microsoft.SecurityInsights/incidents/write"),
        CONTAIN("Microsoft.SecurityInsights/incidents/comments/write"),
        READ("Microsoft.SecurityInsights/incidents/read"),
        READ("Microsoft.SecurityInsights/incidents/comments/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=wanting(SENTINEL_INCIDENT, "comment", "owner"),
)
