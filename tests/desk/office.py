"""A desk with production's own parts over a real Azurite and a simulated Azure, and the people who work at it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from desk import carry, show, undo
from desk.decide import Decision, decide
from desk.intake import Receipt, deliver
from desk.parts import Parts
from desk.resume import resume
from desk.status import status
from drills.estate import Estate
from drills.estate.activity import event_of
from drills.estate.clinic import Clinic
from incident.entry import Entry
from incident.person import Person, Role
from responders.progress import Progress, StepState
from tests.conftest import Ticking, policy_of

CLASS = "storage.public_container"


def person(name: str, *roles: Role) -> Person:
    return Person(id=f"oid-{name}", name=f"{name}@clinic.example", roles=frozenset(role.value for role in roles))


SOC = person("soc", Role.APPROVER_SOC, Role.OPERATE)
DEPUTY = person("deputy", Role.APPROVER_SOC, Role.OPERATE)
OWNER = person("owner", Role.APPROVER_OWNER, Role.OPERATE)
BOTH = person("both", Role.APPROVER_SOC, Role.APPROVER_OWNER, Role.OPERATE)
OPERATOR = person("operator", Role.OPERATE)


@dataclass
class Office:
    """The parts, and what tests ask of them."""

    parts: Parts
    clock: Ticking
    estate: Estate
    clinic: Clinic

    def governed(self, mode: str = "act", **policy: Any) -> None:
        """The policy says this from now on."""
        self.parts = replace(self.parts, policy=policy_of(mode, **policy))

    async def leaks(self, account: str = "phistore") -> str:
        """The attacker opens an account to anybody and Event Grid tells of it; the incident's id."""
        self.clinic.account(account).opens_to_anyone()
        return await self.told()

    async def told(self, **changes: Any) -> str:
        """Event Grid tells of the last write; the incident's id."""
        event = {**event_of(self.estate.log.records[-1]), "eventTime": self.clock().isoformat(), **changes}
        [receipt] = await deliver(self.parts, event, "eventgrid")
        assert isinstance(receipt, Receipt)
        return str(receipt.incident)

    async def leaving(self) -> str:
        """PHI is said to leave, and one reading of our own bears it out: not enough to act unasked."""
        self.estate.grant("read", "Microsoft.Security/alerts/read", "Microsoft.Security/locations/alerts/read")
        account = self.clinic.account("phistore")
        kind = "Storage.Blob_DataExfiltration.AmountOfDataAnomaly"
        return await self.alerted(self.clinic.alert(account.id, kind, "Medium"))

    async def alerted(self, alert: dict[str, Any]) -> str:
        """Defender's alert, as it is exported; the incident's id."""
        [receipt] = await deliver(self.parts, alert, "defender")
        assert isinstance(receipt, Receipt), receipt
        return str(receipt.incident)

    async def entries(self, incident: str, *kinds: str) -> list[Entry]:
        _, entries = await show.one(self.parts, incident)
        return [entry for entry in entries if not kinds or entry.kind in kinds]

    async def steps(self, incident: str) -> list[StepState]:
        return list(Progress.of(incident, await self.entries(incident)).steps.values())

    async def step(self, incident: str, code: str) -> StepState:
        """The step with this catalogue code, of the latest round."""
        found = [state for state in await self.steps(incident) if state.step.code == code]
        return max(found, key=lambda state: state.step.round)

    async def status(self, incident: str) -> str:
        return str(status(incident, await self.entries(incident))["status"])

    async def says(
        self, who: Person, incident: str, *states: StepState, approve: bool = True, reason: str = ""
    ) -> None:
        """The person answers the offers of these steps."""
        answers = [Decision(hash=state.step.hash, approve=approve, reason=reason) for state in states]
        await decide(self.parts, who, incident, answers)

    async def undoes(self, who: Person, incident: str, steps: Sequence[str] = ()) -> None:
        await undo.undo(self.parts, who, incident, steps)

    async def passes(self, **length: float) -> None:
        """Time goes by, and the timer that takes up what is due fires."""
        self.clock.passes(**length)
        await resume(self.parts)

    async def goes_on(self, incident: str) -> None:
        """The incident is taken up from its chain, as after a crash."""
        await carry.go_on(self.parts, incident, carry.work(self.parts, incident))

    def writes(self) -> list[str]:
        """Every write that reached Resource Manager, as method and resource."""
        sent = [exchange["liveRequest"] for exchange in self.estate.exchanges]
        return [
            f"{each['method']} {str(each['url']).partition('?')[0].rpartition('/')[2]}"
            for each in sent
            if each["method"] != "GET" and "ipFlowVerify" not in str(each["url"])
        ]

    def notices(self, ending: str) -> list[dict[str, Any]]:
        return [event for event in self.estate.topic_events if event["type"].endswith(ending)]


def new_id() -> str:
    return f"t-{uuid4().hex[:12]}"
