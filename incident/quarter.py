"""A quarter of the calendar year, such as 2026-Q4."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

WRITTEN = re.compile(r"(20[0-9]{2})-Q([1-4])")


@dataclass(frozen=True, order=True)
class Quarter:
    """The year, and which of its four quarters, from 1."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The quarter that is written so. ValueError."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError("a quarter such as 2026-Q4 is needed")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The quarter in which the day lies."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def after(self) -> "Quarter":
        """The next one."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def before(self, quarters: int) -> "Quarter":
        """The one so many quarters earlier."""
        place = self.year * 4 + self.number - 1 - quarters
        return Quarter(place // 4, place % 4 + 1)

    def until(self, last: "Quarter") -> Iterator["Quarter"]:
        """From this one to the last, both among them; none when the last lies before."""
        each = self
        while each <= last:
            yield each
            each = each.after
