"""The files that are made from the measures: infra/roles.json and docs/measures.md."""

import json
from collections.abc import Iterable, Mapping
from textwrap import dedent

from incident.plan import Approval, Recovery
from responders import measures
from responders.measure import Measure
from responders.plans import PLANS
from responders.roles import roles
from responders.uncontained import STORES

WHO = {
    Approval.AUTO: "nobody: it runs by itself",
    Approval.A1: "one approver",
    Approval.A2: "two approvers of different roles",
    Approval.NEVER: "done by hand only: the responder prepares the command",
}
UNDO = {
    Recovery.EXACT: "exactly, to the state that stood before",
    Recovery.SELF: "nothing has to be",
    Recovery.NONE: "not by the responder",
}


def files() -> Mapping[str, str]:
    """Each file's text, by its path from the root."""
    every = measures.every()
    return {
        "docs/measures.md": _page(every),
        "infra/roles.json": json.dumps(roles(every), indent=2) + "\n",
    }


def _page(every: Iterable[Measure]) -> str:
    head = dedent(
        """\
        # Measures

        What the responder can do, what each needs and breaks, how it is proved and undone. Made from the measures
        themselves by `make catalogue`; do not edit.
        """
    )
    return "\n".join([head, *(_section(measure) for measure in every), _uncontained()])


def _uncontained() -> str:
    rows = [
        f"| {store.name} | `{store.kind}` | {store.left} | {'<br>'.join(f'`{each}`' for each in store.by_hand)} |"
        for store in STORES
    ]
    head = dedent(
        """\
        ## Stores that are only detected

        What is found there becomes an incident, with evidence and clocks, and a person is told; no measure is built
        that contains it. The finding names the store and gives these commands.

        | Store | Type | What no measure does | By hand |
        |---|---|---|---|
        """
    )
    return head + "\n".join(rows) + "\n"


def _section(measure: Measure) -> str:
    classes = [name for name, waves in PLANS.items() if any(measure.id in wave.measures for wave in waves)]
    rows = [
        ("File", f"`responders/measures/{measure.id}.py`"),
        ("Acts on", f"`{measure.target}`"),
        ("Who must agree", WHO[measure.approval]),
        ("Breaks", measure.blast_radius),
        ("Proved by", _first_line(measure.verify)),
        ("Undone", f"{UNDO[measure.recovery]}. {_first_line(measure.undo)}"),
        ("Needs", ", ".join(f"`{one.action}` ({one.tier.value})" for one in measure.permissions) or "nothing"),
        ("Answers", ", ".join(f"`{name}`" for name in classes) or "what a person asks for"),
    ]
    table = "\n".join(f"| {name} | {_cell(text)} |" for name, text in rows)
    return f"## {measure.code} {measure.title}\n\n| | |\n|---|---|\n{table}\n"


def _first_line(function: object) -> str:
    return (getattr(function, "__doc__", "") or "").strip().partition("\n")[0]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
