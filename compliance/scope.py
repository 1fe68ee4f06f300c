"""Whose data were taken: the disclosure list of an incident, joined with an index that the customer keeps.

The index says of each object whose it is: CSV with the columns `path, customer, state, person`. `person` is an opaque
id of the customer's own; names are never here. A person with two objects counts once.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compliance.fields import FactsInvalid
from compliance.record import token
from compliance.rows import STATES

COLUMNS = ("path", "customer", "state", "person")
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One person with one customer. `state` is a postal code or `unknown`."""

    customer: str
    state: str
    person: str


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What the list comes to. `persons` by customer, sorted; `unmatched`: objects that the index does not know."""

    affected: Mapping[str, Mapping[str, int]]
    persons: Mapping[str, tuple[str, ...]]
    unmatched: int

    def totals(self) -> dict[str, int]:
        """Persons by customer."""
        return {customer: len(persons) for customer, persons in self.persons.items()}


def read_index(page: str) -> dict[str, tuple[Subject, ...]]:
    """The index by object path; an object may hold several persons. Raises FactsInvalid with the line."""
    rows = csv.DictReader(io.StringIO(page.removeprefix("\ufeff")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise FactsInvalid("line 1", f"the columns must be {', '.join(COLUMNS)}")
    found: dict[str, list[Subject]] = defaultdict(list)
    for row in rows:
        at = f"line {rows.line_num}"
        found[_path(row["path"] or "", at)].append(_subject(row, at))
    return {path: tuple(subjects) for path, subjects in found.items()}


def _path(path: str, at: str) -> str:
    if not path.strip():
        raise FactsInvalid(f"{at}, path", "is missing")
    return path.strip().lstrip("/")


def _subject(row: Mapping[str, str], at: str) -> Subject:
    state = (row["state"] or UNKNOWN).strip()
    if state not in STATES and state != UNKNOWN:
        raise FactsInvalid(f"{at}, state", "is no postal code of a State, and not 'unknown'")
    customer, person = (token((row[name] or "").strip(), f"{at}, {name}") for name in ("customer", "person"))
    return Subject(customer=customer, state=state, person=person)


def scope(disclosed: Iterable[str], index: Mapping[str, tuple[Subject, ...]]) -> Scope:
    """Counts of persons by customer and State, for the object paths that were disclosed.

    A person known under two States, one of them `unknown`, counts in the other; under two States, in each once.
    """
    paths = {path.lstrip("/") for path in disclosed}
    states: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in paths:
        for subject in index.get(path, ()):
            states[subject.customer, subject.person].add(subject.state)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    persons: dict[str, list[str]] = defaultdict(list)
    for (customer, person), known in sorted(states.items()):
        counts[customer].update((known - {UNKNOWN}) or {UNKNOWN})
        persons[customer].append(person)
    return Scope(
        affected={customer: dict(sorted(counted.items())) for customer, counted in counts.items()},
        persons={customer: tuple(found) for customer, found in persons.items()},
        unmatched=sum(path not in index for path in paths),
    )
