"""`python -m desk`: `preflight`, `sign POLICY --role ROLE --key KEY.pem`, `check`, `allow`, `tuning`, `hunt`, ...

`preflight` says what is missing before the responder can do its work, and what the last month's alerts would have come
to; it reads only, needs no ledger, and ends with 1 when something blocks. The app answers the same at `/api/preflight`.
`allow` plays the policy's allow-list over the incidents of the last 30 days, and refuses it where it would have hidden
a true one; `tuning` shows volume and precision of every rule. Both read the ledger that the settings name.
`tabletop` prints the facilitator's packet of a quarter's exercise; it reads the policy and nothing else. `tabletop
record FILE` records one that was held, as `/api/tabletops` does, for whom the Entra token on the standard input shows.
`hunt RULE` runs an analytics rule over the last `--days` of the workspace; each line is a message for the queue
`signals`.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cloud import Cloud
from compliance.fields import FactsInvalid
from desk import exercise, policy, replay, verdict
from desk.hunt import hunt
from desk.parts import Parts
from desk.preflight import preflight, told
from desk.tabletop import packet, page, quarter_of
from desk.who import Door
from desk.wiring import assemble
from detection import analytics
from incident.errors import TourniquetError
from incident.person import Role
from incident.settings import Settings


def main() -> int:
    """Sign or check a policy; the last line says how it stands."""
    parser = argparse.ArgumentParser(prog="python -m desk", description="What can be asked of the responder.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("tuning")
    verbs.add_parser("preflight")
    hunting = verbs.add_parser("hunt")
    hunting.add_argument("rule", choices=[rule.name for rule in analytics.every()], metavar="RULE")
    hunting.add_argument("--days", type=int, default=90, help="how far back; no further than the workspace keeps")
    for verb in ("sign", "check", "allow"):
        verbs.add_parser(verb).add_argument("policy", type=Path)
    verbs.choices["sign"].add_argument("--role", required=True)
    verbs.choices["sign"].add_argument("--key", type=Path, required=True)
    table = verbs.add_parser("tabletop")
    table.add_argument("--quarter", default=quarter_of(datetime.now(UTC).date()), help="such as 2026-Q4; else this one")
    table.add_argument("--class", dest="named", default="", help="another class than the one whose turn it is")
    table.add_argument("--json", action="store_true", help="as JSON, not Markdown")
    table.add_subparsers(dest="then").add_parser("record").add_argument("file", type=Path)
    given = parser.parse_args()
    try:
        if given.verb == "preflight":
            return asyncio.run(_preflight())
        if given.verb == "tabletop":
            return asyncio.run(_record(given.file, sys.stdin.readline())) if given.then else _tabletop(given)
        if given.verb in ("tuning", "allow", "hunt"):
            return asyncio.run(_asked(given))
        if given.verb == "sign":
            policy.sign(given.policy, given.role, given.key)
        loaded = policy.load(given.policy)
    except (TourniquetError, FactsInvalid) as fault:
        print(fault, file=sys.stderr)
        return 1
    paging = "can page" if loaded.can_page(datetime.now(UTC)) else "cannot page: everything is watched"
    print(f"{loaded.hash[:12]} signed by {len(loaded.signed_by)} ({', '.join(loaded.signed_by) or 'nobody'}); {paging}")
    return 0


def _tabletop(given: argparse.Namespace) -> int:
    found = packet(policy.load(Path(Settings.read(os.environ).policy)), given.quarter, datetime.now(UTC), given.named)
    print(json.dumps(found, indent=2) if given.json else "\n".join(page(found)))
    return 0


async def _record(file: Path, token: str) -> int:
    """Whoever shows a token with the role has recorded it: the right to write to the ledger alone is not enough."""
    body, parts = _object(file), await assemble(os.environ)
    try:
        person = await Door(settings=parts.settings, cloud=parts.cloud).admit(
            f"Bearer {token.strip()}", Role.COMPLIANCE
        )
        held = await exercise.record(parts, person, body)
    finally:
        await asyncio.gather(parts.cloud.close(), parts.ledger.close())
    print(f"{held.id}: the exercise of {held.quarter} is recorded, with {len(held.gaps)} gaps")
    return 0


def _object(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError) as fault:
        raise FactsInvalid(file.name, f"cannot be read as JSON ({type(fault).__name__})") from fault
    if not isinstance(found, dict):
        raise FactsInvalid(file.name, "must hold a JSON object")
    return found


async def _preflight() -> int:
    settings = Settings.read(os.environ)
    cloud = Cloud(settings)
    try:
        found = await preflight(cloud, policy.load(Path(settings.policy)), datetime.now(UTC))
    finally:
        await cloud.close()
    for line in told(found):
        print(line)
    return int(not found.ready)


async def _asked(given: argparse.Namespace) -> int:
    parts = await assemble(os.environ)
    try:
        if given.verb == "hunt":
            return await _hunt(parts, given.rule, timedelta(days=given.days))
        return await (_tuning(parts) if given.verb == "tuning" else _allow(parts, given.policy))
    finally:
        await asyncio.gather(parts.cloud.close(), parts.ledger.close())


async def _hunt(parts: Parts, name: str, back: timedelta) -> int:
    rule, now = next(rule for rule in analytics.every() if rule.name == name), parts.now()
    async for found in hunt(parts.cloud, rule, since=now - back, until=now):
        print(json.dumps(found))
    return 0


async def _tuning(parts: Parts) -> int:
    rules = await verdict.tuning(parts)
    for each in rules:
        precision = "-" if each.precision is None else f"{each.precision:.0%}"
        counts = "  ".join(f"{name} {each.verdicts.get(name, 0)}" for name in verdict.Verdict)
        print(f"{each.rule:<32} {each.volume:>6}  {counts}  precision {precision}")
    print(f"{len(rules)} rules spoke in the last 30 days")
    return 0


async def _allow(parts: Parts, file: Path) -> int:
    entries = policy.load(file).allow
    found = await replay.rehearsed(parts, entries)
    for each in found:
        why = each.why or "nothing of weight"
        print(f"{each.allow.rule} on {each.allow.resource} ({each.allow.ticket}) hides {each.incident}: {why}")
    refused = sum(bool(each.why) for each in found)
    print(
        f"{len(entries)} entries would have hidden {len(found)} incidents; {refused} of them true or open: "
        f"{'refused' if refused else 'accepted'}"
    )
    return int(bool(refused))


if __name__ == "__main__":
    sys.exit(main())
