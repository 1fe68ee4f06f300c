"""What an interrupted campaign has come to: a line for each point that was struck, good for the same code alone."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drills.stage import ROOT

FILE = ROOT / "build" / "chaos.jsonl"
ROOMS = ("cloud", "compliance", "console", "desk", "detection", "drills", "incident", "ledger", "responders")

type Struck = Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """The file, and the code that it speaks of."""

    file: Path
    code: str

    @classmethod
    def here(cls) -> "Kept":
        """The one of the campaign over all points."""
        return cls(FILE, code())

    def known(self) -> dict[tuple[str, str], Struck]:
        """By scenario and point: what the point added to the scenario's count."""
        return {(line["scenario"], line["point"]): line["added"] for line in self._lines() if line["code"] == self.code}

    def add(self, scenario: str, point: str, added: Struck) -> None:
        """The point is struck."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        line = {"code": self.code, "scenario": scenario, "point": point, "added": added}
        with self.file.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(line))

    def forget(self) -> None:
        """Nothing is kept."""
        self.file.unlink(missing_ok=True)

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Whole lines; one that an end has cut short counts as not written."""
        for line in self.file.read_text("utf-8").splitlines() if self.file.exists() else ():
            with suppress(ValueError):
                yield json.loads(line)


def code() -> str:
    """The digest of all that a campaign runs."""
    digest = hashlib.sha256()
    for file in sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        digest.update(file.read_bytes())
    digest.update((ROOT / "function_app.py").read_bytes())
    return digest.hexdigest()[:16]
