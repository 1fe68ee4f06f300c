"""Evidence of what was there and who has read it, collected beside containment, sealed in the restricted container.

Of each account, network or machine of the plan: the resource and its children, what the activity log says of it, and of
storage the stored access policies and the disclosure list. Nothing here stops a leak's containment: what cannot be had,
for whatever reason, is entered and people are told. What is in the chain is not collected again; a failure is tried
again when the incident is next taken up. What only Azure's limits keep back has not failed: it waits for them.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cloud.logs import Row
from compliance.record import Access
from desk import tell
from desk.parts import Parts
from desk.status import steps
from detection.hunts import Hunt, disclosure
from detection.hunts.exposed import Foreign, by_entity, improper
from incident.canonical import canonical
from incident.entry import Draft, Entry
from incident.errors import Throttled, TourniquetError
from incident.resource import ResourceId
from incident.target import Before
from responders.measure import SECURITY_GROUP, STORAGE_ACCOUNT
from responders.progress import Progress

log = logging.getLogger(__name__)
FAILED = "Tourniquet.Evidence.Failed"
BUDGET = timedelta(seconds=10)
PATIENCE = timedelta(seconds=1)  # what is waited for Azure's limits; the lists of storage are counted over five minutes
LATER = timedelta(minutes=5)
BACK = timedelta(days=89)
"""The activity log reaches 90 days back, and refuses a question that begins a moment earlier."""
CHILDREN = {STORAGE_ACCOUNT: "blobServices/default/containers"}
LATE = "it took longer than 10 seconds"


@dataclass(frozen=True)
class Found:
    """What was collected, and counts that may be said of it."""

    content: Any
    counts: Mapping[str, Any]


@dataclass(frozen=True)
class Collected:
    """`disclosed`: the logs have said whether somebody was at the data, and the clocks are to be reckoned anew.

    `until`: what Azure's limits have kept back can be had from then on; None when nothing was.
    """

    disclosed: bool = False
    until: datetime | None = None


@dataclass
class Look:
    """One collection: what lies below a resource is listed once for all who ask."""

    parts: Parts
    foreign: Foreign
    listed: dict[ResourceId, tuple[Before, ...]] = field(default_factory=dict)
    turns: defaultdict[ResourceId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def children(self, resource: ResourceId) -> tuple[Before, ...]:
        """Those that are part of its configuration."""
        async with self.turns[resource]:
            if resource not in self.listed:
                kind = CHILDREN.get(resource.type)
                self.listed[resource] = await self.parts.cloud.arm.children(resource, kind) if kind else ()
            return self.listed[resource]


type Collect = Callable[[Look, ResourceId], Awaitable[Found]]


async def collect(parts: Parts, progress: Progress) -> Collected:
    """Everything that is not in the chain, side by side, in ten seconds at most. Nothing is raised."""
    found = await _fenced(_collect(parts, progress))
    if isinstance(found, Exception):
        log.warning("evidence of %s could not be entered; it is tried again: %s", progress.incident, _why(found))
        await _fenced(_enter_fault(parts, progress.incident, found))
        return Collected()
    return found


async def _fenced[T](work: Awaitable[T]) -> T | Exception:
    """What it gives, or the fault in which it ends; a cancellation passes."""
    [found] = await asyncio.gather(work, return_exceptions=True)
    if isinstance(found, BaseException) and not isinstance(found, Exception):
        raise found
    return found


async def _collect(parts: Parts, progress: Progress) -> Collected:
    incident = progress.incident
    roots = {root(state.step.target.resource) for state in steps(progress)}
    if not roots:
        return Collected()
    entries = await parts.ledger.entries(incident, "evidence", "evidence_failed", "finding")
    wanted, look = tuple(_missing(entries, roots)), Look(parts, _foreign(entries))
    found = await asyncio.gather(*(_fenced(_kept(look, incident, label, resource)) for label, resource in wanted))
    drafts = [
        _failed(parts, label, resource.key, each) if isinstance(each, Exception) else each
        for (label, resource), each in zip(wanted, found, strict=True)
        if not isinstance(each, Throttled)
    ]
    known = {_what(entry.body) for entry in entries if entry.kind == "evidence_failed"}
    fresh = [draft for draft in drafts if draft.kind == "evidence" or _what(draft.body) not in known]
    stolen = any(state.incident_class in STOLEN for state in steps(progress))
    disclosed = list(_disclosures(fresh, stolen=stolen))
    if fresh:
        await parts.ledger.append(incident, [*fresh, *disclosed, *await _escalated(parts, incident, fresh)])
    short = any(isinstance(each, Throttled) for each in found)
    return Collected(disclosed=bool(disclosed), until=parts.now() + LATER if short else None)


async def again(parts: Parts, incident: str, entries: Sequence[Entry], *, last: bool) -> list[Draft]:
    """The disclosure lists that have grown since they were entered, and what they disclose.

    A log that cannot be read is entered and told when that was the `last` time: what came late is not excluded then.
    """
    latest = {entry.body["resource"]: entry.body for entry in entries if entry.kind == "evidence" and _listed(entry)}
    asked = list(dict.fromkeys(entry.body["resource"] for entry in entries if entry.kind == "disclosure"))
    look = Look(parts, _foreign(entries))
    reads = (_fenced(_grown(look, incident, ResourceId(key), latest.get(key, {}))) for key in asked)
    drafts = []
    for key, found in zip(asked, await asyncio.gather(*reads), strict=True):
        if isinstance(found, Exception):
            drafts += [_failed(parts, DISCLOSURE, key, found)] if last else []
        elif found:
            drafts.append(found)
    known = {_what(entry.body) for entry in entries if entry.kind == "evidence_failed"}
    fresh = [draft for draft in drafts if draft.kind == "evidence" or _what(draft.body) not in known]
    stolen = any(entry.body["incident_class"] in STOLEN for entry in entries if entry.kind == "finding")
    return [*fresh, *_disclosures(fresh, stolen=stolen), *await _escalated(parts, incident, fresh)]


def _listed(entry: Entry) -> bool:
    return bool(entry.body["label"] == DISCLOSURE)


def _foreign(entries: Iterable[Entry]) -> Foreign:
    return Foreign.of(entry.body for entry in entries if entry.kind == "finding")


async def _grown(look: Look, incident: str, resource: ResourceId, known: Mapping[str, Any]) -> Draft | None:
    """The list with what came late, sealed; None where nothing did. Rows that left the window take nothing away."""
    found = await _looked(look, DISCLOSURE, resource)
    if all(found.counts[name] <= known.get(name, -1) for name in GROWS):
        return None
    return await _sealed(look.parts, incident, DISCLOSURE, resource, found)


async def _enter_fault(parts: Parts, incident: str, fault: Exception) -> None:
    """That nothing could be collected is entered and told, once."""
    failed = _failed(parts, EVERYTHING, "", fault)
    known = await parts.ledger.entries(incident, "evidence_failed")
    if _what(failed.body) not in {_what(entry.body) for entry in known}:
        await parts.ledger.append(incident, [failed, *await _escalated(parts, incident, [failed])])


def _disclosures(drafts: Iterable[Draft], *, stolen: bool) -> Iterator[Draft]:
    """What the logs say of access, in neutral words; a log that cannot be had or was cut off excludes nothing."""
    for draft in drafts:
        if draft.body["label"] == DISCLOSURE:
            counts = {name: draft.body[name] for name in COUNTS if name in draft.body}
            body = {"resource": draft.body["resource"], "access": _access(draft, stolen=stolen), **counts}
            yield Draft(kind="disclosure", at=draft.at, body=body)


def _access(draft: Draft, *, stolen: bool) -> str:
    """`seen`: those have read contents who had no business there; `not_excluded`; else none was seen by the logs.

    That nobody was seen, a person may take further.

    `stolen`: a credential is, and whoever reads with it looks like those to whom it was given.
    """
    if draft.body.get("anonymous") or draft.body.get("foreign"):
        return Access.SEEN.value
    whole = draft.kind == "evidence" and draft.body["logged"] and not draft.body["cut_off"]
    told = whole and not (stolen and draft.body["reads"])
    return NONE_SEEN if told else Access.NOT_EXCLUDED.value


def root(resource: ResourceId) -> ResourceId:
    """What evidence is collected of: the account or group that holds the target, or the top of its provider."""
    for kind in (STORAGE_ACCOUNT, SECURITY_GROUP):
        if above := resource.climb(kind):
            return above
    while (above := resource.parent) is not None:
        resource = above
    return resource


def _missing(entries: Sequence[Entry], roots: Iterable[ResourceId]) -> Iterable[tuple[str, ResourceId]]:
    kept = {_what(entry.body) for entry in entries if entry.kind == "evidence"}
    for resource in sorted(roots, key=lambda each: each.key):
        for label in COLLECTED:
            concerned = label not in OF_STORAGE or resource.type == STORAGE_ACCOUNT
            if concerned and (label, resource.key) not in kept:
                yield label, resource


async def _kept(look: Look, incident: str, label: str, resource: ResourceId) -> Draft:
    """The entry of what was collected and sealed."""
    return await _sealed(look.parts, incident, label, resource, await _looked(look, label, resource))


async def _looked(look: Look, label: str, resource: ResourceId) -> Found:
    async with asyncio.timeout(BUDGET.total_seconds()):
        with look.parts.cloud.sweeping(PATIENCE):
            return await COLLECTED[label](look, resource)


async def _sealed(parts: Parts, incident: str, label: str, resource: ResourceId, found: Found) -> Draft:
    async with asyncio.timeout(BUDGET.total_seconds()):
        ref = await parts.ledger.restricted.put(incident, label, canonical(found.content))
    body = {"label": label, "resource": resource.key, "name": ref.name, "sha256": ref.sha256, "size": ref.size}
    return Draft(kind="evidence", at=parts.now(), body={**body, **found.counts})


def _failed(parts: Parts, label: str, resource: str, fault: Exception) -> Draft:
    """The entry of why it was not."""
    body = {"label": label, "resource": resource, "why": _why(fault)}
    return Draft(kind="evidence_failed", at=parts.now(), body=body)


def _why(fault: Exception) -> str:
    """A fault that nobody foresaw is told by its name alone: its text may repeat what was read."""
    if isinstance(fault, TimeoutError):
        return LATE
    known = isinstance(fault, (TourniquetError, ValueError))
    return str(fault) if known else f"a fault that was not foreseen ({type(fault).__name__})"


async def _escalated(parts: Parts, incident: str, drafts: Iterable[Draft]) -> list[Draft]:
    """People are told of each failure, once."""
    failed = [draft.body for draft in drafts if draft.kind == "evidence_failed"]
    events = [
        tell.notice(parts, incident, FAILED, "|".join(_what(body)), {"label": body["label"], "why": body["why"]})
        for body in failed
    ]
    return await tell.send(parts, events) if events else []


def _what(body: Mapping[str, Any]) -> tuple[str, str]:
    """What was collected of what; a person's words, which are evidence too, are of no resource."""
    return str(body.get("label", "")), str(body.get("resource", ""))


