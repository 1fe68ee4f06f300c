from datetime import date

import pytest

from compliance.contracts import as_csv, as_row, concerned, read, read_csv, unclaimed
from compliance.fields import FactsInvalid
from compliance.scope import read_index, scope

HEAD = "id,party,kind,direction,entity,n,unit,effective_from,effective_until,contact,resources,agent,zone\n"
STORE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/phi"
HELD = f"{STORE}/blobServices/default/containers/acme"
ACME = f"acme,Acme,customer,we_owe,acme,48,hour,2026-01-01,,+1 555 0100,{HELD},yes,America/Denver\n"
INSURER = "cyber,Mutual,insurer,we_owe,,3,calendar,2026-01-01,2026-12-31,claims@mutual.example,,no,\n"
BELOW = f"sub,Sub,subcontractor,owed_to_us,,24,hour,2026-01-01,,sub@example,{STORE},no,\n"
DAY = date(2026, 8, 1)


def test_a_register_comes_back_as_it_went_out() -> None:
    register = read_csv(HEAD + ACME + INSURER + BELOW)

    assert read_csv(as_csv(register)) == register
    assert tuple(read(as_row(row), "x") for row in register) == register


def test_scope_and_dates_decide_which_contracts_are_concerned_and_the_insurer_always_is() -> None:
    register = read_csv(HEAD + ACME + INSURER + BELOW)
    container = HELD.upper()

    assert [row.id for row in concerned(register, [container], DAY)] == ["acme", "cyber"]
    assert [row.id for row in concerned(register, [STORE + "2"], DAY)] == ["cyber"]
    assert [row.id for row in concerned(register, [container], date(2027, 8, 1))] == ["acme"]


def test_a_container_that_no_customer_claims_is_named() -> None:
    register = read_csv(HEAD + ACME)

    assert unclaimed(register, [f"{STORE}/blobServices/default/containers/other"], DAY)
    assert not unclaimed(register, [f"{STORE}/blobServices/default/containers/acme"], DAY)


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (HEAD + ACME.replace("48", "soon"), "line 2, n"),
        (HEAD + ACME.replace("hour", "fortnight"), "line 2, unit"),
        (HEAD + ACME.replace("yes", "perhaps"), "line 2, agent"),
        (HEAD + ACME.replace("America/Denver", "Denver"), "line 2, zone"),
        (HEAD + ACME.replace("Acme", "=cmd()"), "line 2, party"),
        (HEAD + ACME.replace(",acme,48", ",,48"), "line 2, entity"),
        (HEAD + ACME + ACME, "id"),
        (HEAD + "acme,Acme\n", "line 2"),
        ("id,party\n", "line 1"),
        ("colour\n", "line 1"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(page: str, name: str) -> None:
    with pytest.raises(FactsInvalid) as wrong:
        read_csv(page)

    assert wrong.value.field == name


INDEX = (
    "path,customer,state,person\nscans/1,acme,TX,p1\nscans/2,acme,TX,p1\nscans/2,acme,unknown,p2\nnotes/1,beta,OK,p1\n"
)


def test_a_disclosure_list_becomes_persons_by_customer_and_state() -> None:
    found = scope(["/scans/1", "scans/2", "scans/2", "notes/1", "other"], read_index(INDEX))

    assert found.affected == {"acme": {"TX": 1, "unknown": 1}, "beta": {"OK": 1}}
    assert found.persons == {"acme": ("p1", "p2"), "beta": ("p1",)}
    assert (found.totals(), found.unmatched) == ({"acme": 2, "beta": 1}, 1)


@pytest.mark.parametrize("line", ["scans/1,acme,Texas,p1", "scans/1,acme,TX,Jo Patient", ",acme,TX,p1"])
def test_an_index_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(FactsInvalid, match="line 2"):
        read_index("path,customer,state,person\n" + line + "\n")


PATTERNED = """path,customer,state,person
scans/1.dcm,north,CO,p1
scans/{person}/*,north,unknown,{person}
notes/*,south,TX,everybody
"""


def test_a_pattern_says_whose_an_object_is_where_its_path_does_not_stand_there() -> None:
    found = scope(["scans/1.dcm", "scans/p7/a/b.dcm", "scans/p7/c.dcm", "notes/x", "else"], read_index(PATTERNED))

    assert found.persons == {"north": ("p1", "p7"), "south": ("everybody",)}
    assert found.affected == {"north": {"CO": 1, "unknown": 1}, "south": {"TX": 1}}
    assert found.unmatched == 1


@pytest.mark.parametrize("line", ["scans/{person},n,CO,p1", "a/b,n,CO,{person}", "{person}/{person},n,CO,{person}"])
def test_a_pattern_and_its_person_must_fit(line: str) -> None:
    with pytest.raises(FactsInvalid):
        read_index(f"path,customer,state,person\n{line}\n")
