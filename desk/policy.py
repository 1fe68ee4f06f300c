"""The policy file and its signatures: two roles sign, or the responder only watches.

Beside `policy.yaml` stand `policy.yaml.trust` (`role: base64 Ed25519 public key`) and `policy.yaml.sig` (`role: base64
signature` over the canonical JSON of the policy).
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from compliance.rulebook import RowInvalid, merged, shipped
from incident.canonical import canonical
from incident.errors import PolicyInvalid
from incident.policy import Policy


def load(path: Path) -> Policy:
    """The policy, with the roles whose signatures hold. PolicyInvalid names every fault."""
    document = _yaml(path)
    policy = Policy.of(document).signed(_signers(path, canonical(document)))
    try:
        merged(shipped(), policy.law)
    except RowInvalid as fault:
        raise PolicyInvalid(f"law: {fault}") from fault
    return policy


def sign(path: Path, role: str, key: Path) -> None:
    """Put the role's signature, made with the PEM private key, beside the policy; others stay."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise PolicyInvalid(f"{key.name} holds no Ed25519 key")
    signature = base64.b64encode(private.sign(canonical(_yaml(path)))).decode()
    beside = _beside(path, "sig")
    beside.write_text(yaml.safe_dump({**_pairs(beside), role: signature}), encoding="utf-8")


def _signers(path: Path, signed: bytes) -> Iterator[str]:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    trusted, signatures = _pairs(_beside(path, "trust")), _pairs(_beside(path, "sig"))
    holders = {key: role for role, key in sorted(trusted.items(), reverse=True)}  # one key is one signer
    for role in sorted(set(holders.values()) & set(signatures)):
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(trusted[role], validate=True))
            key.verify(base64.b64decode(signatures[role], validate=True), signed)
        except (ValueError, InvalidSignature):
            continue
        yield role


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


def _pairs(path: Path) -> dict[str, str]:
    found = _yaml(path) if path.exists() else {}
    if not isinstance(found, dict):
        raise PolicyInvalid(f"{path.name} must be a mapping of role to base64")
    return {str(role): str(value) for role, value in found.items()}


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise PolicyInvalid(f"{path.name} cannot be read: {type(fault).__name__}") from fault
