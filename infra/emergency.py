"""The emergency templates: infra/emergency/, one for each playbook, generated from the measures.

Each reads the resource as it stands, lays the measure's request over it and writes the whole in a nested deployment;
what stood before is an output, so the deployment's history keeps it for whoever takes the containment back.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval
from incident.resource import ResourceId
from incident.settings import Settings
from incident.target import Before, Target
from infra.check.template import RESOURCE_GROUP
from infra.playbooks import GROUP, INCIDENT, PLAYBOOKS, Kind, Playbook
from responders import measures
from responders.measure import Measure

AGREED = {
    Approval.AUTO: "nobody",
    Approval.A1: "one approver",
    Approval.A2: "two approvers of different roles",
    Approval.NEVER: "done by hand only",
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "account": {"type": "string", "metadata": {"description": "Name of the storage account."}},
    "vault": {"type": "string", "metadata": {"description": "Name of the key vault."}},
    "server": {"type": "string", "metadata": {"description": "Name of the database server."}},
    "workspace": {"type": "string", "metadata": {"description": "Name of the Log Analytics workspace."}},
    "table": {
        "type": "string",
        "metadata": {"description": "Name of the table; not one of your own (`_CL`), whose columns a PUT would need."},
    },
    "group": {"type": "string", "metadata": {"description": "Name of the network security group."}},
    "incident": {
        "type": "string",
        "maxLength": 40,
        "metadata": {"description": "Id or ticket of the incident: letters, digits and hyphens; it names the rules."},
    },
    "forensicSubnets": {
        "type": "array",
        "defaultValue": [],
        "metadata": {"description": "Resource ids of subnets that are let in. Every other exception goes."},
    },
    "forensicAddresses": {
        "type": "array",
        "defaultValue": [],
        "metadata": {"description": "Public IPv4 addresses that are let in. Every other exception goes."},
    },
    "forensicPrefix": {
        "type": "string",
        "metadata": {"description": "Address prefix of the forensic subnet, which alone stays connected."},
    },
}
MARK = re.compile(r"@(\w+)@")
API = "2022-09-01"

type Body = dict[str, Any]


def files() -> Mapping[str, str]:
    """Each generated file's text, by its path from the root."""
    asked = asyncio.run(_rehearsed(PLAYBOOKS))
    return {
        f"infra/emergency/{playbook.measure}.json": json.dumps(template(playbook, body), indent=2) + "\n"
        for playbook, body in zip(PLAYBOOKS, asked, strict=True)
    } | {"infra/emergency/README.md": _page(PLAYBOOKS)}


async def _rehearsed(playbooks: Iterable[Playbook]) -> list[Body]:
    """The body that each measure would send, with markers in place of parameters. Nothing is sent."""
    cloud = Cloud(Settings(tables="", evidence="", policy=""))
    try:
        return [await _request(cloud, playbook) for playbook in playbooks]
    finally:
        await cloud.close()


async def _request(cloud: Cloud, playbook: Playbook) -> Body:
    kind = playbook.kind
    segments = "/".join(f"{segment}/x" for segment in kind.type.split("/")[1:])
    resource = ResourceId(f"/subscriptions/s/resourceGroups/g/providers/{kind.type.partition('/')[0]}/{segments}")
    marked = {name: f"@{parameter}@" for name, parameter in playbook.parameters.items()}
    target = Target(resource=resource, incident=f"@{INCIDENT.casefold()}@", parameters=marked)
    before = Before({"id": resource.text, "location": "x", "properties": dict(playbook.open)})
    (call,) = measures.by_id(playbook.measure).contain(target, before)
    body: Body = (await cloud.rehearse(call.send)).body
    return body


