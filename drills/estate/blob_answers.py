"""What the blob endpoints do for those who may ask."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from hashlib import md5
from uuid import uuid4
from xml.etree.ElementTree import ParseError, fromstring
from xml.sax.saxutils import escape

from drills.estate import blob_operations as operations
from drills.estate.blob_operations import Operation
from drills.estate.credentials import Holder, Presented
from drills.estate.keys import delegation_key
from drills.estate.objects import Blob
from drills.estate.policies import parsed, policies_of, policies_state, written
from drills.estate.protection import kept_for, refuse_change
from drills.estate.replication import replicate
from drills.estate.storage import CONTAINER, blob_etag
from drills.estate.wire import Json, RefusalError, Reply
from drills.estate.world import World

type Source = Callable[[Presented, str], bytes]
LONGEST_DELEGATION = timedelta(days=7)
_XML = "application/xml"
_BYTES = "application/octet-stream"


class Answers:
    """One method for each operation. `source` reads what a copy names as its source."""

    def __init__(self, world: World, source: Source) -> None:
        self._world = world
        self._source = source
        self._by_operation: dict[Operation, Callable[[Presented], Reply]] = {
            operations.GET: self._get,
            operations.HEAD: self._get,
            operations.COPIED: self._get,
            operations.PUT: self._put,
            operations.COPY: self._copy,
            operations.DELETE: self._delete,
            operations.UNDELETE: self._undelete,
            operations.LIST: self._list,
            operations.CONTAINERS: self._containers,
            operations.PROPERTIES: self._properties,
            operations.GET_ACL: self._get_acl,
            operations.SET_ACL: self._set_acl,
            operations.LEASE: self._lease,
        }

    def of(self, presented: Presented, operation: Operation, holder: Holder) -> Reply:
        """The reply to an operation that is permitted."""
        if operation is operations.DELEGATE:
            return self._delegate(presented, holder)
        if operation.kind != "s":
            self._container(presented)
        return self._by_operation[operation](presented)

    def _get(self, presented: Presented) -> Reply:
        content, headers = self._blob(presented).content, self._headers(presented)
        asked = presented.asked.headers.get("x-ms-range") or presented.asked.headers.get("Range")
        if not asked or not content:
            return Reply(200, content, headers, _BYTES)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last or len(content)) + 1]
        span = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        return Reply(206, part, headers | {"Content-Range": span}, _BYTES)

    def _put(self, presented: Presented) -> Reply:
        self._write(presented, presented.asked.raw)
        return Reply(201, None, self._headers(presented) | {"x-ms-request-server-encrypted": "true"})

    def _copy(self, presented: Presented) -> Reply:
        url = presented.asked.headers["x-ms-copy-source"]
        self._refuse_foreign_source(presented, url)
        self._write(presented, self._source(presented, url))
        copied = {"x-ms-copy-id": str(uuid4()), "x-ms-copy-status": "success"}
        return Reply(202, None, self._headers(presented) | copied)

    def _delete(self, presented: Presented) -> Reply:
        refuse_change(self._world, self._container_id(presented), self._blob(presented))
        keep = kept_for(self._world, presented.account["id"])
        self._world.objects.delete(presented.account["name"], presented.container, presented.blob, keep)
        return Reply(202, None, {"x-ms-delete-type-permanent": "true" if keep is None else "false"})

    def _undelete(self, presented: Presented) -> Reply:
        if not self._world.objects.undelete(presented.account["name"], presented.container, presented.blob):
            raise _no_blob()
        return Reply(200)

    def _list(self, presented: Presented) -> Reply:
        return Reply(200, "".join(self._listing(presented)), content_type=_XML)

    def _containers(self, presented: Presented) -> Reply:
        every = self._world.store.of_type(CONTAINER, presented.account["id"])
        names = "".join(f"<Container><Name>{escape(one['name'])}</Name></Container>" for one in every)
        body = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Containers>{names}</Containers>'
        return Reply(200, f"{body}<NextMarker /></EnumerationResults>", content_type=_XML)

    def _properties(self, presented: Presented) -> Reply:
        state = self._container(presented)
        return Reply(200, None, self._container_headers(state))

    def _get_acl(self, presented: Presented) -> Reply:
        state = self._container(presented)
        policies = policies_of(self._world, state["id"])
        return Reply(200, written(policies), self._container_headers(state), _XML)

    def _set_acl(self, presented: Presented) -> Reply:
        state, headers = self._container(presented), presented.asked.headers
        if "If-Match" in headers or "If-None-Match" in headers:
            raise RefusalError(400, "UnsupportedHeader", "One of the HTTP headers is not supported.")
        self._check_lease(state, headers.get("x-ms-lease-id"))
        level = {"container": "Container", "blob": "Blob"}.get(headers.get("x-ms-blob-public-access", ""), "None")
        if level != "None" and presented.account["properties"].get("allowBlobPublicAccess") is False:
            message = "Public access is not permitted on this storage account."
            raise RefusalError(409, "PublicAccessNotPermitted", message)
        policies = policies_state(state["id"], parsed(presented.asked.raw))
        changed = {"publicAccess": level, "lastModifiedTime": self._world.stamp()}
        state |= {"etag": blob_etag(), "properties": state["properties"] | changed}
        self._world.store.put(policies, self._world.delays.blobs)
        self._world.store.put(state, self._world.delays.blobs)
        return Reply(200, None, self._container_headers(state))

    def _lease(self, presented: Presented) -> Reply:
        state, headers = self._container(presented), presented.asked.headers
        action = headers.get("x-ms-lease-action", "")
        lease = headers.get("x-ms-proposed-lease-id") or str(uuid4())
        if action == "acquire":
            if state["properties"]["leaseState"] == "Leased":
                raise RefusalError(409, "LeaseAlreadyPresent", "There is already a lease present.")
            return self._leased(state, lease)
        self._check_lease(state, headers.get("x-ms-lease-id", ""))
        return self._leased(state, None)

    def _leased(self, state: Json, lease: str | None) -> Reply:
        told = {"leaseState": "Leased", "leaseStatus": "Locked", "leaseDuration": "Infinite"}
        if lease is None:
            told = {"leaseState": "Available", "leaseStatus": "Unlocked"}
            state["properties"].pop("leaseDuration", None)
        self._world.store.put(state | {"lease": lease, "properties": state["properties"] | told})
        return Reply(201 if lease else 200, None, {"x-ms-lease-id": lease} if lease else {})

    def _delegate(self, presented: Presented, holder: Holder) -> Reply:
        try:
            info = fromstring(presented.asked.raw.decode("utf-8-sig"))  # noqa: S314 the estate hears its own drills alone
        except (ParseError, UnicodeDecodeError):
            raise RefusalError(400, "InvalidXmlDocument", "XML specified is not syntactically valid.") from None
        oid = holder.principal.oid if holder.principal else ""
        start, expiry = info.findtext("Start") or self._world.stamp(), info.findtext("Expiry") or ""
        version = presented.asked.headers.get("x-ms-version", "2023-11-03")
        terms = (oid, self._world.tenant, start, expiry, "b", version)
        value = delegation_key(self._world, presented.account, "/".join(terms))
        names = ("Oid", "Tid", "Start", "Expiry", "Service", "Version")
        told = "".join(f"<Signed{name}>{one}</Signed{name}>" for name, one in zip(names, terms, strict=True))
        body = f'<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>{told}<Value>{value}</Value>'
        return Reply(200, f"{body}</UserDelegationKey>", content_type=_XML)

    def _write(self, presented: Presented, content: bytes) -> None:
        account, container, name = presented.account["name"], presented.container, presented.blob
        standing = self._world.objects.find(account, container, name)
        if standing is not None:
            refuse_change(self._world, self._container_id(presented), standing)
        keep = kept_for(self._world, presented.account["id"])
        self._world.objects.write(account, container, name, content, keep)
        replicate(self._world, presented.account, container, [name])

    def _refuse_foreign_source(self, presented: Presented, url: str) -> None:
        """`allowedCopyScope` binds the account that is copied to (learn.microsoft.com, security-restrict-copy)."""
        home = presented.account["id"].partition("/resourceGroups/")[0].lower()
        source = self._world.store.in_force_ending(f"storageAccounts/{url.partition('/blob/')[2].partition('/')[0]}")
        is_home = source is not None and source.state is not None and source.state["id"].lower().startswith(home)
        if presented.account["properties"].get("allowedCopyScope") and not is_home:
            raise RefusalError(403, "AuthorizationFailure", "The copy source is outside of the allowed copy scope.")

    def _blob(self, presented: Presented) -> Blob:
        found = self._world.objects.find(presented.account["name"], presented.container, presented.blob)
        if found is None:
            raise _no_blob()
        return found

    def _container_id(self, presented: Presented) -> str:
        return f"{presented.account['id']}/blobServices/default/containers/{presented.container}"

    def _container(self, presented: Presented) -> Json:
        state = self._world.store.read(self._container_id(presented))
        if state is None:
            raise RefusalError(404, "ContainerNotFound", "The specified container does not exist.")
        return state

    def _check_lease(self, state: Json, lease: str | None) -> None:
        if lease is not None and lease != state.get("lease"):
            message = "The lease ID specified did not match the lease ID for the container."
            raise RefusalError(412, "LeaseIdMismatchWithContainerOperation", message)

    def _headers(self, presented: Presented) -> dict[str, str]:
        blob = self._blob(presented)
        digest = b64encode(md5(blob.content, usedforsecurity=False).digest()).decode()
        return {
            "ETag": blob.etag,
            "Last-Modified": format_datetime(blob.written, usegmt=True),
            "Content-MD5": digest,
            "x-ms-blob-type": "BlockBlob",
            "x-ms-version": "2023-11-03",
        }

    def _container_headers(self, state: Json) -> dict[str, str]:
        level = state["properties"].get("publicAccess", "None").lower()
        public = {} if level == "none" else {"x-ms-blob-public-access": level}
        lease = {
            "x-ms-lease-state": state["properties"]["leaseState"].lower(),
            "x-ms-lease-status": state["properties"]["leaseStatus"].lower(),
        }
        moment = format_datetime(self._world.clock(), usegmt=True)
        return public | lease | {"ETag": state["etag"], "Last-Modified": moment, "x-ms-version": "2023-11-03"}

    def _listing(self, presented: Presented) -> Iterator[str]:
        query, place = presented.query, (presented.account["name"], presented.container)
        marker, limit = query.get("marker", ""), int(query.get("maxresults", "5000"))
        prefix = query.get("prefix", "")
        names = [name for name in self._world.objects.names(*place) if name >= marker and name.startswith(prefix)]
        yield '<?xml version="1.0" encoding="utf-8"?>'
        yield f'<EnumerationResults ContainerName="{escape(presented.container)}"><Blobs>'
        for name in names[:limit]:
            blob = self._world.objects.find(*place, name)
            size, etag = (len(blob.content), blob.etag) if blob else (0, "")
            yield (
                f"<Blob><Name>{escape(name)}</Name><Properties><Etag>{escape(etag)}</Etag>"
                f"<Content-Length>{size}</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>"
            )
        yield f"</Blobs><NextMarker>{escape(next(iter(names[limit:]), ''))}</NextMarker></EnumerationResults>"


def _no_blob() -> RefusalError:
    return RefusalError(404, "BlobNotFound", "The specified blob does not exist.")
