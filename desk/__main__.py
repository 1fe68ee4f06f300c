"""`python -m desk sign POLICY --role ROLE --key KEY.pem` and `python -m desk check POLICY`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from desk import policy
from incident.errors import PolicyInvalid


def main() -> int:
    """Sign or check a policy; the last line says how it stands."""
    parser = argparse.ArgumentParser(prog="python -m desk", description="Sign or check the policy file.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("sign", "check"):
        verbs.add_parser(verb).add_argument("policy", type=Path)
    verbs.choices["sign"].add_argument("--role", required=True)
    verbs.choices["sign"].add_argument("--key", type=Path, required=True)
    given = parser.parse_args()
    try:
        if given.verb == "sign":
            policy.sign(given.policy, given.role, given.key)
        loaded = policy.load(given.policy)
    except PolicyInvalid as fault:
        print(fault, file=sys.stderr)
        return 1
    paging = "can page" if loaded.can_page(datetime.now(UTC)) else "cannot page: everything is watched"
    print(f"{loaded.hash[:12]} signed by {len(loaded.signed_by)} ({', '.join(loaded.signed_by) or 'nobody'}); {paging}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
