"""Whose data were taken: the disclosure list of an incident, joined with an index that the customer keeps.

The index says of each object whose it is: CSV with the columns `path, customer, state, person`. `path` is container and
blob, or a pattern: `*` stands for any characters, `{person}` for a part of the path that is the person's id. `person`
is an opaque id of the customer's own; names are never here. A person with two objects counts once.
"""

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from compliance.fields import FactsInvalid
from compliance.record import TOKEN, token
from compliance.rows import STATES

COLUMNS = ("path", "customer", "state", "person")
UNKNOWN = "unknown"
PERSON = "{person}"
MOST_STARS = 3
WILD = re.compile(r"(\*|\{person\})")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One person with one customer. `state` is a postal code or `unknown`."""

    customer: str
    state: str
    person: str


@dataclass(frozen=True, kw_only=True)
class Index:
    """Whose each object is: by its whole path, else by the first pattern that covers it."""

    exact: Mapping[str, tuple[Subject, ...]]
    patterns: tuple[tuple[re.Pattern[str], Subject], ...] = ()

    @property
    def rows(self) -> int:
        """How many lines it has."""
        return sum(map(len, self.exact.values())) + len(self.patterns)

    def of(self, path: str) -> tuple[Subject, ...]:
        """The persons whose data the object holds; none when the index does not know it."""
        return self.exact.get(path) or tuple(self._covering(path))[:1]

    def _covering(self, path: str) -> Iterator[Subject]:
        for pattern, subject in self.patterns:
            if found := pattern.fullmatch(path):
                yield replace(subject, person=found.groupdict().get("person", subject.person))


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What the list comes to. `persons` by customer, sorted; `unmatched`: objects that the index does not know."""

    affected: Mapping[str, Mapping[str, int]]
    persons: Mapping[str, tuple[str, ...]]
    unmatched: int

    def totals(self) -> dict[str, int]:
        """Persons by customer."""
        return {customer: len(persons) for customer, persons in self.persons.items()}


def read_index(page: str) -> Index:
    """The index in the CSV; an object may hold several persons. Raises FactsInvalid with the line."""
    rows = csv.DictReader(io.StringIO(page.removeprefix("\ufeff")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise FactsInvalid("line 1", f"the columns must be {', '.join(COLUMNS)}")
    exact: dict[str, list[Subject]] = defaultdict(list)
    patterns: list[tuple[re.Pattern[str], Subject]] = []
    for row in rows:
        at = f"line {rows.line_num}"
        path = _path(row["path"] or "", at)
        if WILD.search(path):
            patterns.append((_pattern(path, at), _subject(row, at, taken=PERSON in path)))
        else:
            exact[path].append(_subject(row, at))
    return Index(exact={path: tuple(subjects) for path, subjects in exact.items()}, patterns=tuple(patterns))


def _pattern(path: str, at: str) -> re.Pattern[str]:
    """The pattern; `{person}` takes one part of the path, as far as it is an id."""
    if path.count(PERSON) > 1 or path.count("*") > MOST_STARS:
        raise FactsInvalid(f"{at}, path", f"may name the person once, and have {MOST_STARS} stars")
    wild = {"*": ".*", PERSON: f"(?P<person>{TOKEN.pattern})"}
    return re.compile("".join(wild.get(piece) or re.escape(piece) for piece in WILD.split(path)), re.DOTALL)


def _path(path: str, at: str) -> str:
    if not path.strip():
        raise FactsInvalid(f"{at}, path", "is missing")
    return path.strip().lstrip("/")


def _subject(row: Mapping[str, str], at: str, *, taken: bool = False) -> Subject:
    """The line's person; `taken`: from the path, of which the column says so."""
    state = (row["state"] or UNKNOWN).strip()
    if state not in STATES and state != UNKNOWN:
        raise FactsInvalid(f"{at}, state", "is no postal code of a State, and not 'unknown'")
    customer, person = ((row[name] or "").strip() for name in ("customer", "person"))
    if taken != (person == PERSON):
        raise FactsInvalid(f"{at}, person", f"must be {PERSON} where the path names it, and nowhere else")
    return Subject(
        customer=token(customer, f"{at}, customer"),
        state=state,
        person=person if taken else token(person, f"{at}, person"),
    )


def scope(disclosed: Iterable[str], index: Index) -> Scope:
    """Counts of persons by customer and State, for the object paths that were disclosed.

    A person known under two States, one of them `unknown`, counts in the other; under two States, in each once.
    """
    held = {path: index.of(path) for path in {path.lstrip("/") for path in disclosed}}
    states: dict[tuple[str, str], set[str]] = defaultdict(set)
    for subjects in held.values():
        for subject in subjects:
            states[subject.customer, subject.person].add(subject.state)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    persons: dict[str, list[str]] = defaultdict(list)
    for (customer, person), known in sorted(states.items()):
        counts[customer].update((known - {UNKNOWN}) or {UNKNOWN})
        persons[customer].append(person)
    return Scope(
        affected={customer: dict(sorted(counted.items())) for customer, counted in counts.items()},
        persons={customer: tuple(found) for customer, found in persons.items()},
        unmatched=sum(not subjects for subjects in held.values()),
    )
