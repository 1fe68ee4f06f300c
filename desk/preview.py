"""Preview of harm: what each step would send, whom it would cut off, and what stays reachable. Nothing is written.

Callers are those of the last days in Log Analytics. Where the log is missing, late, cut off or without a single row,
they are unknown, with the reason: no answer is never read as nobody.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud.logs import Row
from desk.parts import Parts
from desk.status import steps
from detection.hunts import Hunt, callers
from incident.caller import Caller, Clinical
from incident.errors import TourniquetError
from incident.resource import ResourceId
from incident.target import Before
from responders import measures
from responders.command import prepared
from responders.cuts import NOBODY, cuts
from responders.measure import CARD, CONTAINER, PEERING, SECURITY_GROUP, STORAGE_ACCOUNT
from responders.progress import Progress, StepState

ROUTES = "microsoft.network/routetables"
NETWORK = "microsoft.network/virtualnetworks"


@dataclass(frozen=True, kw_only=True)
class Logged:
    """What the log gives for one root, over which time; `why` says why it gives nothing, and is empty otherwise."""

    rows: Sequence[Row] = ()
    since: datetime | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Harm:
    """One step before it runs. `unknown`: why nobody can say who calls; then both lists are empty and mean nothing."""

    state: StepState
    commands: tuple[str, ...]
    unknown: str
    cut: tuple[tuple[Caller, Clinical | None], ...] = ()
    stays: tuple[tuple[Caller, Clinical | None], ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Every step that has not ended, and what stays open when all are done."""

    incident: str
    harms: tuple[Harm, ...]
    stays_open: tuple[str, ...]


async def preview(parts: Parts, incident: str) -> Preview:
    """The preview. Unknown when there is no such incident."""
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    waiting = [state for state in steps(Progress.of(incident, entries)) if state.outcome is None]
    roots = {root for state in waiting if (root := _root(state))}
    found = dict(zip(roots, await asyncio.gather(*(_logged(parts, root) for root in roots)), strict=True))
    harms = await asyncio.gather(*(_harm(parts, state, found) for state in waiting))
    rest = [word for entry in entries if entry.kind == "plan" for word in entry.body.get("stays_open", ())]
    return Preview(incident=incident, harms=tuple(harms), stays_open=tuple(dict.fromkeys(rest)))


async def _harm(parts: Parts, state: StepState, found: Mapping[ResourceId, Logged]) -> Harm:
    measure, before = measures.by_id(state.step.measure), state.prior or Before({})
    commands = await prepared(parts.cloud, measure, state.step.target, before) if state.prior else ()
    if measure.id in NOBODY:
        return Harm(state=state, commands=commands, unknown="")
    root = _root(state)
    logged = found[root] if root else Logged(why="no log tells who uses this")
    known = _callers(state, logged)
    if not known:
        return Harm(state=state, commands=commands, unknown=logged.why or "the log holds no call of it")
    sorted_out: dict[bool, list[Caller]] = {True: [], False: []}
    for caller in known:
        sorted_out[cuts(caller, state.step, before, parts.policy)].append(caller)
    return Harm(
        state=state,
        commands=commands,
        unknown="",
        cut=tuple(callers.ranked(sorted_out[True], parts.policy.clinical)),
        stays=tuple(callers.ranked(sorted_out[False], parts.policy.clinical)),
        since=logged.since,
    )


def _callers(state: StepState, logged: Logged) -> list[Caller]:
    resource = state.step.target.resource
    if resource.climb(STORAGE_ACCOUNT) is None and _scope(resource) is None:
        return callers.talkers(logged.rows)
    container = resource.climb(CONTAINER)
    return callers.users(logged.rows, container.name if container else "")


def _root(state: StepState) -> ResourceId | None:
    """Whose log is asked: the storage account, or what carries the network."""
    resource = state.step.target.resource
    if account := resource.climb(STORAGE_ACCOUNT) or _scope(resource):
        return account
    return next((above for kind in (SECURITY_GROUP, ROUTES, CARD, PEERING) if (above := resource.climb(kind))), None)


def _scope(resource: ResourceId) -> ResourceId | None:
    """The storage account on which an extension, such as a role assignment, sits."""
    above, _, _ = resource.text.rpartition("/providers/")
    return ResourceId(above).climb(STORAGE_ACCOUNT) if above else None


async def _logged(parts: Parts, root: ResourceId) -> Logged:
    """The rows about it; the reason where there are none, or where they are not all."""
    now = parts.now()
    try:
        hunt = await _hunt(parts, root)
        rows = await parts.cloud.logs.ask(hunt.query, since=now - hunt.since, until=now)
    except (TourniquetError, ValueError) as fault:
        return Logged(why=f"the log cannot be read: {fault}")
    if len(rows) > hunt.most:
        return Logged(why=f"there are more than {hunt.most} callers; the log was cut off")
    if not rows:
        return Logged(why=f"the log holds nothing of it in {hunt.since.days} days: it may never have been sent there")
    return Logged(rows=rows, since=now - hunt.since)


async def _hunt(parts: Parts, root: ResourceId) -> Hunt:
    if root.type == STORAGE_ACCOUNT:
        return callers.of_storage(root)
    if root.type == CARD:
        return callers.of_network(callers.place(cards=[root]))
    if network := root.climb(NETWORK):
        return callers.of_network(callers.place(network=network))
    holder = await parts.cloud.arm.read(root)
    return callers.of_network(callers.place(_ids(holder, "subnets"), _ids(holder, "networkInterfaces")))


def _ids(holder: Before, name: str) -> list[ResourceId]:
    return [ResourceId.parse(str(each["id"])) for each in holder.properties.get(name) or ()]
