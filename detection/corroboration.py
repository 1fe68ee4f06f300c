"""What bears a claim out, where the fault cannot be seen in a state: records that we read in Azure ourselves.

Three kinds count, each once: the Defender alert, found by its id and not dismissed; the Sentinel incident, found by its
id and not closed; the activity log's record that the operation succeeded. Each must name the same resource (or person)
and speak of the same class, so that whoever can post a signal cannot borrow another alert's weight.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from detection.alert import Alert
from detection.claim import Claim
from detection.facts import Facts, Read
from detection.fields import listing, mapping, text, texts
from detection.hints import custom
from detection.resources import resource
from detection.standing import of_alert, of_case
from detection.times import utc
from incident.finding import Made
from incident.resource import ResourceId
from incident.signal import Signal, Standing
from incident.target import Before

ALERT = "microsoft.security/locations/alerts"
ALERTS = "providers/Microsoft.Security/alerts"
INCIDENT = "microsoft.securityinsights/incidents"
BEFORE = timedelta(hours=1)
KEPT = timedelta(days=89)  # the activity log refuses to look back further than 90 days


def reads(signal: Signal, place: ResourceId, claim: Claim) -> tuple[Read, ...]:
    """What to read to bear the claim out."""
    return tuple(dict.fromkeys((*_alert_reads(signal, place), *_incident_reads(signal), *_log(signal, place, claim))))


def witnesses(signal: Signal, facts: Facts, place: ResourceId, claim: Claim, own: str) -> tuple[str, ...]:
    """The reads that bear the claim of the class `own` out, in words."""
    found = {
        "the Defender alert, found by its id": _alert_stands(signal, facts, place, claim, own),
        "the Sentinel incident, found by its id": _incident_stands(signal, facts, place, claim, own),
        "the activity log, which shows that the operation succeeded": _operated(signal, facts, place, claim),
    }
    return tuple(words for words, stands in found.items() if stands)


def made(signal: Signal, facts: Facts, place: ResourceId, claim: Claim) -> Made | None:
    """When the operation succeeded and who asked for it, by the latest record that bears the claim out."""
    shown = (record for read in _log(signal, place, claim) for record in _all(facts, read) if _shows(record, signal))
    return max((each for each in map(dated, shown) if each), key=lambda each: each.at, default=None)


def dated(record: Before) -> Made | None:
    """When and by whom, of one record of the activity log; None for one without a time."""
    at = utc(record.body.get("eventTimestamp"))
    return Made(at=at, by=(str(record.body.get("caller") or ""),)) if at else None


def names(read: Alert, place: ResourceId, signal: Signal) -> bool:
    """Whether an alert that we read is about the place; of a directory object, whether it names the same account."""
    if place.in_directory:
        accounts = {each.casefold() for each in (read.entities.object_id, read.entities.actor) if each}
        meant = (place.name, signal.actor, signal.hints.get("actor_object_id"))
        return bool(accounts & {each.casefold() for each in meant if each})
    return any(_same(place, each) for each in read.resources)


def _same(place: ResourceId, other: ResourceId) -> bool:
    return bool(other.type) and (other.climb(place.type) == place or place.climb(other.type) == other)


def _alert_reads(signal: Signal, place: ResourceId) -> Iterator[Read]:
    """The alert where its id is known; else the alerts of the resource's group, among which its own must be."""
    known = [*([resource(signal.hints["defender_alert"])] if "defender_alert" in signal.hints else ())]
    known += [each for each in signal.resources if each.type == ALERT]
    direct = [each for each in known if each and each.type == ALERT]
    if direct:
        yield from map(Read, direct)
    elif signal.alert_ids and place.group and "sentinel_incident" not in signal.hints:
        yield Read(_group(place), ALERTS)


def _group(place: ResourceId) -> ResourceId:
    return ResourceId("/" + "/".join(place.segments[:4]))


def _alert_stands(signal: Signal, facts: Facts, place: ResourceId, claim: Claim, own: str) -> bool:
    found = [item for read in _alert_reads(signal, place) for item in _all(facts, read)]
    return any(_speaks(Alert(alert.properties), signal, place, claim, own) for alert in found)


def _speaks(read: Alert, signal: Signal, place: ResourceId, claim: Claim, own: str) -> bool:
    """Whether it is an open alert, no sample, with one of the signal's ids, about the place and of the class."""
    standing = of_alert(text(read.about, "status"), text(read.about, "classification"), read.types)
    stands = standing is Standing.OPEN and not read.drill and bool({*read.ids} & {*signal.alert_ids})
    return stands and names(read, place, signal) and _of_class(read, claim, own)


def _of_class(read: Alert, claim: Claim, own: str) -> bool:
    tactics = texts(read.about, "tactics") or (text(read.about, "intent") or "").split(", ")
    details = custom(read.properties)
    classes = (*texts(details, "class"), *texts(details, "incident_class"))
    entered = read.said.get("authentication_type", "")
    covered = any(claim.covers(kind, entered) for kind in read.types)
    return covered or own in classes or (not read.types and bool({*tactics} & {*claim.tactics}))


def _incident_reads(signal: Signal) -> Iterator[Read]:
    incident = resource(signal.hints.get("sentinel_incident"))
    if incident and incident.type == INCIDENT:
        yield from (Read(incident), Read(incident, action="entities"), Read(incident, action="alerts"))


def _incident_stands(signal: Signal, facts: Facts, place: ResourceId, claim: Claim, own: str) -> bool:
    """Whether it is an open incident whose entities name the place, with an alert of the class."""
    found = [facts.answer(read) for read in _incident_reads(signal)]
    if not found or None in found:
        return False
    about, entities, alerts = (item.body for item in found if item)
    state = mapping(about, "properties")
    if of_case(text(state, "status"), text(state, "classification")) is not Standing.OPEN:
        return False
    named = Alert({"entities": listing(entities, "entities")})
    spoken = [Alert(mapping(each, "properties")) for each in listing(alerts, "value")]
    return names(named, place, signal) and any(_of_class(each, claim, own) for each in spoken if not each.drill)


def _log(signal: Signal, place: ResourceId, claim: Claim) -> Iterator[Read]:
    if claim.operated(signal) and not place.in_directory:
        yield Read(_operated_on(signal, place), since=_since(signal))


def _operated_on(signal: Signal, place: ResourceId) -> ResourceId:
    """The most specific resource that lies within the place."""
    return next((each for each in signal.resources if _same(place, each)), place)


def _since(signal: Signal) -> datetime:
    return max(signal.earliest - BEFORE, signal.received_at - KEPT)


def _operated(signal: Signal, facts: Facts, place: ResourceId, claim: Claim) -> bool:
    return any(_shows(record, signal) for read in _log(signal, place, claim) for record in _all(facts, read))


def _shows(record: Before, signal: Signal) -> bool:
    """Whether the log's record is of this operation, succeeded, and of the same correlation where that is known."""
    body = record.body
    operation = text(body, "operationName", "value") or text(body, "operationName") or ""
    correlation = (text(body, "correlationId") or "").casefold()
    return (
        operation.casefold() == (signal.operation or "").casefold()
        and (text(body, "status", "value") or text(body, "status")) == "Succeeded"
        and signal.correlation_id in (None, correlation, text(body, "correlationId"))
    )


def _all(facts: Facts, read: Read) -> tuple[Before, ...]:
    one = facts.answer(read)
    return (one,) if one else facts.every(read) or ()
