"""The operations of the blob endpoints: how each is asked for, what it needs, how the log calls it."""

from collections.abc import Mapping
from dataclasses import dataclass

from drills.estate.wire import Asked, RefusalError

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"


@dataclass(frozen=True)
class Operation:
    """One operation. `letters` are the permissions of which a signature needs one, `kind` what it reaches.

    `action` is what a token's principal must be allowed; it is a data action for objects, an action else.
    """

    name: str
    category: str
    letters: str
    kind: str
    action: str

    @property
    def is_read(self) -> bool:
        """True for what may be public."""
        return self.name in {"GetBlob", "GetBlobProperties", "ListBlobs"}

    @property
    def is_of_data(self) -> bool:
        """True when the action is a data action: no control-plane role reaches it."""
        return self.action.startswith(_BLOBS)


GET = Operation("GetBlob", "StorageRead", "r", "o", f"{_BLOBS}/read")
HEAD = Operation("GetBlobProperties", "StorageRead", "r", "o", f"{_BLOBS}/read")
PUT = Operation("PutBlob", "StorageWrite", "wc", "o", f"{_BLOBS}/write")
COPY = Operation("CopyBlob", "StorageWrite", "wc", "o", f"{_BLOBS}/write")
UNDELETE = Operation("UndeleteBlob", "StorageWrite", "w", "o", f"{_BLOBS}/write")
DELETE = Operation("DeleteBlob", "StorageDelete", "d", "o", f"{_BLOBS}/delete")
COPIED = Operation("CopyBlobSource", "StorageRead", "r", "o", f"{_BLOBS}/read")
LIST = Operation("ListBlobs", "StorageRead", "l", "c", f"{_BLOBS}/read")
CONTAINERS = Operation("ListContainers", "StorageRead", "l", "s", f"{_CONTAINERS}/read")
PROPERTIES = Operation("GetContainerProperties", "StorageRead", "r", "c", f"{_CONTAINERS}/read")
GET_ACL = Operation("GetContainerACL", "StorageRead", "", "c", f"{_CONTAINERS}/getAcl/action")
SET_ACL = Operation("SetContainerACL", "StorageWrite", "", "c", f"{_CONTAINERS}/setAcl/action")
LEASE = Operation("LeaseContainer", "StorageWrite", "wd", "c", f"{_CONTAINERS}/lease/action")
DELEGATE = Operation(
    "GetUserDelegationKey",
    "StorageRead",
    "",
    "s",
    "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
)
_OF_ACCOUNT: Mapping[tuple[str, str], Operation] = {
    ("GET", "list"): CONTAINERS,
    ("POST", "userdelegationkey"): DELEGATE,
}
_OF_CONTAINER: Mapping[tuple[str, str], Operation] = {
    ("GET", "list"): LIST,
    ("GET", ""): PROPERTIES,
    ("HEAD", ""): PROPERTIES,
    ("GET", "acl"): GET_ACL,
    ("PUT", "acl"): SET_ACL,
    ("PUT", "lease"): LEASE,
}
_OF_BLOB: Mapping[tuple[str, str], Operation] = {
    ("GET", ""): GET,
    ("HEAD", ""): HEAD,
    ("PUT", ""): PUT,
    ("PUT", "undelete"): UNDELETE,
    ("DELETE", ""): DELETE,
}


def operation_of(asked: Asked, container: str, blob: str) -> Operation:
    """The operation.

    Raises RefusalError 400 for what this estate does not serve.
    """
    table = _OF_BLOB if blob else _OF_CONTAINER if container else _OF_ACCOUNT
    found = table.get((asked.method, asked.query.get("comp", "")))
    if found is None:
        message = "Value for one of the query parameters specified in the request URI is invalid."
        raise RefusalError(400, "InvalidQueryParameterValue", message)
    return COPY if found is PUT and "x-ms-copy-source" in asked.headers else found
