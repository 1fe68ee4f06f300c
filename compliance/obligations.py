"""docs/obligations.md, written from the rows."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from compliance.rows import Row

HEAD = """\
# Who must be told, by when

Written from `compliance/law/` by `python -m compliance obligations`; edit the rows, not this page. It is a reading of
the law and not legal advice. "seen" means that the number was read in the source named; a row counts as agreed only
with the date of counsel's review. Rows marked "off" start nothing until a user enables them.
"""


def page(rows: Iterable[Row]) -> str:
    """The whole page, one section per jurisdiction, federal law first."""
    ordered = sorted(rows, key=lambda row: (row.jurisdiction != "US", row.jurisdiction))
    sections = (_section(place, list(group)) for place, group in groupby(ordered, key=lambda row: row.jurisdiction))
    return "\n".join([HEAD, *sections])


def _section(place: str, rows: list[Row]) -> str:
    title = "Federal" if place == "US" else place
    return f"## {title}\n\n" + "\n".join(line for row in rows for line in _lines(row))


def _lines(row: Row) -> Iterator[str]:
    yield f"### {row.id}{_version(row)}{'' if row.enabled else ' (off)'}\n"
    yield f"- {_words(row.obligor)} owes {row.recipient}: {_period(row)}"
    yield f"- threshold: {row.threshold}; data: {row.data}{f'; only where `{row.flag}`' if row.flag else ''}"
    yield f"- counting: {row.counting}"
    yield f"- hold: {row.hold}; HIPAA: {row.hipaa}{' (clause seen)' if row.hipaa_verified else ''}"
    yield f"- silenced by: {', '.join(sorted(row.shelter)) or 'nothing'}"
    yield f"- {row.citation}. Source: {row.source} ({'seen' if row.verified else 'not verified'})"
    yield f"- counsel review: {row.counsel_reviewed or 'outstanding'}"
    if row.notes:
        yield f"- {row.notes}"
    yield ""


def _version(row: Row) -> str:
    parts = [f"from {row.effective_from}"] if row.effective_from else []
    parts += [f"until {row.effective_until}"] if row.effective_until else []
    return f", {' '.join(parts)}" if parts else ""


def _period(row: Row) -> str:
    if not row.dated:
        return "without unreasonable delay, no number in the text"
    after = f"{row.duration} {row.unit.words} from {_words(row.trigger)}"
    return after + (f", not later than {_words(row.not_later_than)}" if row.not_later_than else "")


def _words(name: str) -> str:
    return name.replace("_", " ")