def template(playbook: Playbook, asked: Mapping[str, Any]) -> Body:
    """The playbook's template, from the measure's request."""
    measure, inner = measures.by_id(playbook.measure), _inner(playbook, asked)
    own = [name for name in inner["parameters"] if name != "standing"]
    kind = playbook.kind
    names = ", ".join(f"parameters('{name}')" for name in kind.named)
    read = f"reference(resourceId('{kind.type}', {names}), '{kind.version}', 'full')"
    done = f"reference(resourceId('Microsoft.Resources/deployments', '{measure.code}'), '{API}')"
    return {
        "$schema": RESOURCE_GROUP,
        "contentVersion": "1.0.0.0",
        "metadata": _said(measure),
        "parameters": {name: PARAMETERS[name] for name in own},
        "resources": [
            {
                "type": "Microsoft.Resources/deployments",
                "apiVersion": API,
                "name": measure.code,
                "properties": {
                    "mode": "Incremental",
                    "expressionEvaluationOptions": {"scope": "inner"},
                    "parameters": {"standing": {"value": f"[{read}]"}}
                    | {name: {"value": f"[parameters('{name}')]"} for name in own},
                    "template": inner,
                },
            }
        ],
        "outputs": {"before": {"type": "object", "value": f"[{done}.outputs.before.value]"}},
    }


def _said(measure: Measure) -> Body:
    return {
        "description": f"{measure.title} ({measure.code}): generated by `make templates`; do not edit.",
        "measure": measure.id,
        "agreement": AGREED[measure.approval],
        "breaks": measure.blast_radius,
    }


def _inner(playbook: Playbook, asked: Mapping[str, Any]) -> Body:
    kind = playbook.kind
    variables, properties = (_rules if kind is GROUP else _laid_over)(playbook, asked["properties"])
    used = set(re.findall(r"parameters\('(\w+)'\)", json.dumps([variables, properties]))) - {"standing"}
    names = ", ".join(f"parameters('{name}')" for name in kind.named)
    resource = {
        "type": kind.type,
        "apiVersion": kind.version,
        "name": f"[{names}]" if len(kind.named) == 1 else f"[format('{{0}}/{{1}}', {names})]",
        **kind.around,
        "properties": properties,
    }
    as_it_stands = {"type": "object", "metadata": {"description": "The resource as it stands, read whole."}}
    return {
        "$schema": RESOURCE_GROUP,
        "contentVersion": "1.0.0.0",
        "metadata": {"measure": playbook.measure},
        "parameters": {"standing": as_it_stands}
        | {name: PARAMETERS[name] for name in PARAMETERS if name in {*kind.named, *used}},
        "variables": variables,
        "resources": [resource],
        "outputs": {"before": {"type": "object", "value": "[parameters('standing').properties]"}},
    }


def _laid_over(playbook: Playbook, sent: Mapping[str, Any]) -> tuple[Body, str]:
    """What is sent, over the properties that may be written as they stand; `union` merges objects, not arrays."""
    wanted: Body = {name: _raised(name, value) if name in playbook.raised else value for name, value in sent.items()}
    for dotted in playbook.stays:
        holder, _, name = dotted.partition(".")
        wanted[holder] = {key: value for key, value in wanted[holder].items() if key != name}
    variables = {"kept": list(playbook.kind.kept), "wanted": _parametrised(wanted)}
    mine = "lambda('each', contains(variables('kept'), lambdaVariables('each').key))"
    pair = "lambda('each', lambdaVariables('each').key), lambda('each', lambdaVariables('each').value)"
    kept = f"toObject(filter(items(parameters('standing').properties), {mine}), {pair})"
    return variables, f"[union({kept}, variables('wanted'))]"


def _raised(name: str, least: int) -> str:
    return f"[max(parameters('standing').properties.{name}, {least})]"


