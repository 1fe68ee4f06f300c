"""The mailing of letters, by opaque person id: names and addresses are joined in the customer's own system.

A merge file says who gets which letter. What came of it comes back as a CSV of `person, outcome, on`; the tenth bad
address starts the duties of substitute notice (45 CFR 164.404(d)(2)(ii)).
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from compliance.fields import FactsInvalid, day, word
from compliance.record import token

COLUMNS = ("person", "outcome", "on")
MERGED = ("person", "template", "variant")
MANY = 10
"""So many bad addresses ask for a posting or the media, and a toll-free number."""


class Outcome(StrEnum):
    """What became of a letter."""

    MAILED = "mailed"
    RETURNED = "returned"
    REMAILED = "remailed"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One line of what came back."""

    person: str
    outcome: Outcome
    on: date


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Where the mailing stands: persons written to, and those whose address is bad."""

    mailed: int
    bad: int
    first: date | None
    last: date | None

    @property
    def substitute(self) -> bool:
        """Whether the duties of ten bad addresses have begun."""
        return self.bad >= MANY


@dataclass(frozen=True, kw_only=True, order=True)
class Letter:
    """Who gets which letter: an opaque id, and the names of a template and its variant."""

    person: str
    template: str
    variant: str


def letters(persons: Iterable[str], *, template: str, variant: str) -> tuple[Letter, ...]:
    """The same letter for everybody. FactsInvalid where a name is more than a word."""
    names = {"template": token(template, "template"), "variant": token(variant, "variant")}
    return tuple(Letter(person=person, **names) for person in persons)


def merge_csv(letters: Iterable[Letter]) -> str:
    """The merge file: `person, template, variant`, sorted, each letter once."""
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(MERGED)
    writer.writerows((letter.person, letter.template, letter.variant) for letter in sorted(set(letters)))
    return page.getvalue()


def read_merge(page: str) -> tuple[Letter, ...]:
    """The letters in a merge file. Raises FactsInvalid with line and column; a value is never repeated."""
    rows = csv.DictReader(io.StringIO(page.removeprefix("\ufeff")))
    if tuple(rows.fieldnames or ()) != MERGED:
        raise FactsInvalid("line 1", f"the columns must be {', '.join(MERGED)}, and no other")
    return tuple(_letter(row, f"line {rows.line_num}") for row in rows)


def _letter(row: Mapping[str | None, str | None], at: str) -> Letter:
    if None in row:
        raise FactsInvalid(at, "has more columns than the first line")
    return Letter(**{name: token(row[name], f"{at}, {name}") for name in MERGED})


def read_outcomes(page: str) -> tuple[Delivery, ...]:
    """What came back. Raises FactsInvalid with line and column."""
    rows = csv.DictReader(io.StringIO(page.removeprefix("\ufeff")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise FactsInvalid("line 1", f"the columns must be {', '.join(COLUMNS)}")
    return tuple(_delivery(row, f"line {rows.line_num}") for row in rows)


def _delivery(row: Mapping[str, str | None], at: str) -> Delivery:
    return Delivery(
        person=token(row["person"], f"{at}, person"),
        outcome=word(Outcome)(row["outcome"], f"{at}, outcome"),
        on=day(row["on"], f"{at}, on"),
    )


def tally(deliveries: Iterable[Delivery]) -> Tally:
    """The last word on each person counts; a letter that was mailed anew and has not come back is no bad address."""
    last: dict[str, Delivery] = {}
    ordered = sorted(deliveries, key=lambda delivery: (delivery.on, list(Outcome).index(delivery.outcome)))
    for delivery in ordered:
        last[delivery.person] = delivery
    sent = [delivery.on for delivery in ordered if delivery.outcome is not Outcome.RETURNED]
    return Tally(
        mailed=len(last),
        bad=sum(delivery.outcome is Outcome.RETURNED for delivery in last.values()),
        first=min(sent, default=None),
        last=max(sent, default=None),
    )
