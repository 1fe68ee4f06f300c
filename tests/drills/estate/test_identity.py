import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
import pytest

from drills.estate import AUDIENCE, Estate
from drills.estate.clinic import Clinic
from drills.estate.rbac import needed
from drills.estate.wire import Asked
from tests.conformance.arm import material
from tests.drills.estate.conftest import Clock, Wire

GUID = "00000000-0000-0000-0000-0000000000aa"
RG = f"/subscriptions/{GUID}/resourceGroups/g/providers"
NEEDED = [
    ("GET", f"{RG}/Microsoft.Storage/storageAccounts/a", ["Microsoft.Storage/storageAccounts/read"]),
    ("PATCH", f"{RG}/Microsoft.Storage/storageAccounts/a", ["Microsoft.Storage/storageAccounts/write"]),
    ("GET", f"{RG}/Microsoft.Storage/storageAccounts", ["Microsoft.Storage/storageAccounts/read"]),
    (
        "PATCH",
        f"{RG}/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
        ["Microsoft.Storage/storageAccounts/blobServices/containers/write"],
    ),
    (
        "POST",
        f"{RG}/Microsoft.Storage/storageAccounts/a/regenerateKey",
        ["Microsoft.Storage/storageAccounts/regenerateKey/action"],
    ),
    (
        "DELETE",
        f"{RG}/Microsoft.Network/networkSecurityGroups/n/securityRules/r",
        ["Microsoft.Network/networkSecurityGroups/securityRules/delete"],
    ),
    ("POST", f"{RG}/Microsoft.Web/sites/s/config/appsettings/list", ["Microsoft.Web/sites/config/list/Action"]),
    (
        "PUT",
        f"{RG}/Microsoft.Web/sites/s/basicPublishingCredentialsPolicies/ftp",
        ["Microsoft.Web/sites/basicPublishingCredentialsPolicies/ftp/Write"],
    ),
    (
        "PUT",
        f"{RG}/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Authorization/locks/l",
        ["Microsoft.Authorization/locks/write"],
    ),
    (
        "GET",
        f"/subscriptions/{GUID}/providers/Microsoft.Insights/eventtypes/management/values",
        ["Microsoft.Insights/eventtypes/values/Read"],
    ),
    ("POST", "/providers/Microsoft.ResourceGraph/resources", ["Microsoft.ResourceGraph/resources/read"]),
    (
        "POST",
        f"{RG}/Microsoft.Network/networkWatchers/w/ipFlowVerify",
        [
            "Microsoft.Network/networkWatchers/ipFlowVerify/action",
            "Microsoft.Network/networkWatchers/ipFlowVerify/read",
        ],
    ),
    (
        "GET",
        f"/subscriptions/{GUID}/providers/Microsoft.Network/locations/eastus2/operations/x",
        ["Microsoft.Network/locations/operations/read"],
    ),
]


@pytest.mark.parametrize(("method", "path", "actions"), NEEDED)
def test_the_action_follows_from_method_and_path(method: str, path: str, actions: list[str]) -> None:
    found = needed(Asked(method=method, path=path))

    assert [one.lower() for one in found] == [one.lower() for one in actions]


@pytest.mark.conformance
def test_every_derived_action_is_in_microsofts_list() -> None:
    listed = material.shared() / "arm" / "operations.json"
    if not listed.is_file():
        pytest.skip("Microsoft's list of operations is not here; SHARED names its folder.")
    known = {name.lower() for name in json.loads(listed.read_text())}

    derived = {action.lower() for method, path, _ in NEEDED for action in needed(Asked(method=method, path=path))}

    assert derived <= known


