"""What a preflight looks at: permissions, evidence, consents, providers, licences, quotas, logs. It only reads.

Each identity is asked itself what it may do, at every group that holds PHI; consents and licences are those that the
directory tells. A look yields what is missing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cloud import Cloud
from cloud.identity import Tier, client_id
from desk import lacks
from desk.lacks import Lack
from incident.errors import Refused
from incident.plan import Mode
from incident.policy import Policy
from incident.resource import ResourceId
from ledger.evidence import EVIDENCE
from ledger.tables import together
from responders import measures, roles

MOST = 20_000  # resources; with more, what is told would be a part that looks like all of it
AT_ONCE = 8
ACCOUNT, WORKSPACE = "microsoft.storage/storageaccounts", "microsoft.operationalinsights/workspaces"
LOGGED = {
    ACCOUNT: "blobServices/default",
    "microsoft.keyvault/vaults": "",
    "microsoft.sql/servers": "databases/master",
    "microsoft.web/sites": "",
}
"""What keeps PHI or the keys to it, and what below it is logged."""
SETTINGS = "providers/Microsoft.Insights/diagnosticSettings"
GRAPH = "00000003-0000-0000-c000-000000000000"  # the application id of Microsoft Graph, in every tenant
QUERY = """
resources
| project id, location, tags, customer = tostring(properties.customerId)
| order by id asc"""

type Look = Callable[[], AsyncIterator[Lack]]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the read identity sees: the resources in the policy's scope, and all workspaces and accounts."""

    phi: Mapping[ResourceId, str]
    every: Mapping[ResourceId, str]

    @cached_property
    def groups(self) -> tuple[ResourceId, ...]:
        """The groups that hold PHI."""
        found = {ResourceId("/".join(("", *each.segments[:4]))) for each in self.phi}
        return tuple(sorted(found, key=lambda each: each.key))

    @property
    def regions(self) -> list[tuple[str, str]]:
        """Subscription and location, each pair once."""
        return sorted({(each.subscription, location) for each, location in self.phi.items() if location})


async def look_around(cloud: Cloud, policy: Policy) -> Seen:
    """What is there, by the index of Resource Graph. Refused (TooManyRows) where it is too much to tell."""
    rows = await cloud.arm.graph(QUERY, most=MOST)
    every = {ResourceId(str(row["id"])): row for row in rows}
    where = {place: str(row.get("location") or "") for place, row in every.items()}
    phi = {place: where[place] for place, row in every.items() if policy.in_scope(place, row)}
    return Seen(phi=phi, every={place: str(row.get("customer") or "") for place, row in every.items()})


