"""`python -m drills.bench [--json FILE] [NAME ...]`: each figure beside its limit. It measures; it does not judge."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from pathlib import Path

FIGURES = ("contain", "storm", "cold", "remind", "memory", "fanout", "split")

type Measure = Callable[[], Awaitable[Mapping[str, object]]]


def main() -> int:
    """Measure what is asked for, all without a name; print the figures as they come, and one line at the end."""
    parser = argparse.ArgumentParser(prog="python -m drills.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if unknown := set(given.names) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    found: dict[str, object] = {}
    for name in given.names or FIGURES:
        measure: Measure = import_module(f"drills.bench.{name}").measure
        figures = asyncio.run(_awaited(measure))
        print(json.dumps(figures, indent=1), flush=True)
        found |= figures
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    print(f"bench: {sum(name.endswith('_ratio') for name in found)} ratios measured")
    return 0


async def _awaited(measure: Measure) -> Mapping[str, object]:
    return await measure()


if __name__ == "__main__":
    sys.exit(main())