async def _configuration(look: Look, resource: ResourceId) -> Found:
    """The resource, raw, and its children."""
    own, children = await asyncio.gather(look.parts.cloud.arm.read(resource), look.children(resource))
    content = {"resource": own.body, "children": [child.body for child in children]}
    return Found(content, {"children": len(children)})


async def _policies(look: Look, resource: ResourceId) -> Found:
    """The stored access policies of each container; a SAS may hang from them."""
    account, children = await asyncio.gather(look.parts.cloud.arm.read(resource), look.children(resource))
    names = [str(child.body["name"]) for child in children]
    found = await asyncio.gather(*(look.parts.cloud.blobs.policies(account, name) for name in names))
    return Found(dict(zip(names, found, strict=True)), {"containers": len(names)})


async def _activity(look: Look, resource: ResourceId) -> Found:
    """What the activity log holds of it."""
    records = await look.parts.cloud.arm.activity(resource, look.parts.now() - BACK)
    return Found(records, {"records": len(records)})


async def _disclosed(look: Look, resource: ResourceId) -> Found:
    """Who has read which object, and how much; only counts leave the restricted container."""
    hunt, now = disclosure.hunt(resource), look.parts.now()
    rows, covered = await asyncio.gather(
        _asked(look.parts, hunt, until=now), _asked(look.parts, disclosure.coverage(resource), until=now)
    )
    found = disclosure.read(rows)
    logged = any(row["Records"] for row in covered)
    content = {"query": hunt.query, "since": now - hunt.since, "until": now, "rows": [asdict(each) for each in found]}
    read = improper(found, look.foreign)
    counts = {**disclosure.counted(found), "cut_off": int(len(found) > hunt.most), "logged": int(logged)}
    counts |= _foreign_counts(look, resource, read)
    since = min((each.first for each in read), default=None)
    return Found(content, {**counts, "first": since.isoformat()} if since else counts)


