import pytest

from incident.credential import Credential, named


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ({"authentication_type": "SAS", "sas_fields": "sv, ss, srt, sp, se, sig"}, Credential.ACCOUNT_SAS),
        ({"authentication_type": "SAS", "sas_fields": "sv sr sp se sig"}, Credential.SERVICE_SAS),
        ({"authentication_type": "SAS", "sas_fields": "sv sr si sig"}, Credential.POLICY_SAS),
        ({"authentication_type": "SAS", "sas_fields": "skoid sktid sr sig"}, Credential.DELEGATION_SAS),
        ({"authentication_type": "DelegationSas"}, Credential.DELEGATION_SAS),
        ({"authentication_type": "AccountKey"}, Credential.ACCOUNT_KEY),
        ({"authentication_type": "Account key"}, Credential.ACCOUNT_KEY),
        ({"authentication_type": "Anonymous"}, Credential.ANONYMOUS),
        ({"authentication_type": "OAuth"}, Credential.TOKEN),
        ({"authentication_type": "SAS"}, None),
        ({}, None),
    ],
)
def test_the_credential_is_told_from_what_the_signal_says(hints: dict[str, str], expected: Credential | None) -> None:
    assert named(hints) is expected
