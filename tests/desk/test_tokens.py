"""Who is let in: the matrix of tokens."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from cloud import Cloud
from desk.who import Door
from drills.estate import Estate
from drills.estate.tokens import tenant_key
from incident.errors import Interrupted, NotAllowed
from incident.person import Role
from incident.settings import Settings

OID = "7f0e6f5e-1111-4222-8333-444455556666"
type Token = Callable[..., str]


@pytest.fixture
async def door(settings: Settings) -> AsyncIterator[Door]:
    cloud = Cloud(settings)
    yield Door(settings=settings, cloud=cloud)
    await cloud.close()


@pytest.fixture
def token(estate: Estate) -> Token:
    def made(*roles: str, **wrong: Any) -> str:
        return estate.person_token(OID, "somebody@clinic.example", roles, **wrong)

    return made


async def refused(door: Door, authorization: str | None) -> NotAllowed:
    with pytest.raises(NotAllowed) as found:
        await door.admit(authorization, Role.OPERATE)
    return found.value


async def test_a_token_of_the_tenant_with_the_role_lets_its_person_in(door: Door, token: Token) -> None:
    person = await door.admit(f"Bearer {token('Responder.Operate', 'Responder.Read')}", Role.OPERATE)

    assert (person.id, person.name) == (OID, "somebody@clinic.example")
    assert person.may(Role.READ)


@pytest.mark.parametrize("shown", [None, "", "Basic abc", "Bearer", "Bearer  ", "Bearer not.a.token", "Bearer a b"])
async def test_whoever_shows_no_token_is_not_known(door: Door, shown: str | None) -> None:
    assert not (await refused(door, shown)).known


@pytest.mark.parametrize(
    "wrong",
    [
        {"forged": True},
        {"audience": "api://another"},
        {"issuer": "https://login.example/other/v2.0"},
        {"expires_in": timedelta(hours=-1)},
        *({"omit": [name]} for name in ("exp", "iat", "nbf", "oid", "tid", "iss", "aud")),
    ],
    ids=str,
)
async def test_a_token_with_one_thing_wrong_is_no_token(door: Door, token: Token, wrong: dict[str, Any]) -> None:
    assert not (await refused(door, f"Bearer {token('Responder.Operate', **wrong)}")).known


async def test_a_token_of_another_tenant_is_no_token(door: Door, token: Token) -> None:
    said = _signed(_claims(token("Responder.Operate")) | {"tid": "another"}, _header(token("Responder.Operate")))

    assert "another tenant" in str(await refused(door, f"Bearer {said}"))


@pytest.mark.parametrize("roles", [(), ("Responder.Read",), ("responder.operate",), ("Responder.Operate.More",)])
async def test_who_is_known_and_lacks_the_role_is_told_which(door: Door, token: Token, roles: tuple[str, ...]) -> None:
    fault = await refused(door, f"Bearer {token(*roles)}")

    assert fault.known
    assert "Responder.Operate" in str(fault)


DELIVERIES = "api://tourniquet-deliveries"
DELIVERER = "AzureEventGridSecureWebhookSubscriber"


@pytest.fixture
def courier(door: Door, settings: Settings) -> Door:
    """The door of an app that asks Event Grid for a token."""
    return replace(door, settings=replace(settings, delivery_audience=DELIVERIES))


@pytest.mark.parametrize("version", ["v1.0", "v2.0"])
async def test_event_grids_token_is_accepted_in_both_versions(courier: Door, token: Token, version: str) -> None:
    issuer = f"https://sts.windows.net/{courier.settings.tenant}/" if version == "v1.0" else None

    await courier.accept(f"Bearer {token(DELIVERER, audience=DELIVERIES, issuer=issuer)}")


@pytest.mark.parametrize(
    ("roles", "wrong"),
    [
        ((), {}),
        (("Responder.Operate",), {}),
        ((DELIVERER,), {"audience": "api://another"}),
        ((DELIVERER,), {"issuer": "https://sts.windows.net/another/"}),
        ((DELIVERER,), {"expires_in": timedelta(hours=-1)}),
        ((DELIVERER,), {"forged": True}),
    ],
    ids=str,
)
async def test_a_delivery_without_the_token_asked_for_is_refused(
    courier: Door, token: Token, roles: tuple[str, ...], wrong: dict[str, Any]
) -> None:
    with pytest.raises(NotAllowed):
        await courier.accept(f"Bearer {token(*roles, **({'audience': DELIVERIES} | wrong))}")
    with pytest.raises(NotAllowed):
        await courier.accept(None)


async def test_where_no_token_is_asked_for_a_delivery_needs_none(door: Door) -> None:
    await door.accept(None)


async def test_an_unsigned_token_is_no_token(door: Door, token: Token) -> None:
    claims, header = _claims(token("Responder.Operate")), _header(token("Responder.Operate"))
    bare = ".".join((_coded({**header, "alg": "none"}), _coded(claims), ""))

    assert not (await refused(door, f"Bearer {bare}")).known


async def test_the_public_key_is_no_shared_secret(door: Door, token: Token) -> None:
    from cryptography.hazmat.primitives import serialization

    public = tenant_key().public_key()
    secret = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims, header = _claims(token("Responder.Operate")), {**_header(token("Responder.Operate")), "alg": "HS256"}
    signed = f"{_coded(header)}.{_coded(claims)}"
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()

    assert not (await refused(door, f"Bearer {signed}.{mac}")).known


async def test_a_key_that_entra_does_not_publish_is_refused(door: Door, token: Token) -> None:
    said = _signed(_claims(token("Responder.Operate")), {"kid": "unheard-of"})

    assert "does not publish" in str(await refused(door, f"Bearer {said}"))


async def test_nothing_of_the_token_is_said_in_the_refusal(door: Door, token: Token) -> None:
    shown = token("Responder.Operate", forged=True)

    assert shown.rsplit(".", 1)[-1] not in str(await refused(door, f"Bearer {shown}"))


async def test_without_tenant_or_audience_nobody_can_be_known(settings: Settings, token: Token) -> None:
    door = Door(settings=replace(settings, tenant=""), cloud=Cloud(settings))

    assert "TOURNIQUET_TENANT" in str(await refused(door, f"Bearer {token('Responder.Operate')}"))


async def test_when_entra_does_not_answer_it_is_said_and_nobody_is_let_in(settings: Settings, token: Token) -> None:
    cloud = Cloud(replace(settings, login_url="https://127.0.0.1:1/login"))
    try:
        with pytest.raises(Interrupted, match="signing keys"):
            await Door(settings=cloud.settings, cloud=cloud).admit(f"Bearer {token('Responder.Operate')}", Role.OPERATE)
    finally:
        await cloud.close()


def _claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def _header(token: str) -> dict[str, Any]:
    return {"kid": jwt.get_unverified_header(token)["kid"]}


def _signed(claims: dict[str, Any], header: dict[str, Any]) -> str:
    return jwt.encode(claims, tenant_key(), "RS256", headers=header)


def _coded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
