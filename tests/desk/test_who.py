"""What App Service says of who has signed in."""

import base64
import json

import pytest

from desk.who import Door, platform_signs_in
from incident.errors import NotAllowed
from incident.person import Role
from incident.settings import Settings
from tests.desk.office import Office

NOW_ON = 4_102_444_800  # the year 2100


def principal(settings: Settings, **changes: str | None) -> str:
    claims = {
        "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid-p",
        "http://schemas.microsoft.com/identity/claims/tenantid": settings.tenant,
        "aud": settings.audience,
        "exp": str(NOW_ON),
        "roles": Role.READ.value,
        "preferred_username": "p@clinic.example",
        **changes,
    }
    listed = [{"typ": name, "val": value} for name, value in claims.items() if value is not None]
    return base64.b64encode(json.dumps({"auth_typ": "aad", "claims": listed}).encode()).decode()


async def test_the_platforms_word_is_taken_only_while_it_says_that_it_signs_people_in(office: Office) -> None:
    settings = office.parts.settings
    on = Door(settings=settings, cloud=office.parts.cloud, platform=True)
    off = Door(settings=settings, cloud=office.parts.cloud)

    person = await on.admit(None, Role.READ, principal=principal(settings))

    assert (person.id, person.name) == ("oid-p", "p@clinic.example")
    with pytest.raises(NotAllowed) as refused:
        await off.admit(None, Role.READ, principal=principal(settings))
    assert not refused.value.known
    with pytest.raises(NotAllowed, match="needs the role"):
        await on.admit(None, Role.APPROVER_SOC, principal=principal(settings))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "api://another"},
        {"http://schemas.microsoft.com/identity/claims/tenantid": "another"},
        {"exp": "1"},
        {"exp": None},
        {"http://schemas.microsoft.com/identity/claims/objectidentifier": None},
    ],
    ids=["audience", "tenant", "expired", "no expiry", "no object id"],
)
async def test_the_platforms_word_is_checked_like_a_token(office: Office, changes: dict[str, str | None]) -> None:
    door = Door(settings=office.parts.settings, cloud=office.parts.cloud, platform=True)

    with pytest.raises(NotAllowed) as refused:
        await door.admit(None, Role.READ, principal=principal(office.parts.settings, **changes))

    assert not refused.value.known


@pytest.mark.parametrize("header", ["", "no base64!", "e30=", base64.b64encode(b"[]").decode()])
async def test_a_header_that_cannot_be_read_lets_nobody_in(office: Office, header: str) -> None:
    door = Door(settings=office.parts.settings, cloud=office.parts.cloud, platform=True)

    with pytest.raises(NotAllowed):
        await door.admit(None, Role.READ, principal=header)


@pytest.mark.parametrize(
    ("environment", "believed"),
    [
        ({}, False),
        ({"WEBSITE_AUTH_ENABLED": "False"}, False),
        ({"WEBSITE_AUTH_ENABLED": "true"}, False),
        ({"WEBSITE_AUTH_ENABLED": "True"}, True),
        ({"WEBSITE_AUTH_ENABLED": "True", "WEBSITE_AUTH_V2_CONFIG_JSON": "no JSON"}, False),
        (
            {
                "WEBSITE_AUTH_ENABLED": "True",
                "WEBSITE_AUTH_V2_CONFIG_JSON": '{"globalValidation": {"unauthenticatedClientAction": "Return401"}}',
            },
            False,
        ),
        (
            {
                "WEBSITE_AUTH_ENABLED": "True",
                "WEBSITE_AUTH_V2_CONFIG_JSON": '{"globalValidation": {"unauthenticatedClientAction": "Return401", '
                '"excludedPaths": ["/runtime/webhooks/*"]}}',
            },
            True,
        ),
    ],
)
def test_the_platform_must_be_on_and_leave_the_webhooks_alone(environment: dict[str, str], *, believed: bool) -> None:
    assert platform_signs_in(environment) is believed
