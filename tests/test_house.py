"""What holds for the whole house, whoever adds a room to it."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
ROOMS = ("incident", "ledger", "cloud", "detection", "responders", "compliance", "desk", "console", "infra")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LAZY = (
    *(f"azure.{name}" for name in ("identity", "mgmt", "data", "storage", "eventgrid", "monitor", "core")),
    "opentelemetry",
)
BANNED_FILES = {"utils", "helpers", "helper", "common", "base", "misc", "manager", "managers"}
BANNED_BEGINNINGS = ("get_", "do_", "process_", "handle_")
BANNED_WORDS = ("manager", "helper", "utils")
ROUTES = {
    "on_signal": ("api/signals/{source}", ("POST", "OPTIONS")),
    "report_incident": ("api/incidents", ("POST",)),
    "list_incidents": ("api/incidents", ("GET",)),
    "show_incident": ("api/incidents/{id}", ("GET",)),
    "preview": ("api/incidents/{id}/preview", ("GET",)),
    "decide": ("api/incidents/{id}/decisions", ("POST",)),
    "undo": ("api/incidents/{id}/undo", ("POST",)),
    "record_facts": ("api/incidents/{id}/facts", ("POST",)),
    "acknowledge": ("api/incidents/{id}/acknowledgements", ("POST",)),
    "packet": ("api/incidents/{id}/packet", ("GET",)),
    "list_parked": ("api/parked", ("GET",)),
    "replay": ("api/parked", ("POST",)),
    "calendar": ("api/deadlines.ics", ("GET",)),
    "health": ("api/health", ("GET",)),
}
PROBE = "import json, sys; import function_app; print(json.dumps(sorted(sys.modules)))"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> Iterator[str]:
    """Every function and class that the module defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return (node.name for node in ast.walk(tree(path)) if isinstance(node, kinds))


def said(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def entrances() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every HTTP function's name, route and methods, as function_app.py decorates it."""
    for node in tree(ROOT / "function_app.py").body:
        calls = [each for each in getattr(node, "decorator_list", []) if isinstance(each, ast.Call)]
        by_name = {call.func.attr: call for call in calls if isinstance(call.func, ast.Attribute)}
        if "route" in by_name and "function_name" in by_name:
            options = {word.arg: said(word.value) for word in by_name["route"].keywords}
            methods = options["methods"]
            assert isinstance(methods, list)
            yield str(said(by_name["function_name"].args[0])), str(said(by_name["route"].args[0])), tuple(methods)


def test_importing_the_app_loads_no_azure_client() -> None:
    ran = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = json.loads(ran.stdout)

    assert "function_app" in loaded
    heavy = [name for name in loaded if name == "aiohttp" or name.startswith(tuple(f"{each}." for each in LAZY))]
    assert [*heavy, *(name for name in loaded if name in LAZY)] == []


def test_every_setting_is_in_the_sample_and_nothing_else_of_ours() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]

    ours = {name for name in sample if name.startswith(PREFIX)}
    assert {PREFIX + name.upper() for name in Settings.__dataclass_fields__} == ours


def test_the_readme_says_what_each_setting_means() -> None:
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(f"| `{PREFIX}")]

    named = [name for row in rows for name in re.findall(rf"`({PREFIX}\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(PREFIX + name.upper() for name in Settings.__dataclass_fields__)


def broad() -> Iterator[tuple[str, str, bool]]:
    """Every handler that catches whatever comes: where, what, and whether it raises it again as it is."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                names = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {""}
                raised = node.body[-1]
                again = isinstance(raised, ast.Raise) and raised.exc is None
                place = path.relative_to(ROOT).as_posix()
                yield from ((place, name, again) for name in names & {"Exception", "BaseException", ""})


def test_one_place_catches_what_nobody_foresaw_and_it_records() -> None:
    assert [place for place, _, again in broad() if not again] == ["responders/runner.py"]


def test_entrances_stand_at_their_routes() -> None:
    found = {name: (route, methods) for name, route, methods in entrances()}

    assert found
    assert {name: found[name] for name in found if name in ROUTES and found[name] != ROUTES[name]} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_are_terms_of_the_field(path: Path) -> None:
    assert path.stem not in BANNED_FILES
    bad = [
        name
        for name in named(path)
        if name.lstrip("_").startswith(BANNED_BEGINNINGS) or any(word in name.casefold() for word in BANNED_WORDS)
    ]
    assert bad == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for(room: str) -> None:
    assert ast.get_docstring(tree(ROOT / room / "__init__.py"))
