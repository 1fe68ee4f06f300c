"""`python -m detection read FILE...`: what the readers and rules make of payloads, one JSON line per signal.

`python -m detection read --replay DIR` reads every `.json` and `.jsonl` file below DIR and prints one line that counts
what would have been done. Nothing is asked of Azure: where a read would decide, `needs_live_read` is true and the
disposition is `review`. Input that nobody can read is `parked`; only a missing file is an error.

`python -m detection analytics` prints docs/detections.md.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from detection import analytics
from detection.analytics.page import page
from detection.lines import lines, summary


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every file was there, whatever it held."""
    asked = _asked(arguments)
    if asked.command == "analytics":
        sys.stdout.write(page(analytics.every()))
        return 0
    missing = [str(path) for path in asked.files if not path.is_file()]
    missing += [str(path) for path in (asked.replay,) if path and not path.is_dir()]
    if missing:
        sys.stderr.write(f"no such file: {', '.join(missing)}\n")
        return 1
    files = [*asked.files, *(_below(asked.replay) if asked.replay else ())]
    found = lines(((str(file), file.read_bytes()) for file in files), now=datetime.now(UTC))
    for line in (summary(found),) if asked.replay else found:
        sys.stdout.write(json.dumps(line) + "\n")
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m detection", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("analytics", help="print docs/detections.md")
    reading = commands.add_parser("read", help="print what payloads say, one JSON line per signal")
    reading.add_argument("files", nargs="*", type=Path, metavar="FILE")
    reading.add_argument("--replay", type=Path, metavar="DIR", help="count what would have been done with a folder")
    asked = parser.parse_args(arguments)
    if asked.command == "read" and not asked.files and not asked.replay:
        reading.error("name at least one FILE, or --replay DIR")
    return asked


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix in (".json", ".jsonl") and path.is_file())


if __name__ == "__main__":
    sys.exit(main())