def _foreign_counts(look: Look, resource: ResourceId, read: Sequence[disclosure.Disclosed]) -> dict[str, Any]:
    """How often those read who are no strangers, and how many objects of which covered entity were read by either."""
    foreign = sum(each.reads for each in read if look.foreign.has(each))
    entities = by_entity(read, resource, look.parts.policy.covered_entities)
    return ({"foreign": foreign} if foreign else {}) | ({"entities": entities} if entities else {})


async def _asked(parts: Parts, hunt: Hunt, *, until: datetime) -> list[Row]:
    return await parts.cloud.logs.ask(hunt.query, since=until - hunt.since, until=until, within=BUDGET)


DISCLOSURE, ACLS, EVERYTHING = "disclosure list", "stored access policies", "evidence"
NONE_SEEN = "none_seen"
STOLEN = ("storage.sas_overprovisioned", "phi.exfiltration")
GROWS = ("objects", "reads", "bytes", "callers", "anonymous")
COUNTS = (*GROWS, "foreign", "entities", "cut_off", "logged", "sha256", "first")
OF_STORAGE = (DISCLOSURE, ACLS)
COLLECTED: Mapping[str, Collect] = {
    "configuration": _configuration,
    "activity log": _activity,
    ACLS: _policies,
    DISCLOSURE: _disclosed,
}
"""Neutral labels, and how each is had."""
