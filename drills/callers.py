"""Everybody who calls the host: alerting with a function key, people with a token, the platform's timers."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol, Self

import aiohttp

from drills.estate import Estate
from drills.host import Keys

PATIENCE = aiohttp.ClientTimeout(total=60)
ANALYST = ("00000000-0000-0000-0000-00000000a001", "analyst@clinic.example")
APPROVERS = {
    "Approver.Soc": ("00000000-0000-0000-0000-00000000a002", "soc@clinic.example"),
    "Approver.Owner": ("00000000-0000-0000-0000-00000000a003", "owner@clinic.example"),
}


class Host(Protocol):
    """A host that answers, in whatever process it runs."""

    url: str
    keys: Keys


@dataclass(frozen=True)
class Answer:
    """An answer of the host: status, content type, and its JSON (None where there is none)."""

    status: int
    kind: str
    body: Any


@dataclass(frozen=True)
class Callers:
    """Calls over HTTP to the host, wherever it listens now."""

    host: Host
    estate: Estate
    session: aiohttp.ClientSession

    @classmethod
    @asynccontextmanager
    async def of(cls, host: Host, estate: Estate) -> AsyncIterator[Self]:
        """Callers for the length of the block."""
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            yield cls(host, estate, session)

    def at(self, host: Host) -> "Callers":
        """The same callers at another host."""
        return Callers(host, self.estate, self.session)

    async def post_signal(self, source: str, body: Any, *, key: str | None = None) -> Answer:
        """A webhook: JSON, or bytes as they are; with the function key unless told otherwise."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = self.host.keys.function if key is None else key
        return await self.ask("POST", f"/api/signals/{source}", sent, {"x-functions-key": given})

    async def deliver_events(self, *events: Mapping[str, Any]) -> Answer:
        """A delivery of Event Grid."""
        headers = {"aeg-event-type": "Notification", "Content-Type": "application/json"}
        return await self.ask("POST", self.event_grid, json.dumps(events).encode(), headers)

    @property
    def event_grid(self) -> str:
        """The path, with its key, of the webhook that Event Grid is subscribed with."""
        return f"/runtime/webhooks/eventgrid?functionName=on_event_grid&code={self.host.keys.system}"

    async def incidents(self) -> Answer:
        """The list, as an analyst sees it."""
        return await self.ask("GET", "/api/incidents", headers=self.signed_in("Responder.Read"))

    async def incident(self, incident: str) -> Answer:
        """One incident, as an analyst sees it."""
        return await self.ask("GET", f"/api/incidents/{incident}", headers=self.signed_in("Responder.Read"))

    async def decide(self, incident: str, role: str, *hashes: str, approve: bool = True) -> Answer:
        """Whoever has the approver's role answers the offers of the steps with these hashes."""
        word = "approve" if approve else "reject"
        body = {"decisions": [{"step": one, "decision": word, "reason": "as the drill has it"} for one in hashes]}
        path = f"/api/incidents/{incident}/decisions"
        return await self.ask("POST", path, json.dumps(body).encode(), self.signed_in(role, person=APPROVERS[role]))

    async def preview(self, incident: str) -> Answer:
        """What every step that has not ended would send, as an analyst sees it."""
        return await self.ask("GET", f"/api/incidents/{incident}/preview", headers=self.signed_in("Responder.Read"))

    async def undo(self, incident: str) -> Answer:
        """Whoever operates the responder and approves for the SOC asks that everything be undone."""
        path = f"/api/incidents/{incident}/undo"
        return await self.ask("POST", path, headers=self.signed_in("Responder.Operate", "Approver.Soc"))

    async def agree_to_undo(self, incident: str) -> Answer:
        """The owner asks for the same: what two approved, two take back."""
        role = "Approver.Owner"
        headers = self.signed_in("Responder.Operate", *APPROVERS, person=APPROVERS[role])
        return await self.ask("POST", f"/api/incidents/{incident}/undo", headers=headers)

    async def health(self) -> Answer:
        """Whether it could act now."""
        return await self.ask("GET", "/api/health")

    async def fire(self, timer: str) -> Answer:
        """A timer started by hand; 202 comes before it has run."""
        headers = {"x-functions-key": self.host.keys.master}
        return await self.ask("POST", f"/admin/functions/{timer}", b"{}", headers)

    def signed_in(self, *roles: str, person: tuple[str, str] = ANALYST) -> dict[str, str]:
        """The header of an analyst, or of another person, with these roles."""
        return {"Authorization": f"Bearer {self.estate.person_token(*person, roles=roles)}"}

    async def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; aiohttp.ClientError or TimeoutError where there is no answer."""
        url = f"{self.host.url}{path}"
        async with self.session.request(method, url, data=BytesIO(body), headers=headers) as response:
            text = await response.text()
            return Answer(response.status, response.content_type, _parsed(text))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
