"""Keys that stay in a vault, over https: the vault is a server that holds them and speaks Key Vault's REST."""

import base64
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from drills.estate.certificates import server_context
from incident.errors import LedgerUnavailable
from ledger import Envelope
from ledger.anchors import Anchor, sealed, signed_by
from ledger.vault import VaultKey, VaultSigner, VaultWrapping
from ledger.wire import Wire
from tests.ledger.conftest import NOW

VERSION = "0" * 32
OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
ANCHOR = Anchor(incident="20260302-0a", sequence=3, hash="f" * 64, at=NOW)


@dataclass
class Vault:
    """The keys `anchors` and `ephi`; `status` other than 200 is what it answers with."""

    url: str = ""
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)
    signing: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    wrapping: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert (request.query["api-version"], request.headers["Authorization"][:7]) == ("7.4", "Bearer ")
        self.asked.append((request.match_info["operation"], body["alg"]))
        given = base64.urlsafe_b64decode(body["value"] + "==")
        made = getattr(self, request.match_info["operation"])(given)
        value = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        return web.json_response({"kid": str(request.url), "value": value}, status=self.status)

    def sign(self, digest: bytes) -> bytes:
        r, s = decode_dss_signature(self.signing.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
        return r.to_bytes(32) + s.to_bytes(32)

    def wrapkey(self, key: bytes) -> bytes:
        return self.wrapping.public_key().encrypt(key, OAEP)

    def unwrapkey(self, wrapped: bytes) -> bytes:
        return self.wrapping.decrypt(wrapped, OAEP)


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    return server_context(tmp_path)[0]


@pytest.fixture
async def wire(tmp_path: Path, context: ssl.SSLContext) -> AsyncIterator[Wire]:  # noqa: ARG001 - it writes the CA's file
    wire = Wire(str(tmp_path / "ca.pem"))
    yield wire
    await wire.close()


@pytest.fixture
async def vault(context: ssl.SSLContext) -> AsyncIterator[Vault]:
    vault = Vault()
    app = web.Application()
    app.router.add_post(f"/keys/{{name}}/{VERSION}/{{operation}}", vault.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    vault.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    yield vault
    await runner.cleanup()


def key(vault: Vault, wire: Wire, name: str) -> VaultKey:
    return VaultKey(f"{vault.url}/keys/{name}/{VERSION}", wire, wire.identity("client-1"))


async def test_an_anchor_that_the_vault_signed_is_believed(
    vault: Vault, wire: Wire, asked: list[dict[str, str]]
) -> None:
    anchor = await sealed(ANCHOR, VaultSigner(key(vault, wire, "anchors")))

    assert anchor.key.endswith(f"/keys/anchors/{VERSION}")
    assert signed_by([vault.signing.public_key()])(anchor)
    assert not signed_by([ec.generate_private_key(ec.SECP256R1()).public_key()])(anchor)
    assert {each["resource"] for each in asked} == {"https://vault.azure.net"}


@pytest.mark.usefixtures("asked")
async def test_what_is_sealed_under_the_vaults_key_opens_again(vault: Vault, wire: Wire) -> None:
    envelope = Envelope(VaultWrapping(key(vault, wire, "ephi")))

    closed = await envelope.seal(b"names of patients", about=b"20260302-0a")

    assert b"names" not in closed
    assert await envelope.open(closed, about=b"20260302-0a") == b"names of patients"
    assert vault.asked == [("wrapkey", "RSA-OAEP-256"), ("unwrapkey", "RSA-OAEP-256")]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("status", [403, 404, 429, 500])
async def test_a_vault_that_refuses_makes_the_ledger_unavailable(vault: Vault, wire: Wire, status: int) -> None:
    vault.status = status
    with pytest.raises(LedgerUnavailable, match="the vault did not sign"):
        await VaultSigner(key(vault, wire, "anchors")).sign(b"said")
