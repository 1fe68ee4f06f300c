"""From each resource that a plan acts on a row leads to its incident: by it our own writes are known, coming back."""

from desk.parts import Parts
from ledger.tables import together
from responders.progress import Progress


async def lead(parts: Parts, progress: Progress) -> None:
    """The rows of every step that is still to be done, or undone: written beside it, and again after a crash."""
    ahead = (state for state in progress.steps.values() if state.outcome is None or state.being_undone)
    keys = {key(state.step.target.resource.key) for state in ahead}
    await together(parts.ledger.keys.lead(each, progress.incident) for each in sorted(keys))


def key(resource: str) -> str:
    """What the row of a resource is called."""
    return f"acted:{resource}"
