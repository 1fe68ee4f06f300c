"""`python -m detection read FILE...`: what the readers and rules make of payloads, one JSON line per signal.

Nothing is asked of Azure: where a read would decide, `needs_live_read` is true and the disposition is `review`.
Input that nobody can read prints a line with `disposition` `parked`; only a missing file is an error.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detection.item import Unreadable
from detection.readers import read
from detection.rules import every
from incident.errors import SignalRejected
from incident.finding import Disposition
from incident.signal import Signal, Standing

type Verdicts = dict[str, str]  # class -> why
type Judge = Callable[[Signal], Verdicts]

SETTLED = {
    Standing.ENDED: "the sender says that it is over",
    Standing.FALSE_POSITIVE: "the sender says that it is a false positive",
    Standing.FAILED: "the operation did not succeed",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every file was there, whatever it held."""
    parser = argparse.ArgumentParser(prog="python -m detection", description=__doc__)
    commands = parser.add_subparsers(required=True)
    reading = commands.add_parser("read", help="print what the payloads say, one JSON line per signal")
    reading.add_argument("files", nargs="+", type=Path, metavar="FILE")
    files: list[Path] = parser.parse_args(arguments).files
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        sys.stderr.write(f"no such file: {', '.join(missing)}\n")
        return 1
    for line in lines(files, now=datetime.now(UTC), judge=by_rules):
        sys.stdout.write(json.dumps(line) + "\n")
    return 0


def lines(files: Sequence[Path], *, now: datetime, judge: Judge) -> Iterator[dict[str, Any]]:
    """One object per signal or unreadable item, in the order of the files."""
    for file in files:
        try:
            found = read(file.read_bytes(), received_at=now)
        except SignalRejected as fault:
            yield parked(file, str(fault))
            continue
        for each in found:
            yield parked(file, each.reason) if isinstance(each, Unreadable) else line(file, each, judge(each))


def by_rules(signal: Signal) -> Verdicts:
    """The classes whose rules match, and why."""
    return {rule.id: why for rule in every() if (why := rule.match(signal))}


def line(file: Path, signal: Signal, classes: Verdicts) -> dict[str, Any]:
    """What is said of a signal, as far as it alone allows."""
    disposition, reason, needs_live_read = judged(signal, classes)
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
        "classes": list(classes),
        "disposition": disposition,
        "reason": reason,
        "needs_live_read": needs_live_read,
    }


def judged(signal: Signal, classes: Verdicts) -> tuple[Disposition, str, bool]:
    """Disposition, reason, and whether a read decides. A payload alone never justifies containment."""
    why = "; ".join(classes.values())
    if signal.standing in SETTLED:
        return Disposition.RECORD, SETTLED[signal.standing], bool(classes)
    if signal.drill:
        return Disposition.RECORD, f"a drill: {why}" if why else "a drill", bool(classes)
    if classes:
        return Disposition.REVIEW, why, True
    return Disposition.REVIEW, "no rule knows it", False


def parked(file: Path, reason: str) -> dict[str, Any]:
    """What is said of an item that nobody can read."""
    return {
        "file": str(file),
        "classes": [],
        "disposition": Disposition.PARKED,
        "reason": reason,
        "needs_live_read": False,
    }


if __name__ == "__main__":
    sys.exit(main())
