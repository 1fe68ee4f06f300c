"""Thieves: people outside who hold a credential of an account, or none. They ask the blob endpoints, not over the wire.

Signatures are made by azure-storage-blob, as its users make them.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, quote
from xml.etree.ElementTree import Element, fromstring

from azure.storage.blob import UserDelegationKey, generate_account_sas, generate_blob_sas, generate_container_sas
from multidict import CIMultiDict

from drills.estate.credentials import request_to_sign, signature
from drills.estate.keys import account_key
from drills.estate.local_users import password
from drills.estate.origins import Origin
from drills.estate.principals import Principal
from drills.estate.storage import ACCOUNT
from drills.estate.tokens import STORAGE_AUDIENCE
from drills.estate.wire import Asked, Json

if TYPE_CHECKING:
    from drills.estate.estate import Estate

ABROAD = "203.0.113.66"
VERSION = "2026-10-06"
YEAR = timedelta(days=365)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Sight:
    """What somebody got to see: nothing, when `code` says why."""

    status: int
    code: str
    size: int

    @property
    def is_refused(self) -> bool:
        """True when nothing was served."""
        return self.status >= 400


class Thief:
    """Somebody on the Internet. What `with_...` gives is the same thief with a credential that was taken now."""

    def __init__(self, estate: "Estate", origin: Origin | None = None) -> None:
        self._estate = estate
        self._origin = origin or Origin(caller=ABROAD)

    def through(self, **origin: str) -> Self:
        """The same, coming another way: see `Origin`."""
        return type(self)(self._estate, replace(self._origin, **origin))

    def with_key(self, account: str, key: str = "key1") -> "Holding":
        """With the account's key as it is now."""
        return Holding(self._estate, self._origin, shared_key=(account, account_key(self._account(account), key)))

    def with_account_sas(
        self, account: str, key: str = "key1", *, permission: str = "rwdlac", lasts: timedelta = YEAR
    ) -> "Holding":
        """With a signature for everything in the account."""
        secret = account_key(self._account(account), key)
        now = self._estate.world.clock()
        token = generate_account_sas(account, secret, "sco", permission, now + lasts, now, protocol="https")
        return self.with_token_of_link(token)

    def with_service_sas(  # noqa: PLR0913 each is a way to give too much
        self,
        account: str,
        container: str,
        blob: str = "",
        *,
        policy: str = "",
        key: str = "key1",
        permission: str = "rwdl",
        lasts: timedelta = YEAR,
    ) -> "Holding":
        """With a signature for a container or one object: of its own terms, or of a stored policy's."""
        secret, expiry = account_key(self._account(account), key), self._estate.world.clock() + lasts
        terms = {"policy_id": policy} if policy else {"permission": permission, "expiry": expiry}
        if blob:
            terms = terms if policy else {**terms, "permission": permission.replace("l", "")}
            return self.with_token_of_link(generate_blob_sas(account, container, blob, account_key=secret, **terms))
        return self.with_token_of_link(generate_container_sas(account, container, secret, **terms))

    def with_user_delegation_sas(
        self, account: str, container: str, delegator: Principal, *, permission: str = "rwdl", lasts: timedelta = WEEK
    ) -> "Holding":
        """With a signature by a user delegation key that the delegator was given now."""
        expiry = self._estate.world.clock() + lasts
        key = self.with_token(delegator).delegation_key(account, expiry)
        token = generate_container_sas(
            account, container, user_delegation_key=key, permission=permission, expiry=expiry
        )
        return self.with_token_of_link(token)

    def with_token(self, principal: Principal) -> "Holding":
        """With an access token of somebody's, good for an hour."""
        token = self._estate.entra.service_token(principal, STORAGE_AUDIENCE)
        return Holding(self._estate, self._origin, authorization=f"Bearer {token}")

    def with_local_user(self, account: str, name: str) -> "Holding":
        """With the password of a local user, by SFTP."""
        user = self._estate.world.store.read(f"{self._account(account)['id']}/localUsers/{name}")
        if user is None:
            raise KeyError(name)
        return Holding(self._estate, self._origin, authorization=f"Sftp {name}:{password(user)}")

    def with_token_of_link(self, token: str) -> "Holding":
        """With the query of a link that was found."""
        return Holding(self._estate, self._origin, query=dict(parse_qsl(token)))

    def _account(self, name: str) -> Json:
        version = self._estate.world.store.in_force_ending(f"/providers/{ACCOUNT}/{name}")
        if version is None or version.state is None:
            raise KeyError(name)
        return version.state


