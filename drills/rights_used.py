"""What the identities that write have really used in a drill, against what the measures that ran declare."""

from collections.abc import Collection
from dataclasses import dataclass

from drills.estate import Estate
from responders import measures
from responders.measure import Tier
from responders.roles import OF_ITSELF

WRITING = (Tier.CONTAIN, Tier.DIRECTORY)


@dataclass(frozen=True)
class Compared:
    """Permissions, whatever their case: used beyond what is declared, and declared without having been needed here."""

    beyond: frozenset[str]
    idle: frozenset[str]

    def __str__(self) -> str:
        if self.beyond:
            return f"undeclared: {', '.join(sorted(self.beyond))}"
        return f"within ({len(self.idle)} not needed)" if self.idle else "equal"


def compared(estate: Estate, ran: Collection[str]) -> Compared:
    """`ran` are the codes of the measures that have written."""
    used = {action.casefold() for tier in WRITING for action in estate.used(tier.value)}
    declared = {
        permission.action.casefold()
        for measure in measures.every()
        if measure.code in ran
        for permission in measure.permissions
        if permission.tier in WRITING
    }
    return Compared(frozenset(used - declared - {OF_ITSELF.casefold()}), frozenset(declared - used))
