"""docs/detections.md, written from the rules."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from detection.analytics import MINUTE, Analytic

HEAD = """\
# Detections

Written from `detection/analytics/` by `python -m detection analytics`; edit the rules, not this page.

Each file there is an analytics rule of Microsoft Sentinel in Azure-Sentinel's own format. An alert of it carries the
class of incident, so that the responder knows it, and the resource, address and account that it is about; each result
is an alert of its own. What an alert leads to is decided by the responder, on what it reads itself.

Rules on resources look only at what the watchlist `hipaa_assets` names: its search key is the id of a resource (or of
a resource group, for rules on the activity log). **Without that watchlist they find nothing.** Nor does a rule whose
table nobody sends; the tables are named for each.

Thresholds stand in the first lines of a query (`let Most = ...`). Logs come late by minutes: some rules see rows as
they arrive, the others look back further than they run apart. All are run over made-up rows and checked by Microsoft's
own analyser; we have not run them in a real workspace. `infra/modules/rules.json` deploys all of them (`enableRules`).

`python -m desk hunt RULE --days 365`, with the responder's settings and its read identity, runs a rule over what the
workspace has kept, as if it had been there from the beginning. It opens and cuts nothing: each line that it prints is a
message for the queue `signals` (`az storage message put --queue-name signals --content "$(base64 -w0 <<< "$LINE")"`).
What the live state does not show is left to people, for a hunt bears nothing out.
"""
SPANS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (MINUTE, "minute"))


def page(rules: Iterable[Analytic]) -> str:
    """The whole page: a table, then each rule."""
    every = list(rules)
    return "\n".join([HEAD, *_table(every), "", *(line for rule in every for line in _section(rule))])


def _table(rules: Iterable[Analytic]) -> Iterator[str]:
    yield "| rule | class | severity | runs | looks back | ATT&CK |"
    yield "|---|---|---|---|---|---|"
    for rule in rules:
        runs = "as rows arrive" if rule.kind == "NRT" else f"every {_words(rule.frequency)}"
        back = "" if rule.kind == "NRT" else _words(rule.period)
        ids = ", ".join(rule.techniques)
        name = f"[{rule.name}](#{rule.name})"
        yield f"| {name} | {rule.incident_class} | {rule.severity} | {runs} | {back} | {ids} |"


def _section(rule: Analytic) -> Iterator[str]:
    yield f"## {rule.name}\n"
    yield f"{rule.title}. {rule.description}\n"
    yield f"Tables: {', '.join(rule.tables)}. Tells: {', '.join(rule.details)}.\n"


def _words(length: timedelta) -> str:
    unit, name = next((unit, name) for unit, name in SPANS if length >= unit)
    count = length // unit
    return f"{count} {name}{'s' if count > 1 else ''}"
