"""Rows as they are read on the wire: one GET, and what its answer says.

Written out here because azure-data-tables takes most of a reading's time to rebuild rows whose properties JSON tells by
themselves: texts, truths and whole numbers of 32 bits. The form: "Query Entities", REST reference of Table Storage.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ledger.batch import VERSION

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

NEXT = ("NextPartitionKey", "NextRowKey")


def one(account: str, table: str, partition: str, row: str) -> "HttpRequest":
    """The row with these keys, in the tables at that address."""
    return _asked(f"{account}/{table}(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row)}')")


def page(account: str, table: str, where: str, most: int, after: Mapping[str, str]) -> "HttpRequest":
    """At most so many of the rows that match the OData filter (empty = all), from where the page before has ended."""
    asked = {"$top": str(most), **({"$filter": where} if where else {}), **after}
    return _asked(f"{account}/{table}()?{urlencode(asked, quote_via=quote, safe='$')}")


def following(headers: Mapping[str, str]) -> dict[str, str]:
    """Where the next page begins; nothing when there is none."""
    told = {name: headers.get(f"x-ms-continuation-{name}") for name in NEXT}
    return {name: value for name, value in told.items() if value}


def rows(body: bytes) -> list[dict[str, Any]]:
    """The page's rows: their properties, `Timestamp` and `odata.etag` among them."""
    found: list[dict[str, Any]] = json.loads(body)["value"]
    return found


def etag(stored: Mapping[str, Any]) -> str:
    """The row's ETag, which is made of its Timestamp where it is not said."""
    return str(stored.get("odata.etag") or f"W/\"datetime'{quote(stored['Timestamp'])}'\"")


def _asked(url: str) -> "HttpRequest":
    from azure.core.rest import HttpRequest

    return HttpRequest("GET", url, headers={**VERSION, "Accept": "application/json;odata=minimalmetadata"})


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")
