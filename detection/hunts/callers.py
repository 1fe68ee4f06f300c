"""The callers of the last days: of a storage account from its log, of machines from the flow log of their network.

A log without a single row says nothing: it may never have been sent. Then the callers are unknown, and never none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from detection.hunts import Hunt, account_name, address, listed
from incident.caller import Caller, Clinical
from incident.resource import ResourceId

BACK = timedelta(days=14)
MOST = 5_000
OURS = "tourniquet"  # the user agent of our own probes
_EPOCH = datetime.fromtimestamp(0, UTC)
STORAGE = """\
StorageBlobLogs
| where AccountName =~ "{account}" and StatusCode startswith "2" and UserAgentHeader != "{ours}"
| extend Container = tostring(split(ObjectKey, "/")[2])
| extend Caller = replace_regex(CallerIpAddress, @":\\d+$", "")
| summarize Requests = count(), Bytes = sum(RequestBodySize + ResponseBodySize), Last = max(TimeGenerated)
    by Container, Caller, AuthenticationType, RequesterObjectId, RequesterAppId, RequesterUpn, UserAgentHeader,
    Protocol, TlsVersion
| top {limit} by Requests desc
"""
FLOWS = """\
NTANetAnalytics
| where SubType == "FlowLog" and FlowStatus == "Allowed"
| where {scope}
| summarize Requests = count(), Bytes = sum(BytesSrcToDest + BytesDestToSrc), Last = max(TimeGenerated)
    by FlowDirection, SrcIp, DestIp, SrcPublicIps, DestPublicIps, SrcNic, DestNic, DestPort, AclRule
| top {limit} by Requests desc
"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where flows are looked for: subnets as `group/network/subnet`, network cards by id, whole networks by prefix."""

    subnets: frozenset[str] = frozenset()
    cards: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    @property
    def scope(self) -> str:
        """The place in KQL. ValueError where there is none, or it may not stand in a query."""
        terms = []
        if self.subnets:
            terms += [f"{end}Subnet in~ ({listed(self.subnets)})" for end in ("Src", "Dest")]
        if self.cards:
            terms += [f"{end}Nic in~ ({listed(self.cards)})" for end in ("Src", "Dest")]
        for network in sorted(self.networks):
            terms += [f"{end}Subnet startswith {listed([network])}" for end in ("Src", "Dest")]
        if not terms:
            raise ValueError("it is attached to nothing")
        return " or ".join(terms)


def place(
    subnets: Iterable[ResourceId] = (), cards: Iterable[ResourceId] = (), network: ResourceId | None = None
) -> Place:
    """The place in the words of Traffic Analytics."""
    return Place(
        subnets=frozenset(f"{each.group}/{each.after('virtualNetworks')}/{each.name}".casefold() for each in subnets),
        cards=frozenset(each.text for each in cards),
        networks=frozenset({f"{network.group}/{network.name}/".casefold()} if network else ()),
    )


def of_storage(account: ResourceId) -> Hunt:
    """Who used the account, with what. ValueError for a name that may not stand in a query."""
    query = STORAGE.format(account=account_name(account), ours=OURS, limit=MOST + 1)
    return Hunt(query=query, since=BACK, most=MOST)


def of_network(where: Place) -> Hunt:
    """Who talked with these machines. ValueError where there are none."""
    return Hunt(query=FLOWS.format(scope=where.scope, limit=MOST + 1), since=BACK, most=MOST)


def users(rows: Iterable[Mapping[str, Any]], container: str = "") -> list[Caller]:
    """The callers in rows of the storage log, those of one container where it is named."""
    found = (
        Caller(
            address=address(_word(row, "Caller")),
            object_id=_word(row, "RequesterObjectId"),
            app_id=_word(row, "RequesterAppId"),
            name=_word(row, "RequesterUpn"),
            agent=_word(row, "UserAgentHeader")[:200],
            entered=_word(row, "AuthenticationType"),
            protocol=_word(row, "Protocol"),
            tls=_word(row, "TlsVersion"),
            requests=int(row["Requests"]),
            size=int(row["Bytes"] or 0),
            last=row["Last"],
        )
        for row in rows
        if not container or _word(row, "Container").casefold() == container.casefold()
    )
    return merged(found)


def talkers(rows: Iterable[Mapping[str, Any]]) -> list[Caller]:
    """The far ends in rows of the flow log; public ones may be several in one row."""
    return merged(caller for row in rows for caller in _ends(row))


def merged(callers: Iterable[Caller]) -> list[Caller]:
    """Callers that differ in nothing but counts, counted together; the busiest first."""
    alike: dict[Caller, list[Caller]] = defaultdict(list)
    for each in callers:
        alike[replace(each, requests=0, size=0, last=_EPOCH)].append(each)
    summed = [
        replace(
            one,
            requests=sum(each.requests for each in every),
            size=sum(each.size for each in every),
            last=max(each.last for each in every),
        )
        for one, every in alike.items()
    ]
    return sorted(summed, key=lambda each: -each.requests)


def ranked(callers: Iterable[Caller], clinical: Iterable[Clinical]) -> list[tuple[Caller, Clinical | None]]:
    """Each caller with what care knows of it: life safety first, then clinical, then the busiest."""
    known = sorted(clinical, key=lambda each: not each.life_safety)
    named = [(caller, next((each for each in known if each.covers(caller)), None)) for caller in callers]
    return sorted(named, key=lambda pair: (_rank(pair[1]), -pair[0].requests))


def _rank(care: Clinical | None) -> int:
    return 2 if care is None else int(not care.life_safety)


def _ends(row: Mapping[str, Any]) -> Iterator[Caller]:
    inbound = _word(row, "FlowDirection") == "Inbound"
    far, near = ("Src", "Dest") if inbound else ("Dest", "Src")
    public = [each.partition("|")[0] for each in _word(row, f"{far}PublicIps").split()]
    for end in public or [_word(row, f"{far}Ip")]:
        yield Caller(
            address=end,
            direction=_word(row, "FlowDirection"),
            local=_word(row, f"{near}Nic"),
            port=int(row["DestPort"] or 0),
            rule=_word(row, "AclRule"),
            requests=int(row["Requests"]),
            size=int(row["Bytes"] or 0),
            last=row["Last"],
        )


def _word(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "")
