"""Whom connections trust: read once, and again for another file."""

import ssl
from pathlib import Path

import pytest

from incident.trust import trust


def test_all_who_trust_the_same_share_it_and_certificates_are_asked_for() -> None:
    assert trust("") is trust("")
    assert trust("").verify_mode is ssl.CERT_REQUIRED
    assert trust("").check_hostname


def test_a_file_without_authorities_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")

    with pytest.raises(ssl.SSLError):
        trust(str(file))
