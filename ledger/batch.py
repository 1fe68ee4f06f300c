"""An entity-group transaction on the wire: one multipart request, and what its multipart answer says.

Written out here because azure-data-tables builds and reads it through the mail parser, which takes more time than all
else that a commit costs. The form: "Performing entity group transactions", REST reference of Table Storage.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

    from ledger.tables import Operation

VERSION = {"x-ms-version": "2019-02-02", "DataServiceVersion": "3.0", "MaxDataServiceVersion": "3.0;NetFx"}
PART = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary"
VERBS = {"create": "POST", "update": "PUT", "upsert": "PUT", "delete": "DELETE"}
ANSWER = re.compile(rb"^HTTP/1\.1 (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n", re.MULTILINE)
ETAG = re.compile(rb"^etag: *([^\r\n]+)", re.MULTILINE | re.IGNORECASE)


def request(account: str, table: str, operations: Sequence["Operation"]) -> "HttpRequest":
    """The operations as one change set for the account at that address."""
    from azure.core.rest import HttpRequest

    batch, changes = f"batch_{uuid.uuid4()}", f"changeset_{uuid.uuid4()}"
    parts = (_part(f"{account}/{table}", number, each) for number, each in enumerate(operations))
    lines = [
        f"--{batch}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n",
        *(f"--{changes}\r\n{part}" for part in parts),
        f"--{changes}--\r\n",
        f"--{batch}--\r\n",
    ]
    return HttpRequest(
        "POST",
        f"{account}/$batch",
        headers={**VERSION, "Content-Type": f"multipart/mixed; boundary={batch}", "Accept": "application/json"},
        content="\r\n".join(lines).encode(),
    )


def _part(table: str, number: int, operation: "Operation") -> str:
    """One operation as a request of its own; JSON escapes line ends and what is not ASCII."""
    new = operation.kind == "create"
    body = "" if operation.kind == "delete" else json.dumps(_stored(operation.values))
    head = {
        "Accept": "application/json;odata=minimalmetadata",
        "DataServiceVersion": "3.0",
        "x-ms-version": VERSION["x-ms-version"],
        **({"Content-Type": "application/json", "Content-Length": str(len(body))} if body else {}),
        **({"Prefer": "return-no-content"} if new else {}),
        **({"If-Match": etag} if (etag := _condition(operation)) else {}),
    }
    place = table if new else f"{table}({_place(operation.values)})"
    lines = [f"{VERBS[operation.kind]} {place} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join([PART, f"Content-ID: {number}", "", *lines, "", body])


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """The row's properties: texts, truths and whole numbers of 32 bits, which JSON tells by themselves."""
    return {name: value for name, value in values.items() if value is not None}


def _condition(operation: "Operation") -> str | None:
    return operation.etag or ("*" if operation.kind == "delete" else None)


def _place(values: Mapping[str, Any]) -> str:
    return ",".join(f"{name}='{_quoted(values[name])}'" for name in ("PartitionKey", "RowKey"))


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")


def answers(body: bytes) -> Iterator[tuple[int, str]]:
    """Status and ETag of each operation, in order; of a transaction that was refused the one that refused it."""
    for status, head in ANSWER.findall(body):
        etag = ETAG.search(head)
        yield int(status), etag[1].decode() if etag else ""


def refusal(status: int, body: bytes, count: int) -> int | None:
    """The status for which nothing was written, 0 when the answer does not say, None when all of it was."""
    if status != HTTPStatus.ACCEPTED:
        return status
    told = [each for each, _ in answers(body)]
    failed = next((each for each in told if each >= HTTPStatus.MULTIPLE_CHOICES), None)
    return failed or (None if len(told) == count else 0)
