"""The blob endpoints: service or refusal follows from stored state alone.

In order, as the service checks: the account exists, it takes the protocol, its network lets the caller in, the
credential is genuine and of a kind that the account permits, it reaches this operation, the object is there. State
counts as the data plane obeys it, not as last written.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

from drills.estate.blob_answers import Answers
from drills.estate.blob_log import note
from drills.estate.blob_operations import COPIED, DELEGATE, Operation, operation_of
from drills.estate.credentials import (
    ANONYMOUS,
    Holder,
    Presented,
    holder_by_key,
    holder_by_password,
    holder_by_signature,
)
from drills.estate.ids import subscription_of
from drills.estate.objects import Objects
from drills.estate.origins import Origin, admits
from drills.estate.roles import allows
from drills.estate.storage import ACCOUNT
from drills.estate.tokens import STORAGE_AUDIENCE, Entra
from drills.estate.wire import Asked, RefusalError, Reply
from drills.estate.world import World

TLS = ("TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3")
_MISMATCH = "This request is not authorized to perform this operation using this permission."


class Blobs:
    """`/blob/{account}[/{container}[/{blob}]]`, in the blob service's own XML."""

    def __init__(self, world: World, entra: Entra) -> None:
        self._world = world
        self._entra = entra
        self._answers = Answers(world, self._source)

    @property
    def objects(self) -> Objects:
        """Every object of every account."""
        return self._world.objects

    def fill(self, account: str, container: str, objects: dict[str, bytes]) -> None:
        """The container holds these objects besides its own."""
        self.objects.fill(account, container, objects)

    def answer(self, asked: Asked) -> Reply:
        """The reply to a request over the wire, noted in the log."""
        try:
            presented = self._presented(asked)
            operation = operation_of(asked, presented.container, presented.blob)
        except RefusalError as refusal:
            return in_xml(refusal)
        return self._noted(presented, operation)

    def _noted(self, presented: Presented, operation: Operation) -> Reply:
        holder = ANONYMOUS
        try:
            self._admit(presented)
            holder = self._holder(presented)
            self._authorise(presented, operation, holder)
            reply = self._answers.of(presented, operation, holder)
        except RefusalError as refusal:
            holder = holder if holder is not ANONYMOUS else _claimed(presented)
            reply = in_xml(refusal)
        reply = reply.with_headers(x_ms_request_id=str(uuid4())) if "x-ms-request-id" not in reply.headers else reply
        note(presented, operation, holder, reply)
        return reply

    def _source(self, presented: Presented, url: str) -> bytes:
        """The object that a copy names as its source, when it may be read."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        headers = type(presented.asked.headers)(presented.origin.headers)
        asked = replace(
            presented.asked, method="GET", path=unquote(parts.path), url=url, query=query, headers=headers, raw=b""
        )
        reply = self._noted(self._presented(asked), COPIED)
        if reply.status >= 400:
            code = str(reply.headers["x-ms-error-code"])
            raise RefusalError(reply.status if reply.status != 401 else 403, "CannotVerifyCopySource", code)
        return bytes(reply.body)

    def _presented(self, asked: Asked) -> Presented:
        _, _, name, container, blob = [*asked.path.split("/", 4), "", "", ""][:5]
        version = self._world.store.in_force_ending(f"/providers/{ACCOUNT}/{name}")
        if version is None or version.state is None:
            raise hidden()
        return Presented(
            world=self._world,
            asked=asked,
            account=version.state,
            container=container,
            blob=blob,
            origin=Origin.of(asked),
        )

    def _admit(self, presented: Presented) -> None:
        properties, origin = presented.account["properties"], presented.origin
        if origin.protocol == "HTTP" and properties.get("supportsHttpsTrafficOnly", True):
            raise RefusalError(400, "AccountRequiresHttps", "The account being accessed does not support http.")
        if TLS.index(origin.tls) < int(properties.get("minimumTlsVersion", "TLS1_0")[-1]):
            message = "The TLS version of the connection is not permitted on this storage account."
            raise RefusalError(400, "TlsVersionNotPermitted", message)
        if not admits(self._world, presented.account, origin):
            raise RefusalError(403, "AuthorizationFailure", "This request is not authorized to perform this operation.")

    def _holder(self, presented: Presented) -> Holder:
        scheme = presented.asked.headers.get("Authorization", "").partition(" ")[0].lower()
        if scheme == "bearer":
            return self._by_token(presented)
        if scheme == "sftp":
            return holder_by_password(presented)
        if scheme != "sharedkey" and "sig" not in presented.query:
            return ANONYMOUS
        holder = holder_by_key(presented) if scheme == "sharedkey" else holder_by_signature(presented)
        if holder.is_key and presented.account["properties"].get("allowSharedKeyAccess") is False:
            message = "Key based authentication is not permitted on this storage account."
            raise RefusalError(403, "KeyBasedAuthenticationNotPermitted", message)
        return holder

    def _by_token(self, presented: Presented) -> Holder:
        try:
            principal = self._entra.caller(presented.asked, STORAGE_AUDIENCE)
        except RefusalError as refusal:
            raise RefusalError(401, "InvalidAuthenticationInfo", refusal.message) from None
        return Holder(kind="OAuth", principal=principal)

    def _authorise(self, presented: Presented, operation: Operation, holder: Holder) -> None:
        if holder.kind == "Anonymous":
            return self._authorise_anyone(presented, operation)
        if operation is DELEGATE and holder.kind != "OAuth":
            raise RefusalError(403, "AuthenticationFailed", "Only a token gets a user delegation key.")
        if holder.kind == "SAS" and not (set(operation.letters) & set(holder.letters)):
            raise RefusalError(403, "AuthorizationPermissionMismatch", _MISMATCH)
        if holder.kind == "SAS" and operation.kind not in holder.kinds:
            raise RefusalError(403, "AuthorizationResourceTypeMismatch", _MISMATCH)
        if holder.principal and not self._is_allowed(presented, operation, holder):
            raise RefusalError(403, "AuthorizationPermissionMismatch", _MISMATCH)
        return None

    def _is_allowed(self, presented: Presented, operation: Operation, holder: Holder) -> bool:
        account = presented.account["id"]
        scope = f"{account}/blobServices/default/containers/{presented.container}" if presented.container else account
        is_home = subscription_of(account) == self._world.subscription
        return (
            is_home
            and holder.principal is not None
            and allows(self._world, holder.principal, operation.action, scope, of_data=operation.is_of_data)
        )

    def _authorise_anyone(self, presented: Presented, operation: Operation) -> None:
        if not operation.is_read and operation is not COPIED:
            raise RefusalError(401, "NoAuthenticationInformation", "Server failed to authenticate the request.")
        if presented.account["properties"].get("allowBlobPublicAccess") is False:
            raise RefusalError(
                409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
            )
        container = self._world.store.in_force(
            f"{presented.account['id']}/blobServices/default/containers/{presented.container}"
        )
        level = container.state["properties"].get("publicAccess", "None") if container and container.state else "None"
        if level == "None" or (level == "Blob" and not presented.blob):
            raise hidden()


def _claimed(presented: Presented) -> Holder:
    """What a refused request claims to be, for the log."""
    scheme = presented.asked.headers.get("Authorization", "").partition(" ")[0].lower()
    kinds = {"bearer": "OAuth", "sharedkey": "AccountKey", "sftp": "LocalUser"}
    kind = kinds.get(scheme) or ("SAS" if "sig" in presented.query else "Anonymous")
    return replace(ANONYMOUS, kind=kind)


def hidden() -> RefusalError:
    """404: nothing that the caller may know of."""
    return RefusalError(404, "ResourceNotFound", "The specified resource does not exist.")


def in_xml(refusal: RefusalError) -> Reply:
    """The refusal as the blob service writes it."""
    request = str(uuid4())
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{refusal.code}</Code>'
        f"<Message>{escape(refusal.message)}\nRequestId:{request}</Message></Error>"
    )
    headers: dict[str, Any] = {"x-ms-error-code": refusal.code, "x-ms-request-id": request}
    return Reply(refusal.status, body, headers | {"x-ms-version": "2023-11-03"}, "application/xml")
