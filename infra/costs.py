"""docs/cost.md: what each module says that it costs in a month."""

from collections.abc import Mapping

from infra.module import Module, modules

PARTS = {
    "core": ("Always there", ""),
    "optional": ("Off, until its switch is on", "Each is switched on by the parameter of the install that is named."),
    "apart": ("A step of its own", "Deployed by hand, never by the install."),
}
HEAD = """\
# What it costs

Made from what the modules say of themselves by `make templates`; do not edit. Figures are list prices in US dollars,
pay as you go, without tax and without a contract's discount, from the price pages that each row names; where a price
depends on use, the row says on what. Nothing here was ever billed to us: Tourniquet was never deployed by us. Look at
your own region in the price calculator, and at the bill of the first month.

With the defaults the core comes to some USD 110 to 125 a month: three warm instances (63), six private endpoints (44),
their zones (2), storage (1 to 10). Telemetry comes on top, by use. With `privateNetwork` false it is some USD 65 to 75.

What is not in the table: a leak's own logs (Log Analytics takes them by the gigabyte, and they are kept for seven
years), licences of Entra ID that `python -m desk preflight` names where they are missing, and people.
"""


def files() -> Mapping[str, str]:
    """The page by its path."""
    tables = [_table(part, *words) for part, words in PARTS.items()]
    return {"docs/cost.md": "\n".join([HEAD, *tables])}


def _table(part: str, title: str, about: str) -> str:
    rows = [_row(each) for each in modules() if each.part == part]
    said = [f"## {title}", "", *([about, ""] if about else []), "| module | what it is | in a month |", "|---|---|---|"]
    return "\n".join([*said, *rows, ""])


def _row(module: Module) -> str:
    switch = f" (`{module.enable}`)" if module.enable else ""
    return f"| `{module.name}`{switch} | {module.said['description']} | {module.said['monthlyCost']} |"
