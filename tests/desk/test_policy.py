"""Who has signed the policy."""

import base64
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk import policy
from incident.errors import PolicyInvalid

DOCUMENT = {
    "version": 1,
    "entity": {"name": "Clinic", "zone": "America/New_York", "role": "covered_entity"},
    "modes": [{"class": "*", "mode": "act"}],
}


class Signing:
    """A policy file with its trust file, and keys to sign it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "policy.yaml"
        self.path.write_text(yaml.safe_dump(DOCUMENT))

    def key(self, name: str) -> tuple[Path, str]:
        """A new key: its PEM file and its public half."""
        key = Ed25519PrivateKey.generate()
        file = self.path.with_name(f"{name}.pem")
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        file.write_bytes(key.private_bytes(*pem))
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return file, base64.b64encode(raw).decode()

    def trusts(self, **keys: str) -> None:
        self.path.with_name("policy.yaml.trust").write_text(yaml.safe_dump(keys))

    @property
    def signed_by(self) -> list[str]:
        return list(policy.load(self.path).signed_by)


@pytest.fixture
def signing(tmp_path: Path) -> Signing:
    return Signing(tmp_path)


def test_two_roles_sign_and_each_is_known(signing: Signing) -> None:
    (security, one), (privacy, other) = signing.key("security"), signing.key("privacy")
    signing.trusts(security=one, privacy=other)

    policy.sign(signing.path, "security", security)
    assert signing.signed_by == ["security"]
    policy.sign(signing.path, "privacy", privacy)

    assert signing.signed_by == ["privacy", "security"]


def test_whatever_is_changed_after_signing_unsigns(signing: Signing) -> None:
    file, public = signing.key("security")
    signing.trusts(security=public)
    policy.sign(signing.path, "security", file)

    signing.path.write_text(yaml.safe_dump({**DOCUMENT, "break_glass": ["somebody"]}))

    assert signing.signed_by == []


def test_how_the_file_is_laid_out_is_not_what_is_signed(signing: Signing) -> None:
    file, public = signing.key("security")
    signing.trusts(security=public)
    policy.sign(signing.path, "security", file)

    signing.path.write_text("# a remark\n" + yaml.safe_dump(DOCUMENT, default_flow_style=True, sort_keys=False))

    assert signing.signed_by == ["security"]


def test_a_key_that_is_not_trusted_signs_nothing(signing: Signing) -> None:
    stranger, _ = signing.key("stranger")
    _, public = signing.key("security")
    signing.trusts(security=public)

    policy.sign(signing.path, "security", stranger)
    policy.sign(signing.path, "janitor", stranger)

    assert signing.signed_by == []


def test_one_key_under_two_roles_is_one_signer(signing: Signing) -> None:
    file, public = signing.key("both")
    signing.trusts(security=public, privacy=public)
    policy.sign(signing.path, "security", file)
    policy.sign(signing.path, "privacy", file)

    assert len(signing.signed_by) == 1


@pytest.mark.parametrize("rubbish", ["", "AAAA", "not base64!", base64.b64encode(bytes(64)).decode()])
def test_rubbish_is_no_signature_and_no_key(signing: Signing, rubbish: str) -> None:
    file, public = signing.key("security")
    signing.trusts(security=public, privacy=rubbish)
    policy.sign(signing.path, "privacy", file)
    signing.path.with_name("policy.yaml.sig").write_text(yaml.safe_dump({"security": rubbish, "privacy": rubbish}))

    assert signing.signed_by == []


def test_a_policy_that_cannot_be_read_says_so(signing: Signing) -> None:
    signing.path.write_text("version: [")
    with pytest.raises(PolicyInvalid, match=r"policy.yaml cannot be read"):
        policy.load(signing.path)
    with pytest.raises(PolicyInvalid, match="cannot be read"):
        policy.load(signing.path.with_name("nowhere.yaml"))


def test_a_trust_file_that_is_no_mapping_says_so(signing: Signing) -> None:
    signing.path.with_name("policy.yaml.trust").write_text("- security")

    with pytest.raises(PolicyInvalid, match="must be a mapping"):
        policy.load(signing.path)
