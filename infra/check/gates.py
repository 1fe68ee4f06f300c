"""Every gate over a template: which there are, and what each says."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.check.bodies import bodies, wanted
from infra.check.form import expressions, form
from infra.check.published import Types
from infra.check.security import security
from infra.check.template import Template
from infra.check.wiring import wiring

type Faults = Mapping[str, list[str]]

GATES: Mapping[str, Callable[[Template, Types], Iterator[str]]] = {
    "form": lambda template, _: form(template),
    "expressions": lambda template, _: expressions(template),
    "wiring": lambda template, _: wiring(template),
    "types": bodies,
    "required": lambda template, _: wanted(template),
    "security": lambda template, _: security(template),
}


def judged(body: Mapping[str, Any], types: Types) -> Faults:
    """Each gate's faults in the template and in every one nested in it."""
    every = list(Template(body).all())
    return {name: [said for each in every for said in gate(each, types)] for name, gate in GATES.items()}


def rejected(body: Mapping[str, Any], types: Types) -> bool:
    """Whether any gate refuses the template; the first that does ends the look."""
    every = list(Template(body).all())
    return any(said for gate in GATES.values() for each in every for said in gate(each, types))
