import pytest

from desk.wiring import _envelope, _signer
from incident.errors import SettingsIncomplete
from incident.settings import Settings
from ledger import Envelope
from ledger.vault import VaultSigner, VaultWrapping
from ledger.wire import Wire

KEY = "https://clinic.vault.azure.net/keys/anchors/0123456789abcdef0123456789abcdef"


def settings(key: str) -> Settings:
    return Settings(tables="t", evidence="e", policy="p", signing_key=key, wrapping_key=key)


async def test_a_key_that_is_named_by_its_uri_stays_in_its_vault() -> None:
    wire = Wire()
    try:
        signer, envelope = _signer(settings(KEY), wire), _envelope(settings(KEY), wire)
        assert isinstance(signer, VaultSigner)
        assert isinstance(envelope, Envelope)
        assert isinstance(envelope.wrapping, VaultWrapping)
        assert signer.id == envelope.wrapping.id == KEY
    finally:
        await wire.close()


@pytest.mark.parametrize("key", [KEY[:-33], KEY + "?x=y", KEY.replace("keys", "secrets"), "https://evil/#" + KEY])
def test_a_uri_without_a_version_or_of_something_else_is_refused(key: str) -> None:
    with pytest.raises(SettingsIncomplete, match="KEY is no https://VAULT/keys/NAME/VERSION"):
        _signer(settings(key), Wire())
