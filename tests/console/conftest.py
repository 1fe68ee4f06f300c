"""The app's own HTTP functions in this process; a whole module shares a real Azurite and a simulated Azure."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest
import pytest_asyncio

from cloud import Cloud
from console import front
from desk.parts import Parts
from desk.who import Door
from drills import rights
from drills.azurite import Azurite
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.person import Role
from incident.settings import Settings
from ledger import Envelope, Ledger, LocalWrapping
from responders.runner import Runner
from tests.conftest import NOTHING, Ticking, policy_of
from tests.desk.office import Office, new_id
from tests.desk.test_roles import entrances
from tests.responders.line import QUICK

NORTH = {"id": "north", "name": "North Clinic", "zone": "America/Denver"}


@dataclass
class App:
    """The desk behind the app, and requests by people with a token."""

    office: Office

    async def asks(
        self,
        name: str,
        *roles: Role,
        method: str = "POST",
        body: Any = b"",
        route: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> func.HttpResponse:
        """The answer to somebody who has the roles; a text is sent as it is, anything else as JSON."""
        oid = "-".join(role.value for role in roles)
        token = self.office.estate.person_token(f"oid-{oid}", "somebody@clinic.example", [role.value for role in roles])
        request = func.HttpRequest(
            method=method,
            url=f"https://tourniquet.example/{name}",
            headers={"Authorization": f"Bearer {token}", **(headers or {})},
            params=query,
            route_params=route or {},
            body=_sent(body),
        )
        answer: func.HttpResponse = await entrances()[name].get_user_function()(request)
        return answer


def _sent(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def told(answer: func.HttpResponse, status: int = 200) -> Any:
    """The JSON of an answer with that status."""
    body = answer.get_body().decode()
    assert answer.status_code == status, body
    return json.loads(body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app() -> AsyncIterator[App]:
    delays = Delays(poll=NOTHING, operation=NOTHING, blobs=NOTHING, rules=NOTHING)
    with pytest.MonkeyPatch.context() as patch:
        async with Azurite.run() as azurite, Estate.serve(delays=delays) as estate:
            for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
                patch.setenv(name, estate.environment()[name])
            place = azurite.connection_string
            stores = {"TOURNIQUET_TABLES": place, "TOURNIQUET_EVIDENCE": place, "TOURNIQUET_POLICY": "policy.yaml"}
            async for office in _opened(estate, Settings.read({**estate.environment(), **stores})):
                door = Door(settings=office.parts.settings, cloud=office.parts.cloud)
                assembled: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
                assembled.set_result((office.parts, door))
                patch.setattr(front, "_assembled", assembled)
                yield App(office)


async def _opened(estate: Estate, settings: Settings) -> AsyncIterator[Office]:
    """The desk; its clock is a little ahead of the estate's, so that no row is of the future."""
    clock, cloud = Ticking(datetime.now(UTC) + timedelta(minutes=5)), Cloud(settings)
    ledger = await Ledger.open(settings, envelope=Envelope(LocalWrapping(bytes(32))))
    rights.grant(estate)
    parts = Parts(
        settings=settings,
        policy=policy_of(paged=clock.at, covered_entities=[NORTH]),
        cloud=cloud,
        ledger=ledger,
        runner=Runner(cloud, ledger, now=clock, pace=QUICK),
        now=clock,
        new_id=new_id,
        owner=new_id,
    )
    yield Office(parts=parts, clock=clock, estate=estate, clinic=Clinic(estate))
    await ledger.close()
    await cloud.close()
