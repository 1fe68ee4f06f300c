"""Templates filled from a matter, as text and as HTML; what is missing stands there, marked, and is listed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.notices import forms
from compliance.notices.matter import Matter

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
FORMS = ("text", "html")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One draft. `rows` are there for filings; `missing` names what the facts do not say yet."""

    name: str
    text: str
    html: str
    missing: tuple[str, ...]
    rows: tuple[tuple[str, Any], ...] = ()


class Missing:
    """Gives a value, or a mark in its place, and remembers what was missing."""

    def __init__(self, marked: Callable[[str], Any]) -> None:
        self.marked = marked
        self.names: list[str] = []

    def __call__(self, name: str, value: object) -> Any:
        """The value; the mark where there is none."""
        if value not in (None, "", [], ()):
            return value
        self.names.append(name)
        return self.marked(name)


@cache
def _environment(form: str) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=form == "html",  # noqa: S701 - the other form is plain text, which nobody renders
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _mark(form: str) -> Callable[[str], Any]:
    from markupsafe import Markup

    if form == "html":
        return lambda name: Markup("<mark>[MISSING: {}]</mark>").format(name)
    return lambda name: f"[MISSING: {name}]"


def _rendered(template: str, form: str, matter: Matter, more: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    environment = _environment(form)
    need = Missing(_mark(form))
    words = environment.get_template(f"{form}.j2").module
    page = environment.get_template(f"{template}.j2").render(w=words, m=matter, need=need, day=_day, **more)
    return page.strip() + "\n", tuple(dict.fromkeys(need.names))


def _day(value: object) -> str:
    """A day as letters write it."""
    found = value if isinstance(value, date) else date.fromisoformat(str(value)) if value else None
    return f"{found:%B} {found.day}, {found.year}" if found else ""


def sheet(name: str, template: str, matter: Matter, rows: Iterable[forms.Row] = (), **more: Any) -> Sheet:
    """The draft as text and as HTML."""
    told = tuple(rows)
    text, missing = _rendered(template, "text", matter, {**more, "rows": told})
    html, _ = _rendered(template, "html", matter, {**more, "rows": told})
    return Sheet(name=name, text=text, html=html, missing=missing, rows=told)


def sheets(matter: Matter) -> Iterator[Sheet]:
    """Every draft that the facts call for."""
    if matter.associate:
        yield sheet("associate-notice", "associate_notice", matter)
    for state in sorted(matter.affected) or ("",):
        yield sheet(f"letter-{state or 'any'}".lower(), "individual_letter", matter, state=state)
    if (matter.facts.get("substitute") or {}).get("bad_contacts", 0):
        yield sheet("substitute-notice", "substitute_notice", matter)
    for state in sorted(state for state, n in matter.affected.items() if n > 500):
        yield sheet(f"media-release-{state}".lower(), "media_release", matter, state=state)
    yield sheet("hhs-portal", "filing", matter, forms.hhs(matter), title="Breach report to the Secretary of HHS")
    for state in sorted(matter.affected):
        rows = forms.STATES.get(state, forms.other(state))(matter)
        title = f"Data for the attorney general or agency: {state}"
        yield sheet(f"state-{state}".lower(), "filing", matter, rows, title=title)
