"""Evidence of what was there and who has read it, collected beside containment, sealed in the restricted container.

Of each account, network or machine of the plan: the resource and its children, what the activity log says of it, and of
storage the stored access policies and the disclosure list. Nothing here stops a leak's containment: what cannot be had
is entered and people are told. What is in the chain is not collected again; a failure is tried again when the incident
is next taken up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from desk import tell
from desk.parts import Parts
from desk.status import steps
from detection.hunts import disclosure
from incident.canonical import canonical
from incident.entry import Draft, Entry
from incident.errors import TourniquetError
from incident.resource import ResourceId
from responders.measure import SECURITY_GROUP, STORAGE_ACCOUNT
from responders.progress import Progress

log = logging.getLogger(__name__)
FAILED = "Tourniquet.Evidence.Failed"
BUDGET = timedelta(seconds=10)
BACK = timedelta(days=89)
"""The activity log reaches 90 days back, and refuses a question that begins a moment earlier."""
CHILDREN = {STORAGE_ACCOUNT: "blobServices/default/containers"}
LATE = "it took longer than 10 seconds"


@dataclass(frozen=True)
class Found:
    """What was collected, and counts that may be said of it."""

    content: Any
    counts: Mapping[str, int]


type Collect = Callable[[Parts, ResourceId], Awaitable[Found]]


async def collect(parts: Parts, progress: Progress) -> None:
    """Everything that is not in the chain, side by side, in ten seconds at most. Nothing is raised."""
    try:
        await _collect(parts, progress)
    except TourniquetError as fault:
        log.warning("evidence of %s could not be entered; it is tried again: %s", progress.incident, fault)


async def _collect(parts: Parts, progress: Progress) -> None:
    incident = progress.incident
    roots = {root(state.step.target.resource) for state in steps(progress)}
    if not roots:
        return
    entries = await parts.ledger.entries(incident, "evidence", "evidence_failed")
    wanted = tuple(_missing(entries, roots))
    drafts = await asyncio.gather(*(_kept(parts, incident, label, resource) for label, resource in wanted))
    known = {_what(entry.body) for entry in entries if entry.kind == "evidence_failed"}
    fresh = [draft for draft in drafts if draft.kind == "evidence" or _what(draft.body) not in known]
    if fresh:
        await parts.ledger.append(incident, [*fresh, *await _escalated(parts, incident, fresh)])


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


async def _kept(parts: Parts, incident: str, label: str, resource: ResourceId) -> Draft:
    """The entry of what was collected and sealed, or of why it was not."""
    body: dict[str, Any] = {"label": label, "resource": resource.key}
    try:
        async with asyncio.timeout(BUDGET.total_seconds()):
            with parts.cloud.sweeping():
                found = await COLLECTED[label](parts, resource)
            ref = await parts.ledger.restricted.put(incident, label, canonical(found.content))
    except (TourniquetError, TimeoutError, ValueError) as fault:
        why = str(fault) or LATE
        return Draft(kind="evidence_failed", at=parts.now(), body={**body, "why": why})
    body |= {"name": ref.name, "sha256": ref.sha256, "size": ref.size, **found.counts}
    return Draft(kind="evidence", at=parts.now(), body=body)


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


async def _configuration(parts: Parts, resource: ResourceId) -> Found:
    """The resource, raw, and its children."""
    own = await parts.cloud.arm.read(resource)
    kind = CHILDREN.get(resource.type)
    children = await parts.cloud.arm.children(resource, kind) if kind else ()
    content = {"resource": own.body, "children": [child.body for child in children]}
    return Found(content, {"children": len(children)})


async def _policies(parts: Parts, resource: ResourceId) -> Found:
    """The stored access policies of each container; a SAS may hang from them."""
    account = await parts.cloud.arm.read(resource)
    names = [str(child.body["name"]) for child in await parts.cloud.arm.children(resource, CHILDREN[STORAGE_ACCOUNT])]
    found = await asyncio.gather(*(parts.cloud.blobs.policies(account, name) for name in names))
    return Found(dict(zip(names, found, strict=True)), {"containers": len(names)})


async def _activity(parts: Parts, resource: ResourceId) -> Found:
    """What the activity log holds of it."""
    records = await parts.cloud.arm.activity(resource, parts.now() - BACK)
    return Found(records, {"records": len(records)})


async def _disclosed(parts: Parts, resource: ResourceId) -> Found:
    """Who has read which object, and how much; only counts leave the restricted container."""
    hunt, now = disclosure.hunt(resource), parts.now()
    rows = await parts.cloud.logs.ask(hunt.query, since=now - hunt.since, until=now, within=BUDGET)
    found = disclosure.read(rows)
    content = {"query": hunt.query, "since": now - hunt.since, "until": now, "rows": [asdict(each) for each in found]}
    return Found(content, {**disclosure.counted(found), "cut_off": int(len(found) > hunt.most)})


DISCLOSURE, ACLS = "disclosure list", "stored access policies"
OF_STORAGE = (DISCLOSURE, ACLS)
COLLECTED: Mapping[str, Collect] = {
    "configuration": _configuration,
    "activity log": _activity,
    ACLS: _policies,
    DISCLOSURE: _disclosed,
}
"""Neutral labels, and how each is had."""
