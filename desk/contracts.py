"""The contracts register: taken in as CSV, given out as CSV, every version kept in a chain of its own."""

from compliance.contracts import Agreement, as_csv, as_row, read_csv
from desk import carry
from desk.parts import Parts
from desk.register import CHAIN, register, versions
from incident.entry import Draft
from incident.person import Person


async def take_in(parts: Parts, person: Person, page: str) -> tuple[int, tuple[Agreement, ...]]:
    """The number of the new version, and its contracts. FactsInvalid names line and column; nothing is kept then."""
    agreements = read_csv(page)
    number = len(await versions(parts)) + 1
    body = {"version": number, "rows": [as_row(agreement) for agreement in agreements]}
    await parts.ledger.note(CHAIN, Draft(kind="contracts", at=parts.now(), by=person.id, body=body))
    await carry.anchor(parts, CHAIN)
    return number, agreements


async def give_out(parts: Parts) -> str:
    """The register as CSV."""
    return as_csv(await register(parts))
