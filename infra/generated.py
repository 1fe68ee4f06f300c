"""Everything under infra/ that is made from something else, in the order in which one needs the other."""

from collections.abc import Callable, Mapping
from pathlib import Path

from infra import actor, assemble, content, costs, emergency, graph, people, roles, runbooks

ROOT = Path(__file__).parents[1]
MAKERS: tuple[Callable[[], Mapping[str, str]], ...] = (
    roles.files,
    actor.files,
    graph.files,
    emergency.files,
    runbooks.files,
    content.files,
    assemble.files,
    costs.files,
    people.files,
)


def write() -> list[str]:
    """The paths of what was written anew."""
    written = []
    for maker in MAKERS:
        for path, text in maker().items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text)
            written.append(path)
    return written


def stale() -> list[str]:
    """The paths whose files are not what they would be made as."""
    made = {path: text for maker in MAKERS for path, text in maker().items()}
    return [path for path, text in made.items() if not (ROOT / path).is_file() or (ROOT / path).read_text() != text]
