"""In which order things went over the wire: what must have ended before the next may begin."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from drills.figures import Exchange, began, ended


@dataclass(frozen=True)
class Turn:
    """Every exchange whose `METHOD path` fits the pattern, whatever its case, about so many `resources`."""

    name: str
    pattern: str
    resources: int

    def taken(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """The exchanges that fit."""
        return [one for one in exchanges if re.search(self.pattern, _said(one), re.IGNORECASE)]


def fault(turns: Sequence[Turn], exchanges: Sequence[Exchange]) -> str:
    """What was out of turn, in words: other than so many resources, or one that began before all before had ended."""
    taken = {turn: turn.taken(exchanges) for turn in turns}
    for turn, found in taken.items():
        if (count := len({_said(one).casefold() for one in found})) != turn.resources:
            return f"{turn.name}: {count} instead of {turn.resources}"
    for first, then in pairwise(turns):
        if max(map(ended, taken[first])) > min(map(began, taken[then])):
            return f"{then.name}: began before the end of {first.name}"
    return ""


def _said(exchange: Exchange) -> str:
    request = exchange["liveRequest"]
    return f"{request['method']} {str(request['url']).partition('?')[0]}"
