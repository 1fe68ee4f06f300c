"""What the clinic has signed and whom it trusts: a policy in `act` mode, and the keys of the responder under it."""

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drills import commands
from drills.estate.clinic_directory import BLOCKED, BREAK_GLASS
from drills.estate.places import PHI, WORKSPACE

SIGNERS = ("security", "privacy")
ZONE = "America/New_York"


def policy() -> dict[str, object]:
    """The policy: everything may be acted upon, and somebody has confirmed today that the paging route works."""
    return {
        "version": 1,
        "entity": {"name": "Clinic", "zone": ZONE, "role": "covered_entity"},
        "scope": {"tags": PHI, "resources": [f"{WORKSPACE}/providers/Microsoft.SecurityInsights"]},
        "modes": [{"class": "*", "mode": "act"}],
        "break_glass": [BREAK_GLASS],
        "forensics": {"block_group": BLOCKED, "workspace": WORKSPACE},
        "paging": {"route": "on-call", "acknowledged_at": datetime.now(UTC).isoformat()},
    }


async def signed_in(folder: Path, sections: Mapping[str, object] | None = None) -> dict[str, str]:
    """Policy, trust and keys in the folder, signed with the command that people use; the settings that name them.

    `sections` are further ones, or stand in place of the clinic's.
    """
    file = folder / "policy.yaml"
    file.write_text(yaml.safe_dump({**policy(), **(sections or {})}))
    trusted = {role: _raw(_new_key(folder / f"{role}.pem")) for role in SIGNERS}
    (folder / "policy.yaml.trust").write_text(yaml.safe_dump(trusted))
    for role in SIGNERS:
        await _sign(file, role, folder / f"{role}.pem")
    anchors = _new_key(folder / "anchors.pem")
    (folder / "anchors.pub").write_bytes(_public_pem(anchors))
    (folder / "wrapping.key").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return {
        "TOURNIQUET_POLICY": str(file),
        "TOURNIQUET_SIGNING_KEY": str(folder / "anchors.pem"),
        "TOURNIQUET_WRAPPING_KEY": str(folder / "wrapping.key"),
    }


async def _sign(file: Path, role: str, key: Path) -> None:
    status, said = await commands.run({}, "desk", "sign", str(file), "--role", role, "--key", str(key))
    if status:
        raise RuntimeError(f"the policy could not be signed: {said}")


def _new_key(file: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.touch(mode=0o600)
    file.write_bytes(key.private_bytes(*form))
    return key


def _raw(key: Ed25519PrivateKey) -> str:
    form = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(key.public_key().public_bytes(*form)).decode()


def _public_pem(key: Ed25519PrivateKey) -> bytes:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form)