def _rules(_playbook: Playbook, sent: Mapping[str, Any]) -> tuple[Body, Body]:
    """Our rules first; the others keep their order and stand lower by as many places as ours take."""
    ours = sent["securityRules"]
    places = len({rule["properties"]["priority"] for rule in ours})
    names = "map(variables('ours'), lambda('rule', lambdaVariables('rule').name))"
    there = "map(parameters('standing').properties.securityRules, lambda('rule', lambdaVariables('rule').name))"
    first = "variables('ours')[0].name"
    lower = "createObject('priority', add(lambdaVariables('rule').properties.priority, variables('places')))"
    moved = (
        "createObject('name', lambdaVariables('rule').name, 'properties', "
        f"union(lambdaVariables('rule').properties, {lower}))"
    )
    others = (
        "filter(parameters('standing').properties.securityRules, "
        f"lambda('rule', not(contains({names}, lambdaVariables('rule').name))))"
    )
    variables = {"ours": _parametrised(ours), "places": f"[if(contains({there}, {first}), 0, {places})]"}
    rules = f"[concat(variables('ours'), map({others}, lambda('rule', {moved})))]"
    return variables, {"securityRules": rules, "flushConnection": sent["flushConnection"]}


def _parametrised(value: Any) -> Any:
    """The value with an expression for each marker; a list whose one item holds a list's marker becomes a loop."""
    if isinstance(value, dict):
        return {name: _parametrised(inner) for name, inner in value.items()}
    if isinstance(value, list):
        found = MARK.search(json.dumps(value[0])) if len(value) == 1 else None
        if found and PARAMETERS[found[1]]["type"] == "array":
            return _each(found[1], value[0])
        return [_parametrised(inner) for inner in value]
    return _expression(value) if isinstance(value, str) else value


def _each(parameter: str, item: Mapping[str, str]) -> str:
    marker = f"@{parameter}@"
    pairs = [
        f"'{name}', " + ("lambdaVariables('each')" if text == marker else f"'{text}'") for name, text in item.items()
    ]
    return f"[map(parameters('{parameter}'), lambda('each', createObject({', '.join(pairs)})))]"


def _expression(text: str) -> str:
    names = MARK.findall(text)
    if not names:
        return text
    if text == f"@{names[0]}@":
        return f"[parameters('{names[0]}')]"
    shown = MARK.sub(lambda found: f"{{{names.index(found[1])}}}", text)
    return f"[format('{shown}', {', '.join(f"parameters('{name}')" for name in names)})]"


def _page(playbooks: Iterable[Playbook]) -> str:
    rows = [_row(measures.by_id(playbook.measure), playbook.kind) for playbook in playbooks]
    return "\n".join([HEAD, *rows]) + "\n"


def _row(measure: Measure, kind: Kind) -> str:
    named = ", ".join(f"`{name}`" for name in kind.named)
    return (
        f"| `{measure.id}.json` | {measure.code} | {measure.title} | {named} | {AGREED[measure.approval]} |"
        f" {measure.blast_radius} |"
    )


HEAD = """\
# Emergency templates

For the hour in which the responder itself is down: each does by one deployment what the measure of its name does.
Generated from the measures by `make templates`; do not edit. Agree on them beforehand, in your own repository.

    az deployment group what-if --resource-group GROUP --template-file infra/emergency/NAME.json --parameters ...
    az deployment group create  --resource-group GROUP --template-file infra/emergency/NAME.json --parameters ...

- A PUT replaces a resource. So each template reads the resource when it is deployed and sends back whatever may be
  written, with the measure's values laid over it. Nobody else should write to it in that minute: there is no If-Match.
- What stood before is the deployment's output `before`: keep it, it is the way back.
- Templates have no guards. Look yourself for a network security perimeter, for subnets that Azure runs
  (GatewaySubnet, AzureBastionSubnet...), and for what your policy never touches. A security group whose lowest rule
  stands beyond 4,094 has no room for ours: Azure refuses then, and nothing has changed.
- Nothing is recorded and no clock is started: report the incident as soon as the responder answers again.
- They are checked against Microsoft's published types and deployed to the simulated estate with the same effect as the
  measure; to Azure itself they were never deployed by us.

| Template | Measure | What it does | Names | Who must agree | Breaks |
|---|---|---|---|---|---|"""
