"""`python -m detection read FILE...`: what the readers and rules make of payloads, one JSON line per signal.

`python -m detection read --replay DIR` reads every `.json` and `.jsonl` file below DIR and prints one line that counts
what would have been done. Nothing is asked of Azure: where a read would decide, `needs_live_read` is true and the
disposition is `review`. Input that nobody can read is `parked`; only a missing file is an error.

`python -m detection analytics` prints docs/detections.md.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detection import analytics
from detection.analytics.page import page
from detection.item import Unreadable
from detection.outlook import outlook
from detection.readers import read
from incident.errors import SignalRejected
from incident.finding import Disposition
from incident.signal import Signal

type Line = dict[str, Any]


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
    found = lines(files, now=datetime.now(UTC))
    for line in (summary(found),) if asked.replay else found:
        sys.stdout.write(json.dumps(line) + "\n")
    return 0


def lines(files: Iterable[Path], *, now: datetime) -> Iterator[Line]:
    """One object per signal or unreadable item, in the order of the files."""
    for file in files:
        try:
            found = read(file.read_bytes(), received_at=now)
        except SignalRejected as fault:
            yield parked(file, str(fault))
            continue
        for each in found:
            yield parked(file, each.reason) if isinstance(each, Unreadable) else line_of(file, each)


def line_of(file: Path, signal: Signal) -> Line:
    """What is said of a signal, as far as it alone allows."""
    ahead = outlook(signal)
    return {
        "file": str(file),
        "source": signal.source,
        "kind": signal.kind,
        "signal_id": signal.id,
        "system_alert_id": signal.system_alert_id,
        "correlation_id": signal.correlation_id,
        "occurred_at": signal.occurred_at and signal.occurred_at.isoformat(),
        "received_first_activity_at": signal.first_activity_at and signal.first_activity_at.isoformat(),
        "severity": signal.severity,
        "drill": signal.drill,
        "resource_ids": [str(each) for each in signal.resources],
        "actor": signal.actor,
        "classes": list(ahead.classes),
        "disposition": ahead.disposition,
        "reason": ahead.reason,
        "needs_live_read": ahead.needs_live_read,
    }


def parked(file: Path, reason: str) -> Line:
    """What is said of an item that nobody can read."""
    line: Line = dict.fromkeys(PARKED) | {"file": str(file), "drill": False, "resource_ids": [], "classes": []}
    return line | {"disposition": Disposition.PARKED, "reason": reason, "needs_live_read": False}


def summary(found: Iterable[Line]) -> Line:
    """Counts: signals, dispositions, classes, drills, and signals that a live read would have decided."""
    dispositions, classes, others = Counter[str](), Counter[str](), Counter[str]()
    for line in found:
        dispositions[line["disposition"]] += 1
        classes.update(line["classes"])
        others.update({"signals": 1, "drills": line["drill"], "needs_live_read": line["needs_live_read"]})
    return {**others, "dispositions": dict(dispositions), "classes": dict(classes)}


PARKED = (
    "file",
    "source",
    "kind",
    "signal_id",
    "system_alert_id",
    "correlation_id",
    "occurred_at",
    "received_first_activity_at",
    "severity",
    "drill",
    "resource_ids",
    "actor",
)


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