async def test_without_the_right_the_refusal_names_action_and_scope(estate: Estate, clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")
    estate.grant("contain", "microsoft.storage/STORAGEACCOUNTS/read")
    wire.principal = "contain"

    allowed, _, _ = await wire.ask("GET", account.id)
    status, body, _ = await wire.ask("PATCH", account.id, {"tags": {}})

    assert (allowed, status, body["error"]["code"]) == (200, 403, "AuthorizationFailed")
    assert "'Microsoft.Storage/storageAccounts/write'" in body["error"]["message"]
    assert account.id in body["error"]["message"]
    assert estate.used("contain") == {"microsoft.storage/STORAGEACCOUNTS/read"}


async def test_a_subnet_in_the_network_rules_wants_a_right_of_its_own(
    estate: Estate, clinic: Clinic, wire: Wire
) -> None:
    account, subnet = clinic.account("phistore"), clinic.subnet("phi")
    rules = {"defaultAction": "Deny", "virtualNetworkRules": [{"id": subnet.id}]}
    estate.grant("contain", "Microsoft.Storage/storageAccounts/write")
    wire.principal = "contain"

    refused, body, _ = await wire.ask("PATCH", account.id, {"properties": {"networkAcls": rules}})
    estate.grant("contain", "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action")
    done, _, _ = await wire.ask("PATCH", account.id, {"properties": {"networkAcls": rules}})

    assert (refused, done) == (403, 200)
    assert subnet.id in body["error"]["message"]


async def test_tokens_that_are_missing_old_or_for_somebody_else_are_refused(
    estate: Estate, clinic: Clinic, wire: Wire, clock: Clock
) -> None:
    path, good = clinic.account("phistore").id, f"Bearer {estate.token('operator')}"
    foreign = f"Bearer {estate.token('operator', 'https://vault.azure.net')}"
    person = f"Bearer {estate.person_token('oid', 'a nurse', audience='https://management.azure.com', forged=True)}"

    for token in ("", "Bearer nonsense", foreign, person):
        assert (await wire.ask("GET", path, authorization=token))[0] == 401
    assert (await wire.ask("GET", path, authorization=good))[0] == 200
    clock.passes(hours=1)
    assert (await wire.ask("GET", path, authorization=good))[0] == 401


@pytest.fixture
async def identity(estate: Estate) -> Callable[..., Any]:
    async def ask(**changes: str) -> tuple[int, Any]:
        query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
        query["client_id"] = changes.get("client_id", estate.environment()["TOURNIQUET_IDENTITY_READ"])
        headers = {"X-IDENTITY-HEADER": changes.get("secret", estate.identity_header)}
        async with (
            aiohttp.ClientSession() as session,
            session.get(estate.identity_endpoint, params=query, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    return ask


async def test_a_managed_identity_gets_a_token_of_its_own(estate: Estate, identity: Callable[..., Any]) -> None:
    status, body = await identity()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})

    assert (status, body["token_type"]) == (200, "Bearer")
    assert claims["appid"] == estate.environment()["TOURNIQUET_IDENTITY_READ"]
    assert int(body["expires_on"]) == claims["exp"]


@pytest.mark.parametrize(("change", "status"), [({"client_id": "nobody"}, 400), ({"secret": "guessed"}, 403)])
async def test_the_identity_endpoint_refuses_the_unknown(
    identity: Callable[..., Any], change: dict[str, str], status: int
) -> None:
    assert (await identity(**change))[0] == status


async def test_a_persons_token_holds_against_the_published_keys(
    estate: Estate, trusting: Callable[[], aiohttp.TCPConnector]
) -> None:
    async with aiohttp.ClientSession(connector=trusting()) as session:
        found = f"{estate.login_url}/{estate.world.tenant}/v2.0/.well-known/openid-configuration"
        configuration = await (await session.get(found)).json()
        keys = jwt.PyJWKSet.from_dict(await (await session.get(configuration["jwks_uri"])).json())
    late = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}

    def opened(token: str) -> dict[str, Any]:
        key = keys[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(token, key, ["RS256"], late, audience=AUDIENCE, issuer=configuration["issuer"])  # type: ignore[arg-type]  # options are a plain dict here

    claims = opened(estate.person_token("oid-1", "soc lead", ("Responder.Operate",)))
    assert (claims["oid"], claims["roles"], claims["tid"]) == ("oid-1", ["Responder.Operate"], estate.world.tenant)
    with pytest.raises(jwt.InvalidSignatureError):
        opened(estate.person_token("oid-1", "soc lead", forged=True))
    with pytest.raises(jwt.InvalidAudienceError):
        opened(estate.person_token("oid-1", "soc lead", audience="api://other"))
    with pytest.raises(jwt.InvalidIssuerError):
        opened(estate.person_token("oid-1", "soc lead", issuer="https://elsewhere.example"))
    old = jwt.decode(
        estate.person_token("oid-1", "soc lead", expires_in=-timedelta(hours=1)), options={"verify_signature": False}
    )
    assert old["exp"] < old["iat"]
