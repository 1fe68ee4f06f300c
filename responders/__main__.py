"""`python -m responders catalogue`: the files that are made from the measures, written anew."""

import sys
from pathlib import Path

from responders.catalogue import files

ROOT = Path(__file__).parents[1]


def main(words: list[str]) -> int:
    """0 when the files are written, 2 for other words."""
    if words != ["catalogue"]:
        print("usage: python -m responders catalogue", file=sys.stderr)
        return 2
    for path, text in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text)
    print(f"catalogue: {', '.join(files())} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
