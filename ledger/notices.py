"""Which notices a chain says are still to be published."""

from collections.abc import Iterable

from incident.entry import Entry

NOTICE = "notice"
"""The kind of a notice's entry, and of the open work that it is until it is published."""
NO_TOPIC = "no topic is configured"
"""Why a notice was entered alone: nobody is owed it."""


def unsent(entries: Iterable[Entry]) -> list[Entry]:
    """Each once, as first entered; less what was published at some time, and what there was no topic for."""
    notices = [entry for entry in entries if entry.kind == NOTICE]
    sent = {entry.body["id"] for entry in notices if entry.body["published"]}
    owed = [entry for entry in notices if entry.body["id"] not in sent and entry.body["why"] != NO_TOPIC]
    return list({entry.body["id"]: entry for entry in reversed(owed)}.values())[::-1]