class Survey:
    """One look at each thing, by its name."""

    def __init__(self, cloud: Cloud, policy: Policy, seen: Seen) -> None:
        self.cloud = cloud
        self.seen = seen
        self.acts = any(rule.mode is not Mode.WATCH for rule in policy.modes)
        self.needed: Mapping[str, Any] = roles.roles(measures.every())
        self.turns = asyncio.Semaphore(AT_ONCE)

    @property
    def looks(self) -> Mapping[str, Look]:
        """Everything that is looked at."""
        return {
            "scope": self.scope,
            "permissions": self.permissions,
            "evidence": self.evidence,
            "consents": self.consents,
            "providers": self.providers,
            "licences": self.licences,
            "quotas": self.quotas,
            "logs": self.logs,
        }

    async def workspaces(self) -> list[ResourceId]:
        """The workspace of the settings, where the read identity sees it."""
        wanted = self.cloud.settings.workspace
        return [place for place, customer in self.seen.every.items() if wanted and customer == wanted]

    async def scope(self) -> AsyncIterator[Lack]:
        """Without a resource that holds PHI there is nothing to guard, or nothing is seen."""
        if not self.seen.phi:
            yield Lack(about="scope", what="no resource that the policy takes for PHI is seen", blocks=True)
        if not await self.workspaces():
            yield Lack(about="scope", what="the workspace of TOURNIQUET_WORKSPACE is not seen: callers stay unknown")

    async def permissions(self) -> AsyncIterator[Lack]:
        """What the identities that read and contain may not do, and whether the locks may be set."""
        wanted = [(Tier.READ, "read", True), (Tier.CONTAIN, "contain", self.acts), (Tier.CONTAIN, "locks", False)]
        for group in self.seen.groups:
            told = {tier: await self._may(group, tier) for tier in (Tier.READ, Tier.CONTAIN)}
            for tier, role, blocks in wanted:
                needed = self._role(role)["actions"]
                if what := lacks.rights(role, tier, needed, lacks.actions(needed, told[tier])):
                    yield Lack(about="permissions", what=f"{what} in {group.text}", blocks=blocks)

    async def evidence(self) -> AsyncIterator[Lack]:
        """What the identity that keeps evidence may not do with the blobs of its container."""
        account = self._account(self.cloud.settings.evidence)
        if account is None:
            yield Lack(about="evidence", what="its account is not seen, so that nobody has asked what may be written")
            return
        blobs = [one for one in self._role("evidence")["dataActions"] if one.startswith("Microsoft.Storage/")]
        place = account.child(f"blobServices/default/containers/{EVIDENCE}")
        told = await self._may(place, Tier.EVIDENCE)
        if what := lacks.rights("evidence", Tier.EVIDENCE, blobs, lacks.actions(blobs, told, "dataActions")):
            yield Lack(about="evidence", what=f"{what} in {place.text}", blocks=True)

    async def consents(self) -> AsyncIterator[Lack]:
        """The permissions of Microsoft Graph that an identity was not given."""
        names = await self._names_of_roles()
        wanted = [(Tier.READ, "read", True), (Tier.DIRECTORY, "directory", self.acts)]
        for tier, key, blocks in [*wanted, (Tier.DIRECTORY, "takeover", False)]:
            given = await self._given(tier, names)
            for permission in self.needed["graph"][key]:
                if permission not in given:
                    yield Lack(about="consents", what=f"{tier} has no consent to {permission}", blocks=blocks)

    async def providers(self) -> AsyncIterator[Lack]:
        """Namespaces that are not registered."""
        for subscription in sorted({each.subscription for each in self.seen.groups}):
            told = await self.cloud.arm.children(ResourceId(f"/subscriptions/{subscription}"), "providers")
            for lack in lacks.providers((each.body for each in told), subscription):
                yield lack

    async def licences(self) -> AsyncIterator[Lack]:
        """What the tenant has not bought."""
        for lack in lacks.licences([each.body for each in await self.cloud.graph.every("subscribedSkus")]):
            yield lack

    async def quotas(self) -> AsyncIterator[Lack]:
        """Storage accounts, where PHI is: evidence and copies need one."""
        for subscription, location in self.seen.regions:
            place = ResourceId(f"/subscriptions/{subscription}/providers/Microsoft.Storage/locations/{location}")
            told = await self.cloud.arm.children(place, "usages")
            for lack in lacks.quotas((each.body for each in told), f"{location}, subscription {subscription}"):
                yield lack

    async def logs(self) -> AsyncIterator[Lack]:
        """What holds PHI and sends no log to a workspace."""
        watched = [place for place in self.seen.phi if place.type in LOGGED]
        for found in await together(self._unlogged(place) for place in watched):
            for lack in found:
                yield lack

    async def _unlogged(self, place: ResourceId) -> list[Lack]:
        below = LOGGED[place.type]
        async with self.turns:
            told = await self.cloud.arm.children(place.child(below) if below else place, SETTINGS)
        return [*lacks.logs((each.body for each in told), place)]

    async def _may(self, place: ResourceId, tier: Tier) -> Collection[Mapping[str, Any]]:
        """What an identity may do there, as it is told; nothing where it may not even ask."""
        try:
            return await self.cloud.arm.permissions(place, tier)
        except Refused as fault:
            if fault.code != "AuthorizationFailed":
                raise
            return ()

    def _role(self, name: str) -> Mapping[str, Any]:
        return next(each for each in self.needed["roles"] if each["name"] == f"Tourniquet {name}")

    def _account(self, endpoint: str) -> ResourceId | None:
        """The account of a blob endpoint; None for a connection string, and for an account that is not seen."""
        name = endpoint.removeprefix("https://").partition(".")[0].casefold() if endpoint.startswith("https://") else ""
        among: Iterable[ResourceId] = (each for each in self.seen.every if each.type == ACCOUNT)
        return next((each for each in among if each.name.casefold() == name), None)

    async def _names_of_roles(self) -> Mapping[str, str]:
        """The permissions of Microsoft Graph by the ids of their application roles."""
        found = await self.cloud.graph.every("servicePrincipals", filter=f"appId eq '{GRAPH}'", select="id,appRoles")
        return {str(role["id"]): str(role["value"]) for each in found for role in each.body.get("appRoles") or ()}

    async def _given(self, tier: Tier, names: Mapping[str, str]) -> set[str]:
        """What an identity was given; nothing where the settings do not name it, as for one of the system's making."""
        wanted = client_id(self.cloud.settings, tier)
        found = await self.cloud.graph.every("servicePrincipals", filter=f"appId eq '{wanted}'", select="id")
        given: Awaitable[Iterable[Iterable[Any]]] = together(
            self.cloud.graph.children(ResourceId(str(each.body["id"])), "appRoleAssignments") for each in found
        )
        return {names.get(str(one.body.get("appRoleId")), "") for each in await given for one in each}
