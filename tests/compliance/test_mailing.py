import pytest

from compliance.fields import FactsInvalid
from compliance.mailing import letters, merge_csv, read_merge, read_outcomes, tally

HEAD = "person,outcome,on\n"


def returned(n: int) -> str:
    return "".join(f"p{i},mailed,2026-09-01\np{i},returned,2026-09-09\n" for i in range(n))


@pytest.mark.parametrize(("n", "substitute"), [(9, False), (10, True)])
def test_the_tenth_bad_address_starts_substitute_notice(n: int, substitute: bool) -> None:
    found = tally(read_outcomes(HEAD + returned(n)))

    assert (found.mailed, found.bad, found.substitute) == (n, n, substitute)


def test_a_letter_mailed_anew_is_a_bad_address_only_if_it_comes_back_again() -> None:
    page = HEAD + returned(10) + "p0,remailed,2026-09-12\n"

    assert tally(read_outcomes(page)).bad == 9
    assert tally(read_outcomes(page + "p0,returned,2026-09-20\n")).bad == 10


@pytest.mark.parametrize(
    "line", ["p1,lost,2026-09-01", "p1,mailed,tomorrow", "Jo Patient,mailed,2026-09-01", ",mailed,2026-09-01"]
)
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(FactsInvalid, match="line 2"):
        read_outcomes(HEAD + line + "\n")


def test_a_merge_file_names_persons_by_opaque_id_alone() -> None:
    page = merge_csv(letters(["p2", "p1", "p2"], template="individual_letter", variant="ca"))

    assert page.split() == ["person,template,variant", "p1,individual_letter,ca", "p2,individual_letter,ca"]


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("person,template,variant,name\np1,letter,ca,x\n", "line 1"),
        ("person,template,variant\nJo Patient,letter,ca\n", "line 2, person"),
        ("person,template,variant\np1,letter,ca,Jo Patient\n", "line 2"),
    ],
)
def test_a_merge_file_with_more_than_ids_is_refused_and_nothing_of_it_repeated(page: str, field: str) -> None:
    with pytest.raises(FactsInvalid) as found:
        read_merge(page)

    assert found.value.field == field
    assert "Patient" not in str(found.value)
