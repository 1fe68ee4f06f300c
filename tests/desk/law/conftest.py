"""A desk over a real Azurite of its own and a simulated Azure, and incidents as intake leaves them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cloud import Cloud
from desk import clocks
from desk.parts import Parts
from desk.remind import remind
from drills.estate import Estate
from drills.estate.events import SEND
from incident.entry import Draft
from incident.person import Person, Role
from incident.settings import Settings
from ledger import Ledger
from responders.runner import Runner
from tests.conftest import Ticking, policy_of

OFFICER = Person(id="9b1f", name="officer@clinic.example", roles=frozenset({Role.COMPLIANCE.value}))
ACCOUNT = "/subscriptions/0/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/phistore"
CONTACTS = [
    {
        "role": role,
        "ways": [
            {"kind": "teams", "address": f"{role}@clinic.example"},
            {"kind": "phone", "address": f"+1-555-{role}", "outside": True},
        ],
    }
    for role in ("owner", "lead", "privacy_officer", "ciso", "counsel")
]


@dataclass
class Desk:
    """The parts, and what tests ask of them."""

    parts: Parts
    clock: Ticking
    estate: Estate

    def governed(self, **policy: Any) -> None:
        """The policy says this too."""
        self.parts = replace(self.parts, policy=policy_of(**policy))

    async def incident(self, name: str = "inc-1", at: datetime | None = None, **signal: Any) -> str:
        """An exposure that was signalled and whose clocks have been started."""
        now = at or self.clock()
        said = now.isoformat()
        told = {
            "source": "sentinel",
            "kind": "sentinel-incident",
            "received_at": said,
            "earliest": said,
            "resources": [ACCOUNT],
            "title": "",
            "key": name,
            **signal,
        }
        finding = {
            "incident_class": "storage.public_container",
            "disposition": "contain",
            "reason": "open",
            "targets": [ACCOUNT],
            "exposed": True,
        }
        drafts = [Draft(kind="signal", at=now, body=told), Draft(kind="finding", at=now, body=finding)]
        await self.parts.ledger.begin(name, drafts, state={})
        await clocks.start(self.parts, name)
        return name

    async def ticks(self, **later: float) -> int:
        """A tick of the reminder timer, so much later."""
        self.clock.at += timedelta(**later)
        return await remind(self.parts)

    async def ticks_at(self, moment: datetime) -> int:
        self.clock.at = moment
        return await remind(self.parts)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What reached the topic, by type."""
        return [event for event in self.estate.topic_events if event["type"].endswith(kind)]


@pytest.fixture
def desk(settings: Settings, cloud: Cloud, ledger: Ledger, clock: Ticking, estate: Estate) -> Desk:
    estate.grant("evidence", SEND)
    parts = Parts(
        settings=settings,
        policy=policy_of(),
        cloud=cloud,
        ledger=ledger,
        runner=Runner(cloud, ledger, now=clock),
        now=clock,
        new_id=lambda: "new",
        owner=lambda: "test",
    )
    return Desk(parts=parts, clock=clock, estate=estate)
