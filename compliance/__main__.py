"""The clocks for people without the responder: `python -m compliance clocks FILE | explain FILE | obligations`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from compliance.answers import as_json, in_words
from compliance.engine import reckon
from compliance.facts import FactsInvalid, read_facts
from compliance.obligations import page
from compliance.rows import shipped

WRONG = 2


def main(arguments: list[str] | None = None) -> int:
    """Answer every input that can be read. 2 where one could not; each such one is named on standard error."""
    asked = _parser().parse_args(arguments)
    if asked.command == "obligations":
        print(page(shipped()), end="")  # noqa: T201 - this is a command
        return 0
    try:
        inputs = list(_inputs(json.loads(asked.file.read_text("utf-8"))))
    except (OSError, ValueError) as wrong:
        return _complain(f"{asked.file}: {wrong}")
    return max([_answer(name, raw, _FORMS[asked.command]) for name, raw in inputs], default=0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m compliance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("obligations", help="print docs/obligations.md")
    for name in _FORMS:
        command = commands.add_parser(name)
        command.add_argument("file", type=Path, help="one input object, or a list of objects with `input`")
    return parser


def _inputs(page: object) -> Iterator[tuple[str | None, object]]:
    """(id, input) of each object; an object without `input` is an input itself."""
    for entry in page if isinstance(page, list) else [page]:
        if isinstance(entry, dict) and "input" in entry:
            yield entry.get("id"), entry["input"]
        else:
            yield None, entry


def _answer(name: str | None, raw: object, form: Callable[[str | None, object], Iterator[str]]) -> int:
    try:
        lines = list(form(name, raw))
    except FactsInvalid as wrong:
        return _complain(f"{name}: {wrong}" if name is not None else str(wrong))
    print(*lines, sep="\n")  # noqa: T201 - this is a command
    return 0


def _complain(what: str) -> int:
    print(what, file=sys.stderr)  # noqa: T201 - this is a command
    return WRONG


def _clocks(name: str | None, raw: object) -> Iterator[str]:
    facts = read_facts(raw)
    if facts.unread:
        _complain(f"{name or 'input'}: not read: {', '.join(facts.unread)}")
    answer: dict[str, Any] = {} if name is None else {"id": name}
    yield json.dumps(answer | as_json(reckon(facts, shipped())))


def _explain(name: str | None, raw: object) -> Iterator[str]:
    facts = read_facts(raw)
    if name is not None:
        yield f"# {name}"
    yield from in_words(facts, reckon(facts, shipped()))


_FORMS = {"clocks": _clocks, "explain": _explain}


if __name__ == "__main__":
    sys.exit(main())
