"""The clocks for people without the responder: `python -m compliance clocks FILE | explain FILE | obligations`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compliance.answers import as_json, in_words
from compliance.engine import reckon
from compliance.facts import Facts
from compliance.fields import FactsInvalid
from compliance.obligations import page
from compliance.reading import read_facts
from compliance.rulebook import shipped

WRONG = 2


def main(arguments: list[str] | None = None) -> int:
    """Answer every input that can be read. 2 where one could not; each such one is named on standard error."""
    asked = _parser().parse_args(arguments)
    if asked.command == "obligations":
        print(page(shipped()), end="")
        return 0
    try:
        inputs = list(_inputs(json.loads(asked.file.read_text("utf-8"))))
    except (OSError, ValueError) as wrong:
        return _complain(f"{asked.file}: {wrong}")
    return max([_answer(one, _FORMS[asked.command]) for one in inputs], default=0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m compliance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("obligations", help="print docs/obligations.md")
    for name in _FORMS:
        command = commands.add_parser(name)
        command.add_argument("file", type=Path, help="one input object, or a list of objects with `input`")
    return parser


@dataclass(frozen=True, kw_only=True)
class _Input:
    """One input of the file. `name` is its id, or its place, for complaints."""

    id: object
    name: str
    raw: object


def _inputs(page: object) -> Iterator[_Input]:
    """Each input; an object without `input` is an input itself."""
    for place, entry in enumerate(page if isinstance(page, list) else [page], 1):
        wrapped = isinstance(entry, dict) and "input" in entry
        known = entry.get("id") if wrapped else None
        name = f"object {place}" if known is None else str(known)
        yield _Input(id=known, name=name, raw=entry["input"] if wrapped else entry)


def _answer(asked: _Input, form: Callable[[_Input, Facts], Iterator[str]]) -> int:
    try:
        facts = read_facts(asked.raw)
    except FactsInvalid as wrong:
        return _complain(f"{asked.name}: {wrong}")
    if facts.unread:
        _complain(f"{asked.name}: not read: {', '.join(facts.unread)}")
    print(*form(asked, facts), sep="\n")
    return 0


def _complain(what: str) -> int:
    print(what, file=sys.stderr)
    return WRONG


def _clocks(asked: _Input, facts: Facts) -> Iterator[str]:
    answer: dict[str, Any] = {} if asked.id is None else {"id": asked.id}
    yield json.dumps(answer | as_json(reckon(facts, shipped())))


def _explain(asked: _Input, facts: Facts) -> Iterator[str]:
    yield f"# {asked.name}"
    yield from in_words(facts, reckon(facts, shipped()))


_FORMS = {"clocks": _clocks, "explain": _explain}


if __name__ == "__main__":
    sys.exit(main())
