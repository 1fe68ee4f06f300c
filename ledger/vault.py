"""Keys that stay in Key Vault: one signs anchors (P-256), one wraps the keys of ePHI (RSA). Their use is a request.

Source: Key Vault REST API 7.4, sign, wrapKey, unwrapKey; values are base64url without padding.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from incident.errors import LedgerUnavailable
from ledger.wire import READ

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from ledger.wire import Wire

API = "7.4"
PUBLIC, GOVERNMENT = "https://vault.azure.net/.default", "https://vault.usgovcloudapi.net/.default"


@dataclass(frozen=True)
class VaultKey:
    """One version of a key by its URI, `https://VAULT/keys/NAME/VERSION`, used under an identity."""

    uri: str
    wire: "Wire" = field(repr=False)
    credential: "AsyncTokenCredential" = field(repr=False)

    async def used(self, operation: str, algorithm: str, value: bytes) -> bytes:
        """What the vault answers. LedgerUnavailable when it does not, or refuses."""
        import aiohttp
        from azure.core.exceptions import AzureError

        try:
            token = await self.credential.get_token(self.scope)
            async with self.wire.session.post(
                f"{self.uri}/{operation}",
                params={"api-version": API},
                headers={"Authorization": f"Bearer {token.token}", "Accept-Encoding": "identity"},
                json={"alg": algorithm, "value": _text(value)},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=READ),
            ) as reply:
                reply.raise_for_status()
                return _bytes((await reply.json())["value"])
        except (aiohttp.ClientError, AzureError, TimeoutError, OSError, KeyError, ValueError) as error:
            raise LedgerUnavailable(f"the vault did not {operation}: {type(error).__name__}; try again") from error

    @property
    def scope(self) -> str:
        """Whom the token is for: a constant of the cloud."""
        host = urlsplit(self.uri).hostname or ""
        return GOVERNMENT if host.endswith(".vault.usgovcloudapi.net") else PUBLIC


@dataclass(frozen=True)
class VaultSigner:
    """Signs with ES256; the signature is r and s, 32 bytes each."""

    key: VaultKey

    @property
    def id(self) -> str:
        """The key's URI, its version included."""
        return self.key.uri

    async def sign(self, data: bytes) -> bytes:
        """The signature of the data's SHA-256."""
        return await self.key.used("sign", "ES256", hashlib.sha256(data).digest())


@dataclass(frozen=True)
class VaultWrapping:
    """Wraps with RSA-OAEP-256; the wrapping key is never seen here."""

    key: VaultKey

    @property
    def id(self) -> str:
        """The key's URI, its version included."""
        return self.key.uri

    async def wrap(self, key: bytes) -> bytes:
        """The key, wrapped."""
        return await self.key.used("wrapkey", "RSA-OAEP-256", key)

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was wrapped."""
        return await self.key.used("unwrapkey", "RSA-OAEP-256", wrapped)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
