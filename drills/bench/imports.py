"""`python -m drills.bench.imports`: how long modules take to import, in a process of its own.

Input, as JSON: `{"known": names, "path": names}`, each in the order in which they were imported elsewhere. Output: the
milliseconds for those of the path, after the known ones.
"""

import importlib
import json
import sys
import time
from collections.abc import Iterable
from contextlib import suppress


def main() -> int:
    """Import, and say how long it took."""
    order = json.load(sys.stdin)
    sys.path.insert(0, "")
    _import(order["known"])
    began = time.perf_counter()
    _import(order["path"])
    print(round(1000 * (time.perf_counter() - began), 1))
    return 0


def _import(names: Iterable[str]) -> None:
    """All of them; what stands for a missing optional package was tried by its importer too."""
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main())
