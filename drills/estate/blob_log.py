"""Rows of StorageBlobLogs, one for each request that Azure would log.

Another tenant's accounts log elsewhere, and of anonymous requests those that
were served are logged (learn.microsoft.com, monitor-blob-storage). What signs a
request is never in a row: the address is without `sig`, the key and the signature are hashes.
"""

from urllib.parse import parse_qsl, urlencode

from drills.estate.blob_operations import Operation
from drills.estate.credentials import Holder, Presented
from drills.estate.diagnostics import is_logged
from drills.estate.ids import subscription_of
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import LOCATION


def note(presented: Presented, operation: Operation, holder: Holder, reply: Reply) -> None:
    """The row of the request, in the log."""
    is_ours = subscription_of(presented.account["id"]).lower() == presented.world.subscription
    if not is_ours or (holder.kind == "Anonymous" and reply.status >= 400):
        return
    if not is_logged(presented.world, presented.account["id"]):
        return
    world, asked, account, origin = presented.world, presented.asked, presented.account, presented.origin
    principal, served = holder.principal, reply.status < 400
    path = asked.path.split("/", 3)[3] if asked.path.count("/") > 2 else ""
    world.traffic.storage_log.append(
        {
            "TimeGenerated": world.stamp(),
            "AccountName": account["name"],
            "OperationName": operation.name,
            "OperationVersion": asked.headers.get("x-ms-version", "2023-11-03"),
            "OperationCount": 1,
            "Category": operation.category,
            "SchemaVersion": "1.0",
            "AuthenticationType": holder.kind,
            "AuthenticationHash": holder.hash,
            "AuthorizationDetails": _authorized(operation, holder),
            "RequesterObjectId": principal.oid if principal else "",
            "RequesterAppId": principal.client_id if principal and holder.kind == "OAuth" else "",
            "RequesterTenantId": world.tenant if principal else "",
            "RequesterUpn": f"{principal.name}@clinic.example" if principal and principal.is_person else "",
            "SasExpiryStatus": holder.sas_expiry,
            "StatusCode": str(reply.status),
            "StatusText": "Success" if served else str(reply.headers.get("x-ms-error-code", "")),
            "MetricResponseType": "Success" if served else "ClientOtherError",
            "Uri": _without_signature(f"{account['properties']['primaryEndpoints']['blob']}{path}", asked),
            "ObjectKey": f"/{account['name']}/{path}".rstrip("/"),
            "CallerIpAddress": f"{origin.caller}:{49152 + len(world.traffic.storage_log) % 16384}",
            "UserAgentHeader": asked.headers.get("User-Agent", ""),
            "ClientRequestId": asked.headers.get("x-ms-client-request-id", ""),
            "CorrelationId": correlation(reply),
            "RequestBodySize": len(asked.raw),
            "ResponseBodySize": len(reply.body or b"") if asked.method != "HEAD" else 0,
            "Protocol": origin.protocol,
            "TlsVersion": origin.tls,
            "ServiceType": "blob",
            "Location": LOCATION,
            "SourceUri": _without_query(asked.headers.get("x-ms-copy-source", "")),
            "Type": "StorageBlobLogs",
            "_ResourceId": f"{account['id']}/blobServices/default".lower(),
            "_SubscriptionId": world.subscription,
            "TenantId": world.tenant,
        }
    )


def correlation(reply: Reply) -> str:
    """The request id that the reply names."""
    return str(reply.headers.get("x-ms-request-id", ""))


def _authorized(operation: Operation, holder: Holder) -> list[Json]:
    if holder.principal is None:
        return []
    return [{"action": operation.action, "principals": [{"id": holder.principal.oid, "type": "User"}]}]


def _without_signature(url: str, asked: Asked) -> str:
    query = [("sig", "XXXXX") if name == "sig" else (name, value) for name, value in asked.query.items()]
    return f"{url}?{urlencode(query)}" if query else url


def _without_query(url: str) -> str:
    address, _, query = url.partition("?")
    kept = [("sig", "XXXXX") if name == "sig" else (name, value) for name, value in parse_qsl(query)]
    return f"{address}?{urlencode(kept)}" if kept else address
