"""Encryption of ePHI before it leaves: AES-256-GCM under a fresh key per blob, which a key of somebody's keeping wraps.

A sealed blob is JSON of one line (`key`, `wrapped`, `nonce`; base64), a line break, and the ciphertext with its tag.
"""

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Protocol

from incident.errors import LedgerUnavailable


class Wrapping(Protocol):
    """A key that wraps others and need not be known here (Key Vault's wrapKey)."""

    @property
    def id(self) -> str:
        """Which key it is."""
        ...

    async def wrap(self, key: bytes) -> bytes:
        """The key, wrapped."""
        ...

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was wrapped. LedgerUnavailable when it cannot be had."""
        ...


@dataclass(frozen=True)
class LocalWrapping:
    """A 256-bit key in this process (AES key wrap, RFC 3394): for drills and single machines."""

    key: bytes = field(repr=False)
    id: str = "local"

    async def wrap(self, key: bytes) -> bytes:
        """The key, wrapped."""
        from cryptography.hazmat.primitives.keywrap import aes_key_wrap

        return aes_key_wrap(self.key, key)

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was wrapped. LedgerUnavailable when this key did not wrap it."""
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        try:
            return aes_key_unwrap(self.key, wrapped)
        except InvalidUnwrap as error:
            raise LedgerUnavailable("sealed under another key: find the one it names") from error


@dataclass(frozen=True)
class Envelope:
    """Seals and opens; `about` (the incident) is authenticated with the content, so that blobs cannot change places."""

    wrapping: Wrapping

    async def seal(self, data: bytes, *, about: bytes) -> bytes:
        """The sealed form."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key, nonce = os.urandom(32), os.urandom(12)
        wrapped = await self.wrapping.wrap(key)
        header = {"key": self.wrapping.id, "wrapped": _text(wrapped), "nonce": _text(nonce)}
        return json.dumps(header).encode() + b"\n" + AESGCM(key).encrypt(nonce, data, about)

    async def open(self, sealed: bytes, *, about: bytes) -> bytes:
        """What was sealed. LedgerUnavailable when it, or `about`, is not what it was."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        line, _, ciphertext = sealed.partition(b"\n")
        header = json.loads(line)
        key = await self.wrapping.unwrap(base64.b64decode(header["wrapped"]))
        try:
            return AESGCM(key).decrypt(base64.b64decode(header["nonce"]), ciphertext, about)
        except InvalidTag as error:
            raise LedgerUnavailable("sealed content was changed: somebody must look") from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
