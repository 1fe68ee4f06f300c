"""`python -m infra check|templates|package`: the templates before every gate, or made anew; the app as it is deployed.

`check [--types FOLDER] [--mutants N]` prints templates by gates, what is wrong, and how many mutants of each kind the
gates reject; 0 when nothing is wrong and at least 95 in 100 are rejected.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import generated
from infra.check.bodies import untyped
from infra.check.gates import GATES, judged
from infra.check.published import Types, types
from infra.check.table import marks, table
from infra.check.template import Template
from infra.check.wrapper import differences
from infra.module import faults, modules
from infra.mutants.trial import LEAST, share, trial
from infra.package import package
from infra.templates import templates

TYPES = Path("../shared/infra/types")


def main(words: Sequence[str] | None = None) -> int:
    """0 when every gate holds, 1 when one does not, 2 when the types are not there."""
    asked = _asked(words)
    if asked.command == "templates":
        print(f"templates: {', '.join(generated.write())} written")
        return 0
    if asked.command == "package":
        print(f"package: {package(asked.out, vendor=asked.vendor)}")
        return 0
    if not asked.types.is_dir():
        print(f"{asked.types} is not there: Microsoft's published types are needed (SHARED=folder)", file=sys.stderr)
        return 2
    known = types(asked.types)
    return check(known) | tried(known, asked.mutants)


def check(known: Types) -> int:
    """Every template before every gate."""
    rows, said = [], [f"{path}: not what `make templates` makes" for path in generated.stale()]
    for path, body in templates().items():
        found = judged(body, known)
        blind = sorted({each for inner in Template(body).all() for each in untyped(inner, known)})
        rows.append([path, *marks(found), ", ".join(blind) or "-"])
        said += [f"{path}: {gate}: {fault}" for gate, faults_ in found.items() for fault in faults_]
    said += [f"infra/modules/{each.name}.json: {fault}" for each in modules() for fault in faults(each)]
    said += differences()
    print(table(["template", *GATES, "untyped"], rows))
    print("\n".join(said)) if said else None
    print(f"check-infra: {len(rows)} templates before {len(GATES)} gates, {len(said)} faults")
    return 1 if said else 0


def tried(known: Types, most: int) -> int:
    """Mutants of every template before every gate."""
    scores = trial(templates(), known, most)
    print(
        table(
            ["mutants", "tried", "rejected"],
            [[name, *map(str, (one.tried, one.rejected))] for name, one in scores.items()],
        )
    )
    print("".join(f"lives: {name}: {each}\n" for name, one in scores.items() for each in one.living), end="")
    print(f"check-infra: {sum(one.tried for one in scores.values())} mutants, {share(scores):.1%} rejected")
    return int(share(scores) < LEAST)


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("templates", help="write what is generated")
    packing = commands.add_parser("package", help="write the archive that is deployed")
    packing.add_argument("out", type=Path, metavar="OUT.zip")
    packing.add_argument("--vendor", action="store_true", help="put the pinned requirements beside the app")
    checks = commands.add_parser("check", help="judge every template, and mutants of them")
    checks.add_argument("--types", type=Path, default=TYPES, help="folder of the published types")
    checks.add_argument("--mutants", type=int, default=60, help="how many of each kind at most")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
