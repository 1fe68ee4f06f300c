"""The contracts register: who is owed what under which contract, and which data it concerns. CSV in, CSV out.

A row is one party: a customer whose data we hold, a subcontractor who holds data for us, an insurer. The chain of
associates is told by `direction`: `we_owe` them a notice, or it is `owed_to_us`.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from compliance.fields import FactsInvalid, day, text, whole, word, zone
from compliance.record import token
from compliance.rows import Unit

LONGEST_WINDOW = 3660
SHA256 = re.compile(r"[0-9a-f]{64}")
FORMULA = ("=", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


class Kind(StrEnum):
    """What the party is to us."""

    CUSTOMER = "customer"
    SUBCONTRACTOR = "subcontractor"
    INSURER = "insurer"
    OTHER = "other"


class Direction(StrEnum):
    """Who tells whom."""

    WE_OWE = "we_owe"
    OWED_TO_US = "owed_to_us"


class Notifier(StrEnum):
    """Who tells the patients."""

    US = "us"
    PARTY = "party"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One row. `resources`: ids, or beginnings of ids, of what is held for the party; none for an insurer: all.

    `entity` is the covered entity's id for a customer. Windows and triggers are those of `compliance.facts.Contract`.
    `signed_copy` is the SHA-256 of the signed paper; `last_contact_test` the day on which somebody answered there.
    """

    id: str
    party: str
    kind: Kind
    direction: Direction
    entity: str = ""
    agent: bool = False
    notifier: Notifier = Notifier.PARTY
    n: int
    unit: Unit
    trigger: str = "discovery"
    breach_only: bool = True
    permits_le_delay: bool = False
    zone: str = ""
    resources: tuple[str, ...] = ()
    effective_from: date
    effective_until: date | None = None
    contact: str
    last_contact_test: date | None = None
    signed_copy: str = ""

    def in_force(self, on: date) -> bool:
        """Whether the contract binds on that day."""
        return self.effective_from <= on <= (self.effective_until or date.max)

    def holds(self, resource: str) -> bool:
        """Whether the resource is held for the party."""
        return any(_within(resource.casefold(), root.casefold().rstrip("/")) for root in self.resources)

    @property
    def window(self) -> dict[str, Any]:
        """The contract as the facts have it."""
        found = {"id": self.id, "n": self.n, "unit": self.unit.value, "trigger": self.trigger}
        flags = {"breach_only": self.breach_only, "permits_le_delay": self.permits_le_delay}
        return found | flags | ({"zone": self.zone} if self.zone else {})


def _within(resource: str, root: str) -> bool:
    return resource == root or resource.startswith(root + "/")


NAMES = tuple(field.name for field in fields(Agreement))
_NEEDED = ("id", "party", "kind", "direction", "n", "unit", "effective_from", "contact")


def read_csv(page: str) -> tuple[Agreement, ...]:
    """The register in a CSV with a header. Raises FactsInvalid, which names line and column."""
    rows = csv.DictReader(io.StringIO(page.removeprefix("\ufeff")), strict=True)
    try:
        found = tuple(_row(row, f"line {rows.line_num}") for row in _known(rows))
    except csv.Error as wrong:
        raise FactsInvalid(f"line {rows.line_num}", "is no line of a CSV file") from wrong
    if len({agreement.id for agreement in found}) < len(found):
        raise FactsInvalid("id", "two contracts have the same")
    return found


def _known(rows: "csv.DictReader[str]") -> Iterator[Mapping[str | None, Any]]:
    for name in rows.fieldnames or ():
        if name not in NAMES:
            raise FactsInvalid("line 1", f"a column is none of {', '.join(NAMES)}")
    for name in _NEEDED:
        if name not in (rows.fieldnames or ()):
            raise FactsInvalid("line 1", f"the column {name} is missing")
    yield from (dict(row) for row in rows)


