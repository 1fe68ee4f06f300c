"""The gate: no exchange with Resource Manager passes that Microsoft's validator or our own checks find at fault.

What we ask must be without fault, and so must what the simulated estate answers: nothing forces a simulator to copy
Azure's undocumented extras. An empty capture fails, and so does one that lacks an operation that was to be seen.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.conformance.arm.checks import CHECKS
from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.fault import Fault

FUNCTION_KEY = re.compile(r"/microsoft\.web/sites/[^/]+/(host/default|functions/[^/]+)/\w*keys/[^/]+$")
UNDESCRIBED = ("/dataexports/", "/microsoft.appconfiguration/")
"""Exports of a workspace (2020-08-01) and key values (2024-05-01) are in none of the specifications at hand."""
UNPLACED = re.compile(r"/subscriptions/[^/?]+/(providers|resourcegroups/[^/?]+)[?]")
"""The list of providers, a group: the validator finds an operation by the provider in its path, and these have none.
They are held to their specification in test_estate_traffic.py."""
ARMCHECK = Path(__file__).with_name("armcheck.mjs")


@dataclass(frozen=True)
class Verdict:
    """What was judged: how many exchanges, how often each operation succeeded, every fault."""

    exchanges: int
    operations: Mapping[str, int]
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        counted = f"{self.exchanges} exchanges, {len(self.operations)} operations, {len(self.faults)} faults"
        return "\n".join([*map(str, self.faults), counted])


def described(pairs: Iterable[Json]) -> list[Json]:
    """The exchanges that the validator finds in a specification at hand: the others it cannot judge."""
    asked = ((pair, pair["liveRequest"]["url"].casefold()) for pair in pairs)
    return [pair for pair, url in asked if not (UNPLACED.search(url) or any(word in url for word in UNDESCRIBED))]


def judge(pairs: Sequence[Json], spec: Path, *, expected: Collection[str] = ()) -> Verdict:
    """The verdict on one capture, in the validator's form and in the order in which it happened.

    `expected` are operation ids of the specification (`StorageAccounts_Update`) that must each have succeeded once.
    """
    capture = [Exchange.of(pair) for pair in pairs]
    return weighed(capture, validated(capture, spec), expected=expected)


def validated(exchanges: Sequence[Exchange], spec: Path) -> dict[str, Json]:
    """Microsoft's findings by the exchange's id: `{"operation", "unknown", "request": [...], "response": [...]}`."""
    if not exchanges:
        return {}
    pairs = [_as_described(exchange).pair() for exchange in exchanges]
    with tempfile.TemporaryDirectory() as folder:
        asked, found = Path(folder, "pairs.jsonl"), Path(folder, "results.jsonl")
        asked.write_text("".join(f"{json.dumps(pair)}\n" for pair in pairs))
        command = [shutil.which("node") or "node", *map(str, (ARMCHECK, spec, asked, found))]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 our own script
        if run.returncode:
            raise RuntimeError(f"the validator stopped with {run.returncode}: {run.stderr[-2000:]}")
        findings = {one["id"]: one for one in map(json.loads, found.read_text().splitlines())}
    if len(findings) != len(pairs):
        raise ValueError(f"{len(pairs)} exchanges have only {len(findings)} ids")
    return findings


def weighed(capture: Sequence[Exchange], findings: Mapping[str, Json], *, expected: Collection[str] = ()) -> Verdict:
    """The verdict on one capture, of which Microsoft's findings are known."""
    seen = Counter(findings[one.id]["operation"] for one in capture if one.succeeded and findings[one.id]["operation"])
    faults = [
        *(fault for one in capture for fault in _microsofts(one, findings[one.id])),
        *(fault for check in CHECKS for fault in check(capture)),
        *(Fault("capture", "capture", "NOT_SEEN", name) for name in sorted({*expected} - {*seen})),
    ]
    if not capture:
        faults.append(Fault("capture", "capture", "EMPTY", "nothing was captured"))
    return Verdict(len(capture), dict(seen), tuple(faults))


def _as_described(exchange: Exchange) -> Exchange:
    """The exchange; a poll that answers with the resource counts as a read of that resource.

    A function's key is sent under `properties`, as the service reads it; the specification describes what stands there.
    """
    if exchange.method == "PUT" and FUNCTION_KEY.search(exchange.path) and isinstance(exchange.body, dict):
        return replace(exchange, body=exchange.body.get("properties", exchange.body))
    found = exchange.reply.get("id") if isinstance(exchange.reply, dict) else None
    if not exchange.is_poll or not isinstance(found, str) or not found.startswith("/subscriptions/"):
        return exchange
    return replace(exchange, url=f"https://management.azure.com{found}?api-version={exchange.version}")


def _microsofts(exchange: Exchange, finding: Json) -> Iterator[Fault]:
    if finding["unknown"]:
        if not exchange.is_poll:
            yield Fault(exchange.id, "request", "UNKNOWN_OPERATION", finding["unknown"])
        return
    for fault in finding["request"]:
        if _is_combination(fault):
            continue
        yield Fault(exchange.id, "request", fault["code"], fault["message"], fault["at"])
    for fault in finding["response"]:
        if not _is_undeclared_refusal(exchange, fault["code"]) and not _is_combination(fault):
            yield Fault(exchange.id, "response", fault["code"], fault["message"], fault["at"])


def _is_combination(fault: Json) -> bool:
    """The specification lists the words of `bypass` one by one and says that any combination of them is taken."""
    words = str(fault["message"]).rpartition(": ")[2].split(", ")
    listed = {"AzureServices", "Logging", "Metrics"}
    return fault["code"] == "ENUM_MISMATCH" and str(fault["at"]).endswith("/networkAcls/bypass") and {*words} <= listed


def _is_undeclared_refusal(exchange: Exchange, code: str) -> bool:
    """Many specifications declare no refusals; those are held to the dialects of errors instead."""
    return code == "INVALID_RESPONSE_CODE" and exchange.status >= 400
