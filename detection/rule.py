"""What a rule is made of: which signals it knows, what it must see first, and how it looks at what it sees.

A payload is a claim. It leads to `contain` only where the live state shows the fault, or where, for classes that no
state can show, a record read in Azure bears it out. Drills, closures and failed operations are recorded; they never
outweigh a fault that can be seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from detection.claim import SPEAKING, Claim, ended
from detection.corroboration import made, witnesses
from detection.corroboration import reads as corroborating
from detection.facts import Facts, Failed, Found, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from incident.finding import Disposition, Finding, Made
from incident.policy import Policy
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

__all__ = ["Example", "Facts", "Failed", "Found", "Read", "Rule", "host", "nearest"]

SOON = timedelta(minutes=2)
"""An event older than this tells of a state that has long been visible: nobody waits for it."""
PATIENCE = (0.5, 1.5)
"""Seconds between looks at a resource that was written a moment ago: the event may be there before the state."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A signal, the state that Azure is in, and what must follow.

    `state` holds what reads give, by their text; `""` is the place itself, a text without a leading slash something
    below it, and what is not there is gone. `because` are the paths, into `signal` or `state`, without any one of which
    nothing justifies `contain`.
    """

    title: str
    signal: Mapping[str, Any]
    state: Mapping[str, Any] = field(default_factory=dict)
    disposition: str
    because: tuple[tuple[str | int, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One class of incident.

    `place`: the resource in question, which two signals about one fault share. `look`: what its state shows. `kin`:
    other resources whose PHI makes this one matter. `more`: further reads. `also`: what else makes it match.
    """

    id: str
    title: str
    attack: tuple[str, ...]  # MITRE ATT&CK technique ids
    hipaa: tuple[str, ...]  # 45 CFR
    claim: Claim
    place: Callable[[Signal], ResourceId | None]
    look: Callable[[Case], Seen]
    kin: Callable[[ResourceId, Facts], tuple[ResourceId, ...]] = lambda _place, _facts: ()
    more: Callable[[Signal, ResourceId, Facts], tuple[Read, ...]] = lambda _signal, _place, _facts: ()
    also: Callable[[Signal], str | None] = lambda _: None
    absence: str = ""  # what it means when the place is gone after a delete; empty where absence is no fault
    lost: Callable[[ResourceId], Mapping[str, str]] = lambda _place: {}  # what is known of a place that is gone
    sees: tuple[str, ...] = ()  # kinds of directory objects whose own state it judges; of others none is read
    witnessed: bool = False  # whether records are read that bear out what no state can show
    curious: bool = False  # whether it looks at the place when any alert of no known type names it
    by_actor: bool = False  # whether another actor makes another incident
    patience: tuple[float, ...] = ()
    examples: tuple[Example, ...] = ()

    def match(self, signal: Signal) -> str | None:
        """Why the rule has something to say of the signal, or None. An operation on some other type says nothing."""
        named = signal.alert_types or signal.hints.keys() & {"class", "account"}
        foreign = self.place(signal) is None and not named
        known = None if foreign else self.claim.why(signal, self.id)
        return known or self.also(signal) or self._curious(signal)

    def cause(self, signal: Signal) -> ResourceId | None:
        """The resource that two signals about one fault share."""
        return self.place(signal)

    def aspects(self, signal: Signal) -> tuple[Signal, ...]:
        """The signal once for each place that it names: one alert may speak of fifty accounts."""
        places: dict[str, list[ResourceId]] = {}
        for resource in signal.resources:
            place = self.place(replace(signal, resources=(resource,)))
            places.setdefault(place.key if place else "", []).append(resource)
        rest = places.pop("", [])
        return tuple(replace(signal, resources=(*of, *rest)) for of in places.values()) or (signal,)

    def findings(self, signal: Signal, facts: Facts, policy: Policy) -> tuple[Finding, ...]:
        """What is found at each place."""
        return tuple(self.judge(aspect, facts, policy) for aspect in self.aspects(signal))

    def reads(self, signal: Signal, facts: Facts) -> tuple[Read, ...]:
        """What must be seen, of every place."""
        return tuple(dict.fromkeys(read for aspect in self.aspects(signal) for read in self._reads(aspect, facts)))

    def _reads(self, signal: Signal, facts: Facts) -> tuple[Read, ...]:
        """The place, what holds it and its kin, side by side, and what else the rule must see."""
        place = self.place(signal)
        if place is None:
            return ()
        around = self._around(place, facts) if self._reads_state(place) else ()
        borne_out = corroborating(signal, place, self.claim) if self.witnessed else ()
        return tuple(dict.fromkeys((*map(Read, around), *self.more(signal, place, facts), *borne_out)))

    def judge(self, signal: Signal, facts: Facts, policy: Policy) -> Finding:
        """The finding at one place, on what the reads gave."""
        place, over = self.place(signal), ended(signal)
        if place is None:
            return self._finding(
                Disposition.RECORD if over else Disposition.REVIEW, over or "no resource is named that could be read"
            )
        state = self._state(place, facts)
        if state is None:
            return self._unread(place, signal, facts, policy)
        if not self._in_scope(place, facts, policy):
            return self._finding(Disposition.RECORD, "neither policy nor tags place the resource in the scope of PHI")
        seen = self._seen(Case(signal=signal, place=place, state=state, facts=facts, policy=policy))
        return self._weighed(seen, place, signal, facts)

    def early(self, signal: Signal, facts: Facts, policy: Policy) -> bool:
        """Whether what the event tells of may not be visible yet: it is fresh, and nothing is wrong so far."""
        place = self.place(signal)
        if not self.patience or place is None or ended(signal) or not _fresh(signal):
            return False
        if facts.gone(place):
            return (signal.operation or "").casefold().endswith("/write")
        state = self._state(place, facts)
        if state is None or not self._in_scope(place, facts, policy):
            return False
        seen = self._seen(Case(signal=signal, place=place, state=state, facts=facts, policy=policy))
        return isinstance(seen, Harmless)

    def _reads_state(self, place: ResourceId) -> bool:
        return not place.in_directory or place.type in self.sees

    def _state(self, place: ResourceId, facts: Facts) -> Before | None:
        """The place as it was read. Of the directory, what is gone is judged too: absence can be the fault."""
        if place.in_directory and (facts.gone(place) or not self._reads_state(place)):
            return Before({})
        return facts.one(place)

    def _seen(self, case: Case) -> Seen:
        """What the state shows; a state of a shape that nobody expected is for a person, and loses nothing."""
        try:
            return self.look(case)
        except (AttributeError, KeyError, TypeError, ValueError) as odd:
            return Unsure(f"Azure's answer has a shape that the rule does not know ({type(odd).__name__})")

    def _curious(self, signal: Signal) -> str | None:
        if not self.curious or signal.alert_types or "class" in signal.hints or signal.source not in SPEAKING:
            return None
        return "an alert of no known type names the resource" if self.place(signal) else None

    def _unread(self, place: ResourceId, signal: Signal, facts: Facts, policy: Policy) -> Finding:
        """Gone after a delete may be the fault itself; everything else that cannot be read is a person's to decide."""
        if over := ended(signal):
            return self._finding(Disposition.RECORD, over)
        if not facts.gone(place):
            return self._finding(Disposition.REVIEW, f"the resource could not be read: {facts.why(place)}")
        deleted = (signal.operation or "").casefold().endswith("/delete")
        if self.absence and deleted and self._in_scope(place, facts, policy):
            gone = Claimed(self.absence, (place, *self.kin(place, facts)), self.lost(place))
            return self._weighed(gone, place, signal, facts)
        return self._finding(Disposition.REVIEW, "the resource is gone: somebody may have deleted it")

    def _in_scope(self, place: ResourceId, facts: Facts, policy: Policy) -> bool:
        """Whether PHI is at stake. What stands above all groups, such as the directory, governs what holds PHI."""
        bodies = [(each, facts.one(each)) for each in self._around(place, facts)]
        return not place.group or any(policy.in_scope(each, *([read.body] if read else [])) for each, read in bodies)

    def _around(self, place: ResourceId, facts: Facts) -> tuple[ResourceId, ...]:
        """The place, and what else may say that PHI is at stake."""
        return (place, *_holders(place), *self.kin(place, facts)) if place.group else (place,)

    def _weighed(self, seen: Seen, place: ResourceId, signal: Signal, facts: Facts) -> Finding:
        over = ended(signal)
        match seen:
            case Shown(reason):
                found = self._contain(seen, f"{reason}, although {over}" if over else reason, seen.by, exposed=True)
                return replace(found, made=seen.made or self._made(place, signal, facts), posture=seen.posture)
            case _ if over:
                return self._finding(Disposition.RECORD, over)
            case Claimed(reason):
                borne_out = witnesses(signal, facts, place, self.claim, self.id) if self.witnessed else ()
                if borne_out:
                    found = self._contain(seen, reason, borne_out, exposed=False)
                    return replace(found, made=self._made(place, signal, facts))
                told = self._finding(Disposition.REVIEW, f"{reason}; no record that we could read bears it out")
                return replace(told, awaited=self._logged(place, signal))
            case Unsure(reason):
                return replace(self._finding(Disposition.REVIEW, reason), posture=seen.posture)
            case Harmless(reason):
                return self._finding(Disposition.REVIEW if self._curious(signal) else Disposition.RECORD, reason)

    def _logged(self, place: ResourceId, signal: Signal) -> bool:
        """Whether the activity log is asked for what bears it out."""
        return self.witnessed and any(read.since for read in corroborating(signal, place, self.claim))

    def _made(self, place: ResourceId, signal: Signal, facts: Facts) -> Made | None:
        return made(signal, facts, place, self.claim) if self.witnessed else None

    def _contain(self, seen: Shown | Claimed, reason: str, by: tuple[str, ...], *, exposed: bool) -> Finding:
        return Finding(
            incident_class=self.id,
            disposition=Disposition.CONTAIN,
            reason=reason,
            targets=seen.targets,
            exposed=exposed,
            corroborated_by=by,
            parameters=seen.parameters,
        )

    def _finding(self, disposition: Disposition, reason: str) -> Finding:
        return Finding(incident_class=self.id, disposition=disposition, reason=reason)


def nearest(*kinds: str) -> Callable[[Signal], ResourceId | None]:
    """Finds the first of the signal's resources that is, or lies in, a resource of one of these types."""

    def found(signal: Signal) -> ResourceId | None:
        climbed = (resource.climb(kind) for resource in signal.resources for kind in kinds)
        return next((each for each in climbed if each), None)

    return found


def host(place: ResourceId) -> tuple[ResourceId, ...]:
    """What an extension sits on (an alert rule on its workspace): all before the last `providers`; none at the top."""
    lowered = [segment.casefold() for segment in place.segments]
    cut = len(lowered) - 1 - lowered[::-1].index("providers") if "providers" in lowered else 0
    return (ResourceId("/" + "/".join(place.segments[:cut])),) if cut else ()


def _holders(place: ResourceId) -> tuple[ResourceId, ...]:
    """What the place lies in, up to the top of its provider; types without a resource of their own are left out."""
    holder = place.parent
    if holder is None:
        return ()
    return (holder, *_holders(holder))


def _fresh(signal: Signal) -> bool:
    told = signal.source == "eventgrid" and signal.operation is not None and signal.occurred_at is not None
    return told and signal.received_at - signal.earliest < SOON
