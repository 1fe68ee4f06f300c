"""Who asks a blob endpoint: an account key, one of four kinds of signature, a token, or nobody.

Signatures are checked for real, as azure-storage-blob 12.31 makes them (service version 2026-10-06): account SAS,
service SAS with or without a stored access policy, user delegation SAS, and Shared Key. So a refusal follows from what
is stored: the key was rotated, the policy removed, the delegation revoked, the hour past.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from drills.estate.keys import NAMES, account_key, delegation_key
from drills.estate.local_users import may_enter
from drills.estate.origins import Origin
from drills.estate.policies import stored_policy
from drills.estate.principals import Principal
from drills.estate.wire import Asked, Json, RefusalError
from drills.estate.world import World

EVERYTHING = "racwdxyltfmeopi"
_OVERRIDES = ("rscc", "rscd", "rsce", "rscl", "rsct")
_DELEGATION = ("skoid", "sktid", "skt", "ske", "sks", "skv")
_SIGNED_HEADERS = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip
_MESSAGE = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who asks, as the log tells it: `kind` is its AuthenticationType, `hash` its AuthenticationHash.

    `letters` are the permissions of a signature, `kinds` what it reaches: s(ervice), c(ontainer), o(bject).
    """

    kind: str
    hash: str = ""
    letters: str = ""
    kinds: str = ""
    principal: Principal | None = None
    sas_expiry: str = "Not Applicable"

    @property
    def is_key(self) -> bool:
        """True for whatever an account key signed."""
        return self.kind == "AccountKey" or (self.kind == "SAS" and self.principal is None)


ANONYMOUS = Holder(kind="Anonymous")


