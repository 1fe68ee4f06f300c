"""The canary: an event of our own that takes the way of every signal, through the queue, and is looked for behind it.

It is read, judged and kept like any event that no rule knows. What shows that it came through is its signal's own row.
"""

import json
from datetime import datetime

from desk.parts import Parts
from detection.readers import read
from incident.canonical import digest
from incident.signal import Signal

SOURCE = "/tourniquet/canary"
KIND = "Tourniquet.Canary"


def message(name: str, now: datetime) -> str:
    """The canary as the queue takes it: a CloudEvent. Nobody who has not read the ledger knows its name."""
    event = {
        "specversion": "1.0",
        "id": name,
        "source": SOURCE,
        "type": KIND,
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": {"name": digest(name)[:16]},
    }
    return json.dumps(event)


def key(written: str, now: datetime) -> str:
    """Under which key the line will know it."""
    (signal,) = read(written.encode(), received_at=now)
    if not isinstance(signal, Signal):
        raise TypeError(f"the canary is no signal: {signal.reason}")
    return signal.key


async def arrived(parts: Parts, known_as: str) -> bool:
    """Whether the line has taken it in, to the end."""
    return bool(await parts.ledger.keys.place(known_as))
