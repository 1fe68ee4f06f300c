"""The blob endpoints, as a stranger sees them: service or refusal follows from stored state alone.

In order, as the service checks: the account exists, its network rules let the caller in, it permits public access,
the container is public for what is asked, the object is there. State counts as the data plane obeys it, not as last
written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from uuid import uuid4
from xml.sax.saxutils import escape

from drills.estate.storage import ACCOUNT
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

OUTSIDE = "198.51.100.20"
CALLER = "X-Estate-Caller"
"""Header that says from which address a request comes; without it, from OUTSIDE."""


@dataclass(frozen=True)
class Request:
    """`GET {container}?comp=list` when `blob` is empty, else `GET {container}/{blob}`."""

    account: str
    container: str
    blob: str
    caller: str


class Blobs:
    """Every object of every account, by account, container and name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._objects: dict[tuple[str, str], dict[str, bytes]] = {}

    def fill(self, account: str, container: str, objects: dict[str, bytes]) -> None:
        """The container holds these objects besides its own."""
        self._objects.setdefault((account, container), {}).update(objects)

    def answer(self, asked: Asked) -> Reply:
        """`/blob/{account}/{container}[/{blob}]`, in the blob service's own XML."""
        _, _, account, container, blob = [*asked.path.split("/", 4), "", "", ""][:5]
        request = Request(account, container, blob, asked.headers.get(CALLER, OUTSIDE))
        try:
            self._refuse_foreign_verbs(asked, request)
            return self._served(asked, request, self._admit(request))
        except RefusalError as refusal:
            return _in_xml(refusal)

    def _refuse_foreign_verbs(self, asked: Asked, request: Request) -> None:
        if "Authorization" in asked.headers or "sig" in asked.query:
            raise RefusalError(403, "AuthenticationFailed", "Server failed to authenticate the request.")
        if asked.method not in {"GET", "HEAD"}:
            raise RefusalError(401, "NoAuthenticationInformation", "Server failed to authenticate the request.")
        if not request.blob and asked.query.get("comp") != "list":
            raise _hidden()

    def _admit(self, request: Request) -> Json:
        account = self._account(request.account)
        if not network_admits(account, request.caller):
            raise RefusalError(403, "AuthorizationFailure", "This request is not authorized to perform this operation.")
        if account["properties"].get("allowBlobPublicAccess") is False:
            raise RefusalError(
                409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
            )
        found = self._world.store.in_force(f"{account['id']}/blobServices/default/containers/{request.container}")
        level = found.state["properties"].get("publicAccess", "None") if found and found.state else "None"
        if level == "None" or (level == "Blob" and not request.blob):
            raise _hidden()
        return account

    def _account(self, name: str) -> Json:
        version = self._world.store.in_force_ending(f"/providers/{ACCOUNT}/{name}")
        if version is None or version.state is None:
            raise _hidden()
        return version.state

    def _served(self, asked: Asked, request: Request, account: Json) -> Reply:
        objects = self._objects.get((request.account, request.container), {})
        if not request.blob:
            listing = Reply(200, "".join(_listing(asked, request, objects)), content_type="application/xml")
            return self._logged(asked, request, account, listing)
        if request.blob not in objects:
            raise RefusalError(404, "BlobNotFound", "The specified blob does not exist.")
        content = Reply(200, objects[request.blob], content_type="application/octet-stream")
        return self._logged(asked, request, account, content)

    def _logged(self, asked: Asked, request: Request, account: Json, reply: Reply) -> Reply:
        url = account["properties"]["primaryEndpoints"]["blob"]
        path = f"{request.container}/{request.blob}".rstrip("/")
        row = {
            "TimeGenerated": self._world.stamp(),
            "AccountName": request.account,
            "OperationName": "GetBlob" if request.blob else "ListBlobs",
            "Category": "StorageRead",
            "AuthenticationType": "Anonymous",
            "StatusCode": "200",
            "StatusText": "Success",
            "Uri": f"{url}{path}" + ("" if request.blob else "?restype=container&comp=list"),
            "ObjectKey": f"/{request.account}/{path}",
            "CallerIpAddress": f"{request.caller}:{49152 + len(self._world.traffic.storage_log) % 16384}",
            "UserAgentHeader": asked.headers.get("User-Agent", ""),
            "ResponseBodySize": len(reply.body),
            "CorrelationId": str(uuid4()),
            "_ResourceId": f"{account['id']}/blobServices/default".lower(),
            "TenantId": self._world.tenant,
        }
        self._world.traffic.storage_log.append(row)
        return reply


def network_admits(account: Json, caller: str) -> bool:
    """True when public network access is on and the address passes the account's rules."""
    properties = account["properties"]
    rules = properties.get("networkAcls", {})
    if properties.get("publicNetworkAccess", "Enabled") != "Enabled":
        return False
    return rules.get("defaultAction", "Allow") == "Allow" or any(
        ip_address(caller) in ip_network(rule["value"]) for rule in rules.get("ipRules", [])
    )


def _hidden() -> RefusalError:
    return RefusalError(404, "ResourceNotFound", "The specified resource does not exist.")


def _in_xml(refusal: RefusalError) -> Reply:
    request = str(uuid4())
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{refusal.code}</Code>'
        f"<Message>{escape(refusal.message)}\nRequestId:{request}</Message></Error>"
    )
    headers = {"x-ms-error-code": refusal.code, "x-ms-request-id": request, "x-ms-version": "2023-11-03"}
    return Reply(refusal.status, body, headers, "application/xml")


def _listing(asked: Asked, request: Request, objects: dict[str, bytes]) -> Iterator[str]:
    marker, limit = asked.query.get("marker", ""), int(asked.query.get("maxresults", "5000"))
    names = [name for name in sorted(objects) if name >= marker]
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<EnumerationResults ContainerName="{escape(request.container)}"><Blobs>'
    for name in names[:limit]:
        yield (
            f"<Blob><Name>{escape(name)}</Name><Properties><Content-Length>{len(objects[name])}</Content-Length>"
            "<BlobType>BlockBlob</BlobType></Properties></Blob>"
        )
    yield f"</Blobs><NextMarker>{escape(next(iter(names[limit:]), ''))}</NextMarker></EnumerationResults>"