@dataclass(frozen=True, kw_only=True)
class Presented:
    """A request with the account that it is for."""

    world: World
    asked: Asked
    account: Json
    container: str
    blob: str
    origin: Origin

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the URL."""
        return self.asked.query


def holder_by_key(presented: Presented) -> Holder:
    """Whoever signed the request with an account key.

    Raises RefusalError 403 when no key of the account makes this signature.
    """
    name, _, found = presented.asked.headers["Authorization"].partition(" ")[2].partition(":")
    key = _signer(presented.account, request_to_sign(presented.asked, name), found)
    if key is None or name != presented.account["name"]:
        raise unauthenticated("The MAC signature found in the HTTP request is not the same as any computed signature.")
    return Holder(kind="AccountKey", hash=_fingerprint(presented.account, key), letters=EVERYTHING, kinds="sco")


def holder_by_password(presented: Presented) -> Holder:
    """A local user of the account. What comes by SFTP in Azure comes here as `Authorization: Sftp name:password`.

    Raises RefusalError 403 when the account lets no local user in, or not this one.
    """
    name, _, secret = presented.asked.headers["Authorization"].partition(" ")[2].partition(":")
    if not may_enter(presented.world, presented.account, name, secret):
        raise unauthenticated("Permission denied (password).")
    return Holder(kind="LocalUser", letters="racwdl", kinds="co")


def holder_by_signature(presented: Presented) -> Holder:
    """Whoever came with a SAS.

    Raises RefusalError 403 for one that is forged, not yet or no longer valid, or not for this origin.
    """
    query = presented.query
    if "skoid" in query:
        return _by_delegation(presented)
    if "ss" in query:
        return _by_account_sas(presented)
    return _by_service_sas(presented)


def _by_account_sas(presented: Presented) -> Holder:
    query = presented.query
    names = ("sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses")
    key = _signer(presented.account, _lines([presented.account["name"]], query, names) + "\n", query["sig"])
    _check_terms(presented, query, key)
    if "b" not in query["ss"]:
        raise RefusalError(403, "AuthorizationServiceMismatch", "This request is not authorized for this service.")
    return _signed(presented, key or "", query.get("sp", ""), query["srt"], query)


def _by_service_sas(presented: Presented) -> Holder:
    query = presented.query
    first, then = ("sp", "st", "se"), ("si", "sip", "spr", "sv", "sr", "snapshot", "ses", *_OVERRIDES)
    key = _signer(presented.account, _service_terms(presented, first, then), query["sig"])
    terms = dict(query) | stored_policy(presented.world, _container_id(presented), query.get("si", ""))
    _check_terms(presented, terms, key)
    return _signed(presented, key or "", terms.get("sp", ""), _reach(query), terms)


def _by_delegation(presented: Presented) -> Holder:
    query = presented.query
    authorized = ("saoid", "suoid", "scid", "skdutid", "sduoid")
    then = (*_DELEGATION, *authorized, "sip", "spr", "sv", "sr", "snapshot", "ses", "srh", "srq", *_OVERRIDES)
    terms = "/".join(query.get(name, "") for name in _DELEGATION)
    secret = delegation_key(presented.world, presented.account, terms)
    signed = _is_made_by(secret, _service_terms(presented, ("sp", "st", "se"), then), query["sig"])
    _check_terms(presented, query, "delegation" if signed else None)
    _check_time(presented, query["skt"], query["ske"])
    principal = presented.world.directory.by_oid(query["skoid"])
    if principal is None:
        raise unauthenticated("The identity that signed is unknown.")
    print_ = f"SasSignature({_hash(query['sig'])})"
    return Holder(kind="SAS", hash=print_, letters=query.get("sp", ""), kinds=_reach(query), principal=principal)


def _service_terms(presented: Presented, first: Iterable[str], then: Iterable[str]) -> str:
    path = f"/blob/{presented.account['name']}/{presented.container}"
    if presented.query.get("sr") == "b":
        path += f"/{presented.blob}"
    return "\n".join([*(presented.query.get(name, "") for name in first), path, _lines([], presented.query, then)])


def _reach(query: Mapping[str, str]) -> str:
    return {"b": "o", "c": "co"}.get(query.get("sr", ""), "")


def _lines(start: list[str], query: Mapping[str, str], names: Iterable[str]) -> str:
    return "\n".join([*start, *(query.get(name, "") for name in names)])


def _signed(presented: Presented, key: str, letters: str, kinds: str, terms: Mapping[str, str]) -> Holder:
    whole = f"{_fingerprint(presented.account, key)},SasSignature({_hash(presented.query['sig'])})"
    status = _expiry_status(presented, terms)
    return Holder(kind="SAS", hash=whole, letters=letters, kinds=kinds, sas_expiry=status)


def _check_terms(presented: Presented, terms: Mapping[str, str], key: str | None) -> None:
    if key is None:
        raise unauthenticated("Signature did not match.")
    if not terms.get("se") or not terms.get("sp"):
        raise unauthenticated("The signature names neither expiry nor permissions, nor a policy that does.")
    _check_time(presented, terms.get("st", ""), terms["se"])
    if presented.origin.protocol.lower() not in terms.get("spr", "https,http").split(","):
        raise RefusalError(403, "AuthorizationProtocolMismatch", "This request is not authorized for this protocol.")
    if not _is_from(presented.origin.caller, terms.get("sip", "")):
        raise RefusalError(403, "AuthorizationSourceIPMismatch", "This request is not authorized from this address.")


def _check_time(presented: Presented, start: str, expiry: str) -> None:
    now = presented.world.clock()
    if (start and now < _moment(start)) or now >= _moment(expiry):
        raise unauthenticated(f"Signature not valid in the specified time frame: Start [{start}] - Expiry [{expiry}].")


def _is_from(caller: str, allowed: str) -> bool:
    low, _, high = allowed.partition("-")
    return not allowed or IPv4Address(low) <= IPv4Address(caller) <= IPv4Address(high or low)


def _expiry_status(presented: Presented, terms: Mapping[str, str]) -> str:
    policy = presented.account["properties"].get("sasPolicy")
    if policy is None:
        return "Not Applicable"
    start = _moment(terms["st"]) if terms.get("st") else presented.world.clock()
    if _moment(terms["se"]) - start <= period(policy["sasExpirationPeriod"]):
        return "Not Violated"
    if policy["expirationAction"] == "Block":
        raise unauthenticated("The signature is valid for longer than the account's SAS expiration policy allows.")
    return "Violated"


def period(written: str) -> timedelta:
    """`d.hh:mm:ss`.

    Raises ValueError for anything else.
    """
    days, _, time = written.rpartition(".")
    hours, minutes, seconds = time.split(":")
    return timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds))


def request_to_sign(asked: Asked, name: str) -> str:
    """What Shared Key signs of a request for the account of that name."""
    headers = {key.lower(): value for key, value in asked.headers.items()}
    if headers.get("content-length") == "0":
        del headers["content-length"]
    own = sorted((key, value) for key, value in headers.items() if key.startswith("x-ms-"))
    whole = [
        asked.method,
        *(headers.get(one, "") for one in _SIGNED_HEADERS),
        *(f"{key}:{value}" for key, value in own),
    ]
    query = "".join(f"\n{key.lower()}:{value}" for key, value in sorted(asked.query.items()))
    return "\n".join([*whole, f"/{name}{urlsplit(asked.url).path}{query}"])


def signature(secret: str, text: str) -> str:
    """HMAC-SHA256 in base64, as every Storage signature is made. `secret` is base64, too."""
    return b64encode(digest(b64decode(secret), text.encode(), "sha256")).decode()


def _signer(account: Json, text: str, found: str) -> str | None:
    return next((name for name in NAMES if _is_made_by(account_key(account, name), text, found)), None)


def _is_made_by(secret: str, text: str, found: str) -> bool:
    return compare_digest(signature(secret, text), found)


def _fingerprint(account: Json, key: str) -> str:
    return f"{key}({_hash(account_key(account, key))})"


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest().upper()


def _container_id(presented: Presented) -> str:
    return f"{presented.account['id']}/blobServices/default/containers/{presented.container}"


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def unauthenticated(detail: str) -> RefusalError:
    """403: nobody the account knows."""
    return RefusalError(403, "AuthenticationFailed", f"{_MESSAGE} including the signature. {detail}")
