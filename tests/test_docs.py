"""What the documents name is there: files, links, make targets, commands, settings, routes, parameters of templates."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from incident.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "infra").rglob("*.md"))]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
PATHS = re.compile(
    r"(?<![\w/.@-])((?:incident|ledger|cloud|detection|responders|compliance|desk|console|drills|infra|tests|docs)/[\w./*-]*[\w*/])"
)
TARGET = re.compile(r"(?:`|^\s*)make ([a-z][a-z-]+)", re.MULTILINE)
COMMAND = re.compile(r"python3? -m (\w+)((?: [a-z][\w-]*)?)(?=[ `|/]|$)", re.MULTILINE)
ROUTE = re.compile(r"(?<![\w.])/(api/[a-z.-]+)")
TEMPLATE = re.compile(r"--template-file (\S+)((?:[^\n]*\\\n)*[^\n]*)")
OF_AZD = {f"{PREFIX}ANCHORS_SUBSCRIPTION", f"{PREFIX}EXISTING_WORKSPACE"}


@cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def says(room: str, verb: str) -> bool:
    """Whether a command knows the verb: a room's `__main__` names it, or a drill's scenario is called so."""
    main = ROOT / room / "__main__.py"
    return main.is_file() and (not verb or f'"{verb}"' in main.read_text() or room == "drills")


def missing(text: str, folder: Path) -> list[str]:
    """What a page in a folder names, and is not there."""
    links = [each.partition("#")[0] for each in LINK.findall(text) if "://" not in each]
    settings = {PREFIX + name.upper() for name in Settings.__dataclass_fields__} | OF_AZD
    routes = (ROOT / "function_app.py").read_text()
    return [
        *(f"link {each}" for each in links if each and not (folder / each).exists()),
        *(f"path {each}" for each in PATHS.findall(text) if not there(each)),
        *(f"make {each}" for each in TARGET.findall(text) if each not in targets()),
        *(f"python -m {room}{verb}" for room, verb in COMMAND.findall(text) if not says(room, verb.strip())),
        *(name for name in re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", text) if name not in settings),
        *(f"route /{each}" for each in ROUTE.findall(text) if f'"{each.rstrip(".")}' not in routes),
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    assert missing(page.read_text(), page.parent) == []


@pytest.mark.parametrize(
    "text",
    [
        "[here](nowhere.md)",
        "see `docs/nowhere.md`",
        "`make nothing`",
        "`python -m desk nothing`",
        "`python -m nothing`",
        "`TOURNIQUET_NOTHING`",
        "`/api/nothing`",
    ],
)
def test_a_page_that_names_what_is_not_there_is_found_out(text: str) -> None:
    assert len(missing(text, ROOT)) == 1


def there(path: str) -> bool:
    """Whether the path is there; a word in capitals stands for any name, as in `modules/NAME.json`."""
    pattern = re.sub(r"\b[A-Z]{3,}\b", "*", path.rstrip("/"))
    return any(ROOT.glob(pattern))


def test_templates_are_given_parameters_that_they_have_and_all_that_they_need() -> None:
    for page in PAGES:
        for path, rest in TEMPLATE.findall(page.read_text()):
            if not (ROOT / path).is_file():
                assert there(path), (page.name, path)
                continue
            declared = json.loads((ROOT / path).read_text())["parameters"]
            given = set(re.findall(r"(\w+)=", rest.partition("--parameters")[2]))
            needed = {name for name, each in declared.items() if "defaultValue" not in each}
            assert given <= set(declared), (page.name, path)
            assert needed <= given or "..." in rest, (page.name, path)


def test_whoever_operates_finds_every_page() -> None:
    linked = {each for page in PAGES for each in LINK.findall(page.read_text())}

    assert [page.name for page in PAGES if page.parent.name == "docs" and not {*named(page)} & linked] == []


def named(page: Path) -> tuple[str, str, str]:
    return f"docs/{page.name}", page.name, f"../docs/{page.name}"
