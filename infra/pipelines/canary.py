"""Did the canary of a deployment come through? `canary.py look URL > FILE` before it, `canary.py wait URL FILE` after.

The app's watch puts a canary on the queue of signals every five minutes and looks for the one before. Of two looks that
are later than the deployment, the second has looked for the first's canary. `wait` ends with 0 at the second look where
the app tells of no fault that FILE does not hold; with 1 where it does, or when the time is over. It needs nothing but
Python's own library.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LOOKS = 2
PATIENCE = 30  # seconds of silence, after which an answer is none


def main() -> int:
    """0 when the canary came through, or was only looked for."""
    asked = _asked()
    if asked.verb == "look":
        sys.stdout.write(json.dumps(health(asked.url)) + "\n")
        return 0
    return wait(asked.url, json.loads(asked.before.read_text()), within=asked.within, every=asked.every)


def wait(url: str, before: Mapping[str, Any], *, within: float, every: float) -> int:
    """Look again and again until the watch has looked twice, and say what came of it."""
    known, looks, now = set(before["faults"]), set[str](), before
    began, end = datetime.now(UTC), time.monotonic() + within
    while time.monotonic() < end:
        now = health(url)
        if (at := now["watched_at"]) and datetime.fromisoformat(at) > began:
            looks.add(at)
        if len(looks) >= LOOKS:
            return _said(sorted(set(now["faults"]) - known))
        time.sleep(every)
    return _said([f"the watch looked {len(looks)} times in {within:.0f} s, {LOOKS} are needed", *now["faults"]])


def health(url: str) -> dict[str, Any]:
    """What `/api/health` tells: `faults` and `watched_at` (ISO 8601). An app that does not answer has one fault."""
    try:
        with urllib.request.urlopen(f"{url}/api/health", timeout=PATIENCE) as answer:  # noqa: S310 - the operator's own URL
            return _read(answer.read())
    except urllib.error.HTTPError as red:
        return _read(red.read())
    except OSError:
        return {"faults": ["it does not answer"], "watched_at": None}


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
        return {"faults": [str(each) for each in told["faults"]], "watched_at": told.get("watched_at")}
    except (ValueError, KeyError, TypeError):
        return {"faults": ["it answers something else than its health"], "watched_at": None}


def _said(faults: list[str]) -> int:
    sys.stdout.write(f"canary: {'; '.join(faults) or 'it came through'}\n")
    return int(bool(faults))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("look", "wait"):
        verbs.add_parser(verb).add_argument("url")
    verbs.choices["wait"].add_argument("before", type=Path)
    verbs.choices["wait"].add_argument("--within", type=float, default=1200.0, help="seconds")
    verbs.choices["wait"].add_argument("--every", type=float, default=15.0, help="seconds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
