"""`python -m tests.conformance.arm FILE...`: how many faults each capture has, as one line of JSON.

What the validator finds in no specification at hand is left out (`gate.UNDESCRIBED`, `gate.UNPLACED`).

Exit status 2 where Microsoft's specifications are not here: nothing was judged.
"""

import json
import sys
from pathlib import Path

from tests.conformance.arm import material
from tests.conformance.arm.gate import described, judge


def main() -> int:
    """0 when everything was judged, whatever was found."""
    if not (material.shared() / "arm" / "spec.tar.xz").is_file():
        return 2
    files, spec = [Path(name) for name in sys.argv[1:]], material.specification()
    pairs = {file.stem: [json.loads(line) for line in file.read_text().splitlines()] for file in files}
    print(json.dumps({name: len(judge(described(found), spec).faults) for name, found in pairs.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
