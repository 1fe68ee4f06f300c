"""What went over the wire to one plane of the estate, without its secrets, as Microsoft's validator reads it."""

import json
from datetime import datetime
from pathlib import Path

from drills.estate.keys import without_secrets
from drills.estate.store import Clock
from drills.estate.wire import Asked, Json, Reply

_UNSAID = {"authorization", "host", "cookie"}


class Exchanges:
    """The exchanges in the order of their answers, each with the moments of its first and last byte."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.kept: list[Json] = []

    def capture(self, asked: Asked, reply: Reply, began: datetime) -> None:
        """One exchange, over now."""
        kept = {name: value for name, value in asked.headers.items() if name.lower() not in _UNSAID}
        request: Json = {"method": asked.method, "url": asked.url, "headers": kept}
        if asked.body is not None:
            request["body"] = asked.body
        headers = {"content-type": reply.content_type} | {name.lower(): value for name, value in reply.headers.items()}
        response = {"statusCode": str(reply.status), "headers": headers, "body": without_secrets(reply.body)}
        name = f"{len(self.kept):05d} {asked.method} {asked.path}"
        times = {"began": began.isoformat(), "ended": self._clock().isoformat()}
        pair = {"id": name, "liveRequest": request, "liveResponse": response}
        self.kept.append(json.loads(json.dumps(times | pair)))

    def write_pairs(self, path: Path) -> int:
        """The exchanges so far, one a line; how many there were."""
        exchanges = tuple(self.kept)
        path.write_text("".join(json.dumps(one) + "\n" for one in exchanges))
        return len(exchanges)
