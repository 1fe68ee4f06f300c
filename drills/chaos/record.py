"""What a trial leaves behind, told so that two trials can be compared: the chain, the estate, what people were told."""

import json
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from drills.chaos.points import VARYING
from drills.chaos.trial import Trial
from drills.estate.wire import Json
from drills.figures import writes
from incident.entry import Entry
from ledger.__main__ import trusted
from ledger.audit import record
from ledger.verify import verify
from responders.progress import Progress

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?")
REPEATED = frozenset(
    {
        *("intent", "intents", "outcome", "prior", "priors", "plan", "discovery", "standing", "undo", "undo_asked"),
        "finding",
    }
)
"""Entries that a second attempt writes again; all others stand in the chain as often as they happened.

What a second signal of the same cause finds depends on whether it comes before or after the containment.
"""
ONCE = ("/regeneratekey",)
"""Writes that no second one leaves as it was."""

type Told = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Left:
    """What one trial left. Ids and times that differ from run to run are left out."""

    status: str
    entries: Counter[Told]
    estate: Mapping[str, str]
    acts: Counter[str]
    told: Counter[Told]
    fault: str
    owed: Counter[str]

    def lost(self, found: "Left") -> list[str]:
        """What is here and not in what another trial left."""
        return [*_missing("entry", self.entries, found.entries), *_acts(self, found), *self._unlike(found)]

    def _unlike(self, found: "Left") -> Iterator[str]:
        if found.status != self.status:
            yield f"the incident is {found.status}, not {self.status}"
        if found.fault:
            yield f"the chain: {found.fault}"
        yield from _missing("notice", self.told, found.told)
        for kind in sorted((found.owed - self.owed).elements()):
            yield f"still open: {kind}"
        for name in sorted(self.estate.keys() | found.estate.keys()):
            if self.estate.get(name) != found.estate.get(name):
                yield f"another end of {name}: {found.estate.get(name)}"

    def repeated(self, found: "Left") -> list[str]:
        """What another trial did, entered or told that is not here, or oftener, although once is enough."""
        acts = {name: count for name, count in (found.acts - self.acts).items() if name.lower().endswith(ONCE)}
        strange = set(found.acts) - set(self.acts)
        return [
            *(f"done again: {name} ({count} more)" for name, count in acts.items()),
            *(f"done besides: {name}" for name in sorted(strange)),
            *_missing("entry besides", found.entries, self.entries),
            *_missing("notice besides", found.told, self.told),
        ]

    def said_again(self, found: "Left") -> int:
        """How many writes another trial repeated that leave everything as it was."""
        return sum((found.acts - self.acts).values())


def _acts(wanted: Left, found: Left) -> list[str]:
    return [f"never done: {name}" for name in sorted(set(wanted.acts) - set(found.acts))]


def _missing(what: str, wanted: Counter[Told], found: Counter[Told]) -> Iterator[str]:
    for told, count in sorted((wanted - found).items()):
        yield f"{what} {' · '.join(told)}" + (f" ({count} times)" if count > 1 else "")


async def left(trial: Trial, trust: Path) -> Left:
    """What the trial has left by now."""
    incident = await trial.incident()
    kept = await record(trial.ledger, incident)
    found = verify(kept, signed=trusted(trust))
    alike = Alike(incident, trial.estate.url)
    progress = Progress.of(incident, kept.entries)
    return Left(
        status=str(kept.head.state["status"]) if kept.head else "",
        entries=entered(progress, kept.entries),
        estate={
            alike(name): alike(json.dumps(state, sort_keys=True)) for name, state in trial.estate.snapshot().items()
        },
        acts=Counter(alike(_act(one["liveRequest"])) for one in writes(trial.estate.exchanges)),
        told=Counter(_notices(trial.estate.topic_events)),
        owed=Counter(work.kind for work in await trial.owed()),
        fault=f"{found.fault.value} from {found.sequence} on: {found.why}" if found else "",
    )


@dataclass(frozen=True)
class Alike:
    """A text as it would be in every run."""

    incident: str
    estate: str

    def __call__(self, text: str) -> str:
        """Ids, times and the estate's address are stars."""
        plain = text.replace(self.incident, "*").replace(self.estate, "*").replace(urlsplit(self.estate).netloc, "*")
        return TIME.sub("*", VARYING.sub("*", plain))


def entered(progress: Progress, entries: tuple[Entry, ...]) -> Counter[Told]:
    """The entries by kind and effect; those that a second attempt repeats count once, its echoes not at all."""
    missed = {entry.body["label"] for entry in entries if entry.kind == "evidence_failed"}
    had = [entry for entry in entries if not (_passing(entry) or _had_later(entry, missed))]
    told = Counter((entry.kind, *_effect(progress, entry)) for entry in had)
    return Counter({name: 1 if name[0] in REPEATED else count for name, count in told.items()})


def _passing(entry: Entry) -> bool:
    """Whether it is of an attempt without an answer, of a write of ours that came back, or of the list of incidents.

    A notice that the topic did not take is such an attempt: once it has, a second entry says so.
    """
    match entry.kind:
        case "outcome":
            return entry.body["result"] in ("interrupted", "postponed", "stale")
        case "notice":
            return not entry.body["published"]
        case "signal":
            return entry.body["request_id"] is not None and entry.sequence > 1
        case "finding":
            return bool(entry.body["disposition"] == "record")
        case "status":
            return True
    return False


def _had_later(entry: Entry, missed: Container[str]) -> bool:
    """Whether it is evidence that could not be had at first: whoever looks once more than others may have it."""
    return entry.kind == "evidence" and entry.body["label"] in missed


def _effect(progress: Progress, entry: Entry) -> Iterator[str]:
    """What tells an entry from others of its kind."""
    if "step" in entry.body:
        step = progress.steps[entry.body["step"]].step
        yield f"{step.code} {VARYING.sub('*', step.target.resource.name)}"
    for name in ("call", "undo", "outcome", "clock", "due", "label", "type", "incident_class", "disposition", "kind"):
        if name in entry.body:
            yield f"{name} {entry.body[name]}"


def _act(request: Json) -> str:
    path = str(request["url"]).partition("?")[0].rpartition("/providers/")[2]
    return f"{request['method']} {path}"


def _notices(events: list[Json]) -> Iterator[Told]:
    """Each event once by its id, as a consumer that honours the id sees them."""
    for event in {event["id"]: event for event in events}.values():
        yield (event["type"], str(event["data"].get("status", "")))