def _row(row: Mapping[str | None, Any], at: str) -> Agreement:
    if None in row or None in row.values():
        raise FactsInvalid(at, "has not as many cells as the header")
    given = {str(name): str(cell).strip() for name, cell in row.items() if str(cell).strip()}
    for name, cell in given.items():
        if cell.startswith(FORMULA):
            raise FactsInvalid(f"{at}, {name}", "begins like a formula")
    for name in _NEEDED:
        if name not in given:
            raise FactsInvalid(f"{at}, {name}", "is missing")
    return read({name: _cell(name, cell, f"{at}, {name}") for name, cell in given.items()}, at)


def _cell(name: str, cell: str, at: str) -> Any:
    """A cell as the value that JSON would have."""
    if name == "resources":
        return cell.split()
    if name == "n":
        return int(cell) if cell.isascii() and cell.isdigit() else cell
    if name in ("agent", "breach_only", "permits_le_delay"):
        return _truth(cell, at)
    return cell


def _truth(cell: str, at: str) -> bool:
    words = {"yes": True, "true": True, "no": False, "false": False}
    if cell.casefold() not in words:
        raise FactsInvalid(at, "yes or no is needed")
    return words[cell.casefold()]


def read(row: Mapping[str, Any], at: str) -> Agreement:
    """The agreement in a JSON object. Raises FactsInvalid."""
    given: dict[str, Any] = {**row, "resources": tuple(row.get("resources") or ())}
    for name, reader in _READERS.items():
        if given.get(name) not in (None, ""):
            given[name] = reader(given[name], f"{at}, {name}")
    agreement = Agreement(**{name: value for name, value in given.items() if value not in (None, "")})
    if agreement.n > LONGEST_WINDOW:
        raise FactsInvalid(f"{at}, n", f"is longer than {LONGEST_WINDOW}")
    if agreement.kind is Kind.CUSTOMER and not agreement.entity:
        raise FactsInvalid(f"{at}, entity", "is missing: a customer is a covered entity, or serves one")
    return agreement


def _unit(value: object, name: str) -> Unit:
    unit = word(Unit)(value, name)
    if unit not in {Unit.HOUR, Unit.CALENDAR, Unit.BUSINESS}:
        raise FactsInvalid(name, "is none of hour, calendar, business")
    return unit


def _zone(value: object, name: str) -> str:
    return zone(value, name).key


def _hash(value: object, name: str) -> str:
    found = text(value, name)
    if not SHA256.fullmatch(found):
        raise FactsInvalid(name, "the SHA-256 of the signed copy is needed: 64 hex digits")
    return found


_READERS: Mapping[str, Any] = {
    "id": token,
    "party": text,
    "kind": word(Kind),
    "direction": word(Direction),
    "entity": token,
    "notifier": word(Notifier),
    "n": whole,
    "unit": _unit,
    "trigger": token,
    "zone": _zone,
    "effective_from": day,
    "effective_until": day,
    "contact": text,
    "last_contact_test": day,
    "signed_copy": _hash,
}


def as_row(agreement: Agreement) -> dict[str, Any]:
    """The agreement as JSON."""
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in asdict(agreement).items()
    }


def as_csv(agreements: Iterable[Agreement]) -> str:
    """The register as a CSV that `read_csv` reads."""
    page = io.StringIO()
    writer = csv.DictWriter(page, NAMES)
    writer.writeheader()
    for agreement in agreements:
        row = as_row(agreement)
        truths = {name: "yes" if value else "no" for name, value in row.items() if isinstance(value, bool)}
        writer.writerow(row | truths | {"resources": " ".join(agreement.resources)})
    return page.getvalue()


def concerned(agreements: Sequence[Agreement], resources: Sequence[str], on: date) -> tuple[Agreement, ...]:
    """The contracts in force under which an incident on the resources is to be told, an insurer's always."""
    return tuple(
        agreement
        for agreement in agreements
        if agreement.in_force(on)
        and agreement.direction is Direction.WE_OWE
        and (agreement.kind is Kind.INSURER or any(agreement.holds(resource) for resource in resources))
    )


def unclaimed(agreements: Sequence[Agreement], resources: Sequence[str], on: date) -> tuple[str, ...]:
    """The resources that no customer's contract in force names."""
    customers = [a for a in agreements if a.kind is Kind.CUSTOMER and a.in_force(on)]
    return tuple(resource for resource in resources if not any(a.holds(resource) for a in customers))
