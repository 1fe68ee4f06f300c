"""`python -m drills.bench.leaking`: an estate of leaking accounts in a process of its own, until its input ends."""

import argparse
import json
import sys
from datetime import timedelta

from drills import rights
from drills.estate import Estate
from drills.estate.clinic import Clinic


def main() -> int:
    """Say the estate's environment and the accounts' ids on one line, then wait."""
    parser = argparse.ArgumentParser(prog="python -m drills.bench.leaking", description=__doc__)
    parser.add_argument("--latency", type=float, required=True, help="one round trip in milliseconds")
    parser.add_argument("--accounts", type=int, required=True)
    given = parser.parse_args()
    with Estate.in_thread(latency=timedelta(milliseconds=given.latency)) as estate:
        rights.grant(estate)
        clinic = Clinic(estate)
        accounts = [clinic.account(f"phi{number:04d}", containers={"scans": 1}) for number in range(given.accounts)]
        ids = [account.opens_to_anyone().id for account in accounts]
        print(json.dumps({"environment": estate.environment(), "accounts": ids}), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
