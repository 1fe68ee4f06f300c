from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from compliance.notices import Matter, Sheet, sheets

WORDS = {
    "breach.what_happened": "A container was open <to anyone>.",
    "breach.what_we_do": "We closed it.",
    "breach.what_you_can_do": "Look at your bills.",
    "breach.safeguards": "We watch it now.",
}
FACTS: dict[str, Any] = {
    "affected": {"CA": 20, "TX": 501, "OK": 3},
    "data": ["medical", "ssn"],
    "breach": {"began": "2026-08-01", "ended": "2026-08-03", "law_enforcement": False, "type": "unauthorized-access"},
}
ENTITY = {
    "name": "Clinic",
    "kind": "provider",
    "address": "1 Main St",
    "contact": "Privacy",
    "phone": "800-555-0100",
    "mail": "p@c.example",
}
MATTER = Matter(
    incident="inc-1",
    entity=ENTITY,
    facts=FACTS,
    words=WORDS,
    discovered_on=date(2026, 8, 11),
    written_on=date(2026, 9, 1),
)
FIVE = (
    "What Happened",
    "What Information Was Involved",
    "What We Are Doing",
    "What You Can Do",
    "For More Information",
)


def drafts(matter: Matter = MATTER) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in sheets(matter)}


def test_a_letter_has_the_five_elements_and_misses_nothing() -> None:
    letter = drafts()["letter-ca"]

    assert [heading for heading in FIVE if heading in letter.text] == list(FIVE)
    assert "August 1, 2026" in letter.text
    assert "August 11, 2026" in letter.text
    assert "Notice of Data Breach" in letter.text
    assert letter.missing == ()


def test_california_is_offered_a_year_of_identity_protection_and_all_hear_of_the_bureaus() -> None:
    found = drafts()

    assert "12 months" in found["letter-ca"].text
    assert "identity protection" not in found["letter-tx"].text
    assert "Experian" in found["letter-tx"].text


@pytest.mark.parametrize("form", ["text", "html"])
def test_what_is_missing_stands_there_marked(form: str) -> None:
    bare = replace(MATTER, words={}, entity={}, facts={"affected": {"TX": 2}})

    letter = drafts(bare)["letter-tx"]

    assert "[MISSING: what happened]" in getattr(letter, form)
    assert {"what happened", "toll-free number", "kinds of information", "first day of the breach"} <= set(
        letter.missing
    )


def test_words_of_people_are_no_html() -> None:
    assert "&lt;to anyone&gt;" in drafts()["letter-tx"].html
    assert "<to anyone>" in drafts()["letter-tx"].text


def test_more_than_500_in_a_state_make_a_media_release() -> None:
    assert [name for name in drafts() if name.startswith("media")] == ["media-release-tx"]


@pytest.mark.parametrize(("bad", "how"), [(9, "by telephone"), (10, "home page for 90 days")])
def test_ten_bad_addresses_ask_for_a_posting(bad: int, how: str) -> None:
    matter = replace(MATTER, facts={**FACTS, "substitute": {"bad_contacts": bad}})

    assert how in drafts(matter)["substitute-notice"].text


def test_the_portal_is_filled_in_its_order_as_initial_or_addendum() -> None:
    rows = dict(drafts()["hhs-portal"].rows)
    filed = {
        "clock": "US-HIPAA-HHS-500",
        "sent_at": "2026-10-01T00:00:00Z",
        "filing": "addendum",
        "tracking_number": "TN1",
        "proof": {},
    }
    again = dict(drafts(replace(MATTER, facts={**FACTS, "notices": [filed]}))["hhs-portal"].rows)

    assert list(rows)[:4] == [
        "Report type",
        "Tracking number of the initial report",
        "Affected individuals",
        "Filing as",
    ]
    assert rows["Report type"] == "initial"
    assert rows["Media notice"] == "yes: TX"
    assert (again["Report type"], again["Tracking number of the initial report"]) == ("addendum", "TN1")
    assert "Attestation: name" in drafts()["hhs-portal"].missing


def test_texas_asks_six_things_and_oklahoma_three_more() -> None:
    found = drafts()

    assert len(found["state-tx"].rows) == 6
    assert {"Date of its determination", "Monetary impact, in dollars"} <= set(found["state-ok"].missing)
    assert "Reasonable safeguards employed" in dict(found["state-ok"].rows)


def test_an_associate_tells_each_covered_entity_whose_data_they_are() -> None:
    us = {"name": "Host Inc", "contact": "Security"}
    matter = replace(MATTER, associate=us, persons=("p1", "p2"))

    assert "2 ids are in the file persons.csv" in drafts(matter)["associate-notice"].text
    assert "identification of each individual" in drafts(replace(matter, persons=()))["associate-notice"].missing
    assert dict(drafts(matter)["hhs-portal"].rows)["Business associate: name"] == "Host Inc"
