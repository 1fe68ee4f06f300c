"""Filings as rows in the order of their forms: HHS portal, State attorneys general.

The portal's fields are those of OMB 0945-0010 as published; the wording of its checkboxes is from memory.
"""

from collections.abc import Callable, Iterator

from compliance.notices.matter import Matter

type Row = tuple[str, object]


def _said(matter: Matter, path: str) -> str | None:
    return matter.words.get(path)


def _days(matter: Matter, clock: str) -> tuple[str | None, str | None]:
    """First and last day on which notices went out."""
    days = sorted(notice["sent_at"][:10] for notice in matter.sent(clock))
    return (days[0], days[-1]) if days else (None, None)


def hhs(matter: Matter) -> Iterator[Row]:
    """The breach report to the Secretary, in the portal's order; None is missing, an empty text does not apply."""
    yield from _filer(matter)
    yield from _breach(matter)
    yield from _notices(matter)
    yield "Attestation: name", _last_words(matter, "attester")
    yield "Attestation: date", _last(matter, "sent_at")
    yield "Receipt", _last_words(matter, "receipt")


def _filer(matter: Matter) -> Iterator[Row]:
    filing = _last(matter, "filing") or "initial"
    yield "Report type", filing
    yield "Tracking number of the initial report", _last(matter, "tracking_number") if filing == "addendum" else ""
    total = matter.total
    yield "Affected individuals", None if total is None else "500 or more" if total >= 500 else "fewer than 500"
    yield "Filing as", "a business associate, for the covered entity" if matter.associate else "the covered entity"
    for name in ("name", "kind", "address", "contact", "mail", "phone"):
        yield f"Covered entity: {name}", matter.entity.get(name)
    for name in ("name", "address", "contact", "mail", "phone"):
        yield f"Business associate: {name}", matter.associate.get(name) if matter.associate else ""


def _breach(matter: Matter) -> Iterator[Row]:
    breach = matter.breach
    yield "Breach: first day", breach.get("began")
    yield "Breach: last day", breach.get("ended")
    yield "Discovery: first day", matter.discovered_on.isoformat()
    yield "Discovery: last day", matter.discovered_on.isoformat()
    yield "Approximate number of individuals", matter.total
    yield "Type of breach", breach.get("type")
    yield "Location of the information", breach.get("location")
    yield "Type of protected health information", ", ".join(breach.get("phi_types") or ()) or None
    yield "Elements", ", ".join(matter.categories) or None
    yield "What happened", _said(matter, "breach.what_happened")
    yield "Safeguards in place before", ", ".join(breach.get("safeguards_in_place") or ()) or None


def _notices(matter: Matter) -> Iterator[Row]:
    first, last = _days(matter, "US-HIPAA-IND")
    yield "Individual notice: first day", first
    yield "Individual notice: last day", last
    bad = (matter.facts.get("substitute") or {}).get("bad_contacts", 0)
    yield "Substitute notice", "yes, 10 or more" if bad >= 10 else "yes, fewer than 10" if bad else "no"
    media = sorted(state for state, n in matter.affected.items() if n > 500)
    yield "Media notice", f"yes: {', '.join(media)}" if media else "no"
    yield "Actions taken", ", ".join(matter.breach.get("actions_taken") or ()) or None
    yield "Actions taken, in words", _said(matter, "breach.what_we_do")


def _filings(matter: Matter) -> list[dict[str, object]]:
    clocks = ("US-HIPAA-HHS-500", "US-HIPAA-HHS-ANNUAL")
    return [dict(notice) for clock in clocks for notice in matter.sent(clock)]


def _last(matter: Matter, name: str) -> object:
    return next((notice[name] for notice in reversed(_filings(matter)) if notice.get(name)), None)


def _last_words(matter: Matter, name: str) -> object:
    ends = f".{name}"
    return next(
        (words for path, words in matter.words.items() if path.startswith("notices") and path.endswith(ends)), None
    )


def texas(matter: Matter) -> Iterator[Row]:
    """Tex. Bus. & Com. Code 521.053(i): six items."""
    yield "Nature and circumstances of the breach", _said(matter, "breach.what_happened")
    yield "Number of residents affected", matter.affected.get("TX")
    yield "Number of residents who have been sent a disclosure", _told(matter)
    yield "Measures taken", _said(matter, "breach.what_we_do")
    yield "Measures intended", _said(matter, "breach.safeguards")
    yield "Law enforcement is engaged", _yes(matter, "law_enforcement")


def oklahoma(matter: Matter) -> Iterator[Row]:
    """24 O.S. 163 as amended from 2026: what it asks besides."""
    yield "Date of the breach", matter.breach.get("began")
    yield "Date of its determination", (matter.facts.get("determination") or {}).get("at", "")[:10] or None
    yield "Nature of the breach", _said(matter, "breach.what_happened")
    yield "Type of information", ", ".join(matter.categories) or None
    yield "Number of residents affected", matter.affected.get("OK")
    yield "Monetary impact, in dollars", matter.breach.get("monetary_impact")
    yield "Reasonable safeguards employed", ", ".join(matter.breach.get("safeguards_in_place") or ()) or None


def other(state: str) -> Callable[[Matter], Iterator[Row]]:
    """What other States' forms commonly ask."""

    def rows(matter: Matter) -> Iterator[Row]:
        yield "Entity", matter.entity.get("name")
        yield "Contact", matter.entity.get("contact")
        yield "Date of the breach", matter.breach.get("began")
        yield "Date of its discovery", matter.discovered_on.isoformat()
        yield "What happened", _said(matter, "breach.what_happened")
        yield "Type of information", ", ".join(matter.categories) or None
        yield f"Number of residents of {state}", matter.affected.get(state)
        yield "Date of notice to residents", _days(matter, "US-HIPAA-IND")[0]
        yield "Identity protection offered, in months", matter.protection(state) or ""

    return rows


STATES = {"TX": texas, "OK": oklahoma}


def _told(matter: Matter) -> object:
    counts = [notice.get("count", 0) for notice in (*matter.sent("TX-IND"), *matter.sent("US-HIPAA-IND"))]
    return sum(counts) if counts else None


def _yes(matter: Matter, name: str) -> str | None:
    return {True: "yes", False: "no", None: None}[matter.breach.get(name)]
