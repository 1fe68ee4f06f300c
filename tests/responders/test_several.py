from datetime import UTC, datetime

from incident.canonical import canonical
from incident.entry import Draft
from responders.several import FEW, LONGEST, each, gathered

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def drafts(kind: str, count: int, size: int = 10) -> list[Draft]:
    return [Draft(kind=kind, at=NOW, body={"number": number, "text": "x" * size}) for number in range(count)]


def test_few_stand_each_for_itself_and_kinds_without_a_plural_always() -> None:
    given = [*drafts("finding", 3 * FEW), *drafts("prior", FEW), *drafts("intent", 1)]
    assert gathered(given) == given


def test_many_become_rows_that_hold_every_body_in_order_and_fit() -> None:
    given = [*drafts("plan", 1), *drafts("prior", 50, size=1500), *drafts("intent", 50, size=800)]
    found = gathered(given)
    bodies = [body for draft in found for body in each(draft.kind, draft.body)]
    assert bodies == [draft.body for draft in given]
    assert [draft.kind for draft in found] == ["plan", *["priors"] * 4, *["intents"] * 2]
    assert all(len(canonical(draft.body)) < LONGEST + 2000 for draft in found)


def test_a_body_longer_than_a_row_stands_in_one_of_its_own() -> None:
    found = gathered([*drafts("prior", FEW), *drafts("prior", 1, size=2 * LONGEST), *drafts("prior", FEW)])
    assert [len(draft.body["priors"]) for draft in found] == [FEW, 1, FEW]
