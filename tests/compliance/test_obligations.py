from pathlib import Path

from compliance.obligations import page
from compliance.rulebook import shipped

PAGE = Path(__file__).parents[2] / "docs" / "obligations.md"


def test_the_page_in_the_tree_is_what_the_rows_say() -> None:
    assert PAGE.read_text("utf-8") == page(shipped()), "run: python -m compliance obligations > docs/obligations.md"


def test_every_row_is_on_the_page_with_its_citation() -> None:
    text = page(shipped())

    assert all(f"### {row.id}" in text and row.citation in text for row in shipped())


def test_rows_that_are_off_say_so() -> None:
    assert "### US-CIRCIA-72H (off)" in page(shipped())
