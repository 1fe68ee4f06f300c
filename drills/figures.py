"""What is measured: read off the exchanges that the estate has kept, each with its first and last moment."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

WRITES = frozenset({"PUT", "PATCH", "DELETE"})
ACTIONS = ("/revokeuserdelegationkeys", "/regeneratekey", "/setlegalhold", "/clearlegalhold", "/endgetaccess")
"""What is asked of Resource Manager by POST and changes something; of Graph every POST does."""
GRAPH = "/graph/v1.0/"
type Exchange = dict[str, Any]


def writes(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The exchanges that asked for a change."""
    return [one for one in exchanges if _changes(one["liveRequest"])]


def _changes(request: Exchange) -> bool:
    path = str(request["url"]).partition("?")[0].lower()
    acts = path.endswith(ACTIONS) or GRAPH in path
    return request["method"] in WRITES or (request["method"] == "POST" and acts)


def first_write(exchanges: Iterable[Exchange]) -> Exchange | None:
    """The first write that Resource Manager acknowledged."""
    done = (one for one in writes(exchanges) if int(one["liveResponse"]["statusCode"]) < 300)
    return min(done, key=ended, default=None)


def concerning(exchanges: Iterable[Exchange], write: Exchange) -> list[Exchange]:
    """The exchanges about the resource that was written, and what lies in it."""
    root = _root(write)
    return [one for one in exchanges if _root(one) == root]


def _root(exchange: Exchange) -> list[str]:
    """The path down to the name of a resource in its group."""
    path = str(exchange["liveRequest"]["url"]).partition("?")[0].partition("/subscriptions/")[2]
    return path.lower().split("/")[:7]


def round_trips(exchanges: Iterable[Exchange], since: datetime, write: Exchange) -> int:
    """The most exchanges that lay one after another from `since` to the write's answer; those side by side are one."""
    before = [one for one in exchanges if began(one) >= since and ended(one) <= began(write)]
    return _in_a_row(sorted(before, key=ended)) + 1


def _in_a_row(exchanges: Sequence[Exchange]) -> int:
    count, last = 0, None
    for one in exchanges:
        if last is None or began(one) >= last:
            count, last = count + 1, ended(one)
    return count


def began(exchange: Exchange) -> datetime:
    """When its first byte came in."""
    return datetime.fromisoformat(exchange["began"])


def ended(exchange: Exchange) -> datetime:
    """When its answer went out."""
    return datetime.fromisoformat(exchange["ended"])


def request_id(exchange: Exchange) -> str:
    """The id that its sender gave it, empty where none."""
    headers = {name.lower(): value for name, value in exchange["liveRequest"]["headers"].items()}
    return str(headers.get("x-ms-client-request-id", ""))


def milliseconds(length: timedelta) -> float:
    """The length, to a tenth."""
    return round(length / timedelta(milliseconds=1), 1)
