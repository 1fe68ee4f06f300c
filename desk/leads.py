"""From each resource that a plan acts on a row leads to its incident: by it our own writes are known, coming back."""

from itertools import batched

from cloud.clock import give_way
from desk.parts import Parts
from ledger.tables import together
from responders.runner import Act

AT_ONCE = 4


async def lead(parts: Parts, act: Act) -> None:
    """The rows of every step that is still to be done, or undone: written beside it, and again after a crash.

    Once in each invocation, in plan order and a few together: rows for fifty accounts do not crowd out the calls that
    they stand beside.
    """
    await give_way()
    ahead = (state for state in act.progress.steps.values() if state.outcome is None or state.being_undone)
    keys = [
        each for each in dict.fromkeys(key(state.step.target.resource.key) for state in ahead) if each not in act.led
    ]
    for some in batched(keys, AT_ONCE, strict=False):
        await together(parts.ledger.keys.lead(each, act.progress.incident) for each in some)
        act.led.update(some)


def key(resource: str) -> str:
    """What the row of a resource is called."""
    return f"acted:{resource}"
