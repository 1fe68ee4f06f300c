"""Rows of NTANetAnalytics: what a flow log of the network says of each packet, as Traffic Analytics tells it."""

from typing import TYPE_CHECKING

from drills.estate.captures import FLOW_LOG
from drills.estate.ids import group_of, is_within, name_of
from drills.estate.packets import PRIVATE, Verdict, inside
from drills.estate.routing import prefixes
from drills.estate.topology import address_of, subnet_of
from drills.estate.wire import Json
from drills.estate.world import World

if TYPE_CHECKING:
    from drills.estate.flows import Flow


def note(flow: "Flow", verdict: Verdict, size: int) -> None:
    """The row of one packet, when a flow log of its network, subnet or interface is on."""
    world = flow.world
    subnet = subnet_of(world, flow.nic)["id"]
    log = _log_of(world, flow.nic["id"], subnet)
    if log is not None:
        world.traffic.flow_log.append(_row(flow, verdict, size, subnet) | _place(log, subnet))


def _log_of(world: World, nic: str, subnet: str) -> Json | None:
    for log in world.store.every_in_force(FLOW_LOG):
        target = log["properties"]["targetResourceId"]
        if log["properties"].get("enabled") and (is_within(nic, target) or is_within(subnet, target)):
            return log
    return None


def _row(flow: "Flow", verdict: Verdict, size: int, subnet: str) -> Json:
    machine = flow.nic["properties"].get("virtualMachine", {}).get("id", "")
    local = {"Ip": address_of(flow.nic), "Vm": f"{group_of(machine)}/{name_of(machine)}".lower(), "Nic": flow.nic["id"]}
    local["Subnet"] = f"{group_of(subnet)}/{subnet.split('/')[-3]}/{name_of(subnet)}".lower()
    ends = ("Src", "Dest") if flow.direction == "Outbound" else ("Dest", "Src")
    told = {f"{ends[0]}{name}": value for name, value in local.items()} | {f"{ends[1]}Ip": flow.remote}
    allowed, now = flow.sent[-1][1], flow.world.stamp()
    counted = f"{'Allowed' if allowed else 'Denied'}{'Out' if flow.direction == 'Outbound' else 'In'}Flows"
    return told | {
        "TimeGenerated": now,
        "FlowStartTime": now,
        "FlowEndTime": now,
        "DestPort": flow.port,
        "SrcPort": 50_000,
        "L4Protocol": "T",
        "FlowDirection": flow.direction,
        "FlowStatus": "Allowed" if allowed else "Denied",
        "FlowType": _kind(flow, subnet),
        counted: 1,
        "AclRule": name_of(verdict.rule),
        "BytesSrcToDest": size,
        "BytesDestToSrc": 0,
        "PacketsSrcToDest": int(size > 0),
        "PacketsDestToSrc": 0,
    }


def _kind(flow: "Flow", subnet: str) -> str:
    if any(inside(flow.remote, prefix) for prefix in prefixes(flow.world, subnet.rpartition("/subnets/")[0])):
        return "IntraVNet"
    return "InterVNet" if any(inside(flow.remote, block) for block in PRIVATE) else "ExternalPublic"


def _place(log: Json, subnet: str) -> Json:
    return {
        "SubType": "FlowLog",
        "FaSchemaVersion": "3",
        "AzureRegion": log["location"],
        "FlowLogResourceId": log["id"].lower(),
        "TargetResourceId": log["properties"]["targetResourceId"].lower(),
        "TargetResourceType": "VirtualNetwork",
        "Status": "Active",
        "Type": "NTANetAnalytics",
        "_ResourceId": subnet.rpartition("/subnets/")[0].lower(),
    }
