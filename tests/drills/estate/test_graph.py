"""Microsoft Graph, through production's door and against the simulated directory."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from cloud import Cloud
from drills.estate import Estate
from incident.errors import Gone, Refused
from incident.resource import ResourceId, directory_object
from incident.settings import Settings

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def cloud(settings: Settings) -> AsyncIterator[Cloud]:
    opened = Cloud(settings)
    yield opened
    await opened.close()


@pytest.fixture
def user(estate: Estate) -> ResourceId:
    name = estate.graph.has("users", {"accountEnabled": True, "userPrincipalName": "a@clinic.example"})
    return directory_object("users", name)


async def test_an_object_is_read_under_our_id_and_its_own(cloud: Cloud, estate: Estate, user: ResourceId) -> None:
    estate.grant("read", "User.Read.All")

    found = await cloud.graph.read(user, select="id,accountEnabled")

    assert found.body["id"] == user.text
    assert found.body["objectId"] == user.name
    assert found.body["accountEnabled"] is True


async def test_what_is_not_there_is_gone(cloud: Cloud, estate: Estate) -> None:
    estate.grant("read", "User.Read.All")

    with pytest.raises(Gone):
        await cloud.graph.read(directory_object("users", str(uuid4())))


async def test_a_write_is_the_directory_identitys_and_bears_the_id_of_its_intent(
    cloud: Cloud, estate: Estate, user: ResourceId
) -> None:
    estate.grant("directory", "User.EnableDisableAccount.All")
    request_id = str(uuid4())

    async def disable(cloud: Cloud) -> None:
        await cloud.graph.write("PATCH", user, {"accountEnabled": False})

    rehearsed = await cloud.rehearse(disable)
    reply = await cloud.perform(disable, request_id=request_id, timeout=MINUTE)

    assert rehearsed.url.endswith(f"/graph/v1.0/users/{user.name}")
    assert (reply.status, reply.request_id) == (204, request_id)
    assert (estate.graph.state("users", user.name) or {})["accountEnabled"] is False


async def test_a_permission_that_is_missing_is_named(cloud: Cloud, estate: Estate, user: ResourceId) -> None:
    estate.grant("directory", "User.RevokeSessions.All")

    async def disable(cloud: Cloud) -> None:
        await cloud.graph.write("PATCH", user, {"accountEnabled": False})

    with pytest.raises(Refused, match="Authorization_RequestDenied"):
        await cloud.perform(disable, request_id=str(uuid4()), timeout=MINUTE)


async def test_children_and_collections_are_listed_with_ids_of_ours(cloud: Cloud, estate: Estate) -> None:
    estate.grant("read", "Application.Read.All", "Policy.Read.All")
    name = estate.graph.has("servicePrincipals", {"appId": str(uuid4())})
    estate.graph.has(f"servicePrincipals/{name}/appRoleAssignments", {"appRoleId": "r"}, "one")
    estate.graph.has("policies", {"state": "enabled"}, "mfa")
    principal = directory_object("servicePrincipals", name)

    [assignment] = await cloud.graph.children(principal, "appRoleAssignments")
    [policy] = await cloud.graph.every("policies", filter="state eq 'enabled'")

    assert assignment.body["id"] == principal.child("appRoleAssignments", "one").text
    assert policy.body["id"] == directory_object("policies", "mfa").text


@pytest.mark.parametrize(
    "text", ["/subscriptions/s/providers/Microsoft.Web/sites/a", "/providers/Microsoft.aadiam/users/a b"]
)
async def test_what_is_none_of_the_directorys_is_never_called(cloud: Cloud, text: str) -> None:
    with pytest.raises(Refused, match="none of the directory"):
        await cloud.graph.read(ResourceId(text))
