"""The disclosure list: who read which object, with what, how much and when. Its rows are ePHI.

Contents leave by GetBlob, by a query over a blob, and as the source of a copy; a listing discloses names and is counted
as an object that ends in a slash. Of anonymous requests Azure logs those that were served (learn.microsoft.com,
monitor-blob-storage). The log comes late by minutes: what was read just now may not be in it yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from detection.hunts import Hunt, account_name, address
from incident.resource import ResourceId

BACK = timedelta(days=30)
MOST = 50_000
ANONYMOUS = "anonymous"
QUERY = """\
StorageBlobLogs
| where AccountName =~ "{account}" and StatusCode startswith "2"
| where OperationName in ("GetBlob", "QueryBlobContents", "CopyBlobSource", "ListBlobs")
| extend Object = iff(OperationName == "ListBlobs", strcat(ObjectKey, "/"), ObjectKey)
| extend Caller = replace_regex(CallerIpAddress, @":\\d+$", "")
| summarize Reads = count(), Bytes = sum(ResponseBodySize), First = min(TimeGenerated), Last = max(TimeGenerated)
    by Object, Caller, AuthenticationType, RequesterObjectId, RequesterAppId
| top {limit} by Last desc
"""
COVERAGE = 'StorageBlobLogs | where AccountName =~ "{account}" | summarize Records = count()'


@dataclass(frozen=True, kw_only=True)
class Disclosed:
    """One object read by one caller. `path` is container and blob; `size` is in bytes."""

    path: str
    address: str
    entered: str
    object_id: str
    app_id: str
    reads: int
    size: int
    first: datetime
    last: datetime


def hunt(account: ResourceId) -> Hunt:
    """The question for one account. ValueError for a name that may not stand in a query."""
    query = QUERY.format(account=account_name(account), limit=MOST + 1)
    return Hunt(query=query, since=BACK, most=MOST)


def coverage(account: ResourceId) -> Hunt:
    """Whether anything at all was logged of the account: one row with `Records`; without any nothing is excluded."""
    return Hunt(query=COVERAGE.format(account=account_name(account)), since=BACK, most=1)


def read(rows: Iterable[Mapping[str, Any]]) -> list[Disclosed]:
    """The rows, latest first."""
    return [
        Disclosed(
            path=_path(str(row["Object"])),
            address=address(str(row["Caller"] or "")),
            entered=str(row["AuthenticationType"] or ""),
            object_id=str(row["RequesterObjectId"] or ""),
            app_id=str(row["RequesterAppId"] or ""),
            reads=int(row["Reads"]),
            size=int(row["Bytes"] or 0),
            first=row["First"],
            last=row["Last"],
        )
        for row in rows
    ]


def paths(disclosed: Iterable[Disclosed]) -> tuple[str, ...]:
    """The objects whose contents were read, as `compliance.scope` joins them with the customer's index."""
    return tuple(dict.fromkeys(each.path for each in disclosed if not each.path.endswith("/")))


def counted(disclosed: Iterable[Disclosed]) -> dict[str, int]:
    """What may be said of the list outside of it: counts alone."""
    every = tuple(disclosed)
    contents = [each for each in every if not each.path.endswith("/")]
    return {
        "objects": len(paths(every)),
        "reads": sum(each.reads for each in contents),
        "bytes": sum(each.size for each in contents),
        "callers": len({(each.address, each.object_id, each.app_id) for each in contents}),
        "anonymous": sum(each.reads for each in contents if each.entered.casefold() == ANONYMOUS),
    }


def _path(key: str) -> str:
    """`/account/container/blob` without the account."""
    return key.lstrip("/").partition("/")[2]