@dataclass(frozen=True)
class Holding:
    """A thief with one credential, or without any."""

    estate: "Estate"
    origin: Origin
    query: dict[str, str] | None = None
    authorization: str = ""
    shared_key: tuple[str, str] | None = None

    def through(self, **origin: str) -> Self:
        """The same credential, coming another way: see `Origin`."""
        return replace(self, origin=replace(self.origin, **origin))

    def lists(self, container: str) -> Sight:
        """Tries to list `account/container`."""
        return self.asks("GET", container, {"restype": "container", "comp": "list"})

    def reads(self, blob: str) -> Sight:
        """Tries to read `account/container/name`."""
        return self.asks("GET", blob)

    def writes(self, blob: str, content: bytes = b"encrypted") -> Sight:
        """Tries to write `account/container/name`, over what is there."""
        return self.asks("PUT", blob, content=content, headers={"x-ms-blob-type": "BlockBlob"})

    def deletes(self, blob: str) -> Sight:
        """Tries to delete `account/container/name`."""
        return self.asks("DELETE", blob)

    def copies(self, source: str, target: str, link: "Holding | None" = None) -> Sight:
        """Tries to have the service copy an object, whose address the `link` signs, into another account."""
        url = link.link(source) if link and link.query else f"{self.estate.url}/blob/{source}"
        return self.asks("PUT", target, headers={"x-ms-copy-source": url})

    def link(self, path: str) -> str:
        """The address of `account/container[/name]` with the signature, as one would post it on a forum."""
        return f"{self.estate.url}/blob/{path}?{self.signed}"

    @property
    def signed(self) -> str:
        """What follows the question mark of such an address."""
        return "&".join(f"{name}={quote(value, safe='')}" for name, value in (self.query or {}).items())

    def delegation_key(self, account: str, expiry: datetime) -> UserDelegationKey:
        """A user delegation key of the account.

        Raises AssertionError when it is refused.
        """
        start = self.estate.world.clock()
        info = f"<KeyInfo><Start>{_written(start)}</Start><Expiry>{_written(expiry)}</Expiry></KeyInfo>"
        asked = self._asked("POST", account, {"restype": "service", "comp": "userdelegationkey"}, info.encode(), {})
        reply = self.estate.blobs.answer(asked)
        if reply.status >= 400:
            raise AssertionError(f"{reply.status} {reply.body}")
        told: Element = fromstring(reply.body)  # noqa: S314 the estate's own
        key = UserDelegationKey()  # type: ignore[no-untyped-call] # the package leaves it untyped
        for name in ("oid", "tid", "start", "expiry", "service", "version"):
            setattr(key, f"signed_{name}", told.findtext(f"Signed{name.title()}"))
        key.value = told.findtext("Value")
        return key

    def asks(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        content: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Sight:
        """Any request for `account[/container[/name]]`."""
        reply = self.estate.blobs.answer(self._asked(method, path, query or {}, content, headers or {}))
        return Sight(reply.status, str(reply.headers.get("x-ms-error-code", "")), len(reply.body or b""))

    def _asked(self, method: str, path: str, query: dict[str, str], content: bytes, headers: dict[str, str]) -> Asked:
        asked = Asked(
            method=method,
            path=f"/blob/{path}",
            url=f"{self.estate.url}/blob/{quote(path)}",
            query=query | (self.query or {}),
            raw=content,
            headers=CIMultiDict(self.origin.headers | {"x-ms-version": VERSION} | headers),
        )
        if content:
            asked.headers["Content-Length"] = str(len(content))
        if self.shared_key is not None:
            asked.headers["x-ms-date"] = format_datetime(self.estate.world.clock(), usegmt=True)
        asked.headers.update(self._authorization(asked))
        return asked

    def _authorization(self, asked: Asked) -> dict[str, str]:
        if self.shared_key is None:
            return {"Authorization": self.authorization} if self.authorization else {}
        name, secret = self.shared_key
        return {"Authorization": f"SharedKey {name}:{signature(secret, request_to_sign(asked, name))}"}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
