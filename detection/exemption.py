"""An exemption from a policy as Azure shows it: from which definitions, until when, and who has agreed to it."""

from collections.abc import Iterator
from datetime import datetime

from detection.facts import Facts, Read
from detection.fields import listing, text, texts
from detection.times import utc
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

EXEMPTION = "microsoft.authorization/policyexemptions"
INITIATIVE = "microsoft.authorization/policysetdefinitions"


def reads(_signal: Signal, place: ResourceId, facts: Facts) -> tuple[Read, ...]:
    """The assignment from which an exemption exempts, and the initiative, if it is one that is assigned."""
    if place.type != EXEMPTION:
        return ()
    assignment = _named(facts.one(place), "policyAssignmentId")
    policy = _assigned(assignment, facts)
    initiative = policy if policy and policy.type == INITIATIVE else None
    return tuple(Read(each) for each in (assignment, initiative) if each)


def definitions(exemption: Before, facts: Facts) -> frozenset[str]:
    """Names of the definitions from which it exempts, in lower case; none where what is assigned cannot be read."""
    policy = _assigned(_named(exemption, "policyAssignmentId"), facts)
    if policy is None:
        return frozenset()
    if policy.type != INITIATIVE:
        return frozenset([policy.name.casefold()])
    initiative = facts.one(policy)
    return frozenset(_members(initiative, exemption)) if initiative else frozenset()


def ends(exemption: Before) -> datetime | None:
    """When it ends; None: never."""
    return utc(exemption.properties.get("expiresOn"))


def made(exemption: Before) -> datetime | None:
    """When it was made first: writing it again and again does not begin another week."""
    return utc((exemption.body.get("systemData") or {}).get("createdAt"))


def agreed(exemption: Before) -> bool:
    """Whether it names two people who have agreed to it (`metadata.approvers`); one who is there twice counts once."""
    return len({each.casefold() for each in texts(exemption.properties, "metadata", "approvers")}) >= 2


def _members(initiative: Before, exemption: Before) -> Iterator[str]:
    """Of the initiative's definitions those that the exemption names; all of them where it names none."""
    named = {each.casefold() for each in texts(exemption.properties, "policyDefinitionReferenceIds")}
    for member in listing(initiative.properties, "policyDefinitions"):
        if not named or (text(member, "policyDefinitionReferenceId") or "").casefold() in named:
            yield (text(member, "policyDefinitionId") or "").rpartition("/")[2].casefold()


def _assigned(assignment: ResourceId | None, facts: Facts) -> ResourceId | None:
    """The definition or initiative that is assigned."""
    return _named(facts.one(assignment), "policyDefinitionId") if assignment else None


def _named(state: Before | None, name: str) -> ResourceId | None:
    written = text(state.properties, name) if state else None
    return ResourceId(written) if written else None
