"""Who gets which letter: a merge file of opaque ids, for the customer's own system to join with names and addresses."""

from compliance.mailing import letters, merge_csv, read_merge
from compliance.record import token
from desk import scope
from desk.parts import Parts
from incident.entry import Draft
from incident.errors import Unknown
from incident.person import Person
from ledger import Ref

OWN = "own"
"""How an index and a file name ourselves."""


async def take_in(parts: Parts, person: Person, incident: str, page: str, entity: str | None = None) -> int:
    """How many letters the customer's list has (CSV of `person, template, variant`), which takes the scope's place.

    FactsInvalid names line and column, Unknown the incident that is none; nothing is kept then.
    """
    found = read_merge(page)
    if await parts.ledger.head(incident) is None:
        raise Unknown(f"there is no incident {incident}")
    whose = token(entity or OWN, "entity")
    ref = await parts.ledger.restricted.put(incident, f"persons-{whose}", merge_csv(found).encode())
    body = {"entity": whose, "letters": len(set(found)), "name": ref.name, "sha256": ref.sha256, "size": ref.size}
    await parts.ledger.append(incident, [Draft(kind="persons", at=parts.now(), by=person.id, body=body)])
    return len(set(found))


async def give_out(  # noqa: PLR0913 - what the customer may choose, by name
    parts: Parts, person: Person, incident: str, *, entity: str | None, template: str, variant: str
) -> str:
    """The merge file: the customer's own list, else everybody of the last proposed scope. The reading is entered."""
    whose = entity or OWN
    kept = [entry for entry in await parts.ledger.entries(incident, "persons") if entry.body["entity"] == whose]
    if not kept:
        found = await scope.persons(parts, person, incident, whose)
        return merge_csv(letters(found, template=template, variant=variant))
    ref = Ref(**{name: kept[-1].body[name] for name in ("name", "sha256", "size")})
    return (await parts.ledger.restricted.read(ref, by=person.id, why="letters", at=parts.now())).decode()
