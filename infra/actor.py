"""The second app, made from the first: the same code and settings, but nobody can call it, and it alone contains.

Its storage is its own and under the identity that contains, so that whoever takes the first app over cannot put a
package of theirs in its place.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

MODULES = Path(__file__).parent / "modules"
ACCOUNT = "resourceId('Microsoft.Storage/storageAccounts', variables('host'))"
QUEUE = "Signals"
ROLES = (
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
)
"""What the host needs of its storage: Storage Blob Data Owner, Queue and Table Data Contributor."""
READY = ("function:on_signal_queued", "function:resume")

type Body = dict[str, Any]


def files() -> Mapping[str, str]:
    """The module's text, by its path from the root."""
    return {"infra/modules/actor.json": json.dumps(_module(), indent=2) + "\n"}


def _module() -> Body:
    app, endpoints, storage = (json.loads((MODULES / f"{name}.json").read_text()) for name in _SOURCES)
    plan, site, *closed = (_renamed(resource) for resource in app["resources"])
    resources = [*_storage(storage), *_grants(), *_links(endpoints), plan, _site(site), *closed]
    known = {**app["parameters"], **endpoints["parameters"], **storage["parameters"], "containPrincipalId": PRINCIPAL}
    body = {
        "$schema": app["$schema"],
        "contentVersion": "1.0.0.0",
        "metadata": {
            "description": "A second app of the same code that nobody can call: it alone holds the identities that "
            "contain, and within a minute does what the first hands over.",
            "part": "optional",
            "monthlyCost": "about USD 21 for each always-ready instance of 2 GB, of which there are two times "
            "`alwaysReady`, and with `privateNetwork` USD 22 for three endpoints (price pages of 2025)",
            "enable": "enableActor",
            "generated": "by `make templates`",
        },
        "variables": _variables(endpoints),
        "resources": resources,
        "outputs": {"actorName": {"type": "string", "value": "[variables('site')]"}},
    }
    used = json.dumps(body)
    parameters = {name: said for name, said in known.items() if f"parameters('{name}')" in used}
    return {
        **{name: body[name] for name in ("$schema", "contentVersion", "metadata")},
        "parameters": parameters,
        **body,
    }


_SOURCES = ("app", "endpoints", "storage")
PRINCIPAL = {"type": "string", "metadata": {"description": "Object id of the identity that contains."}}


def _renamed(resource: Body) -> Body:
    """Under the actor's own names."""
    text = json.dumps(resource).replace("{0}-plan", "{0}-actor-plan")
    found: Body = json.loads(text)
    return found


def _variables(endpoints: Body) -> Body:
    links = [link for link in endpoints["variables"]["links"] if link["name"].startswith("host-")]
    own = [{**link, "name": link["name"].replace("host-", "actor-"), "target": f"[{ACCOUNT}]"} for link in links]
    return {
        "site": "[format('{0}-actor-{1}', parameters('prefix'), uniqueString(resourceGroup().id))]",
        "host": "[format('tqactor{0}', uniqueString(resourceGroup().id))]",
        "links": own,
    }


def _storage(storage: Body) -> list[Body]:
    """The host's account and the container of packages, as the first app has them."""
    wanted = ("[variables('host')]", "[format('{0}/default', variables('host'))]")
    packages = "[format('{0}/default/packages', variables('host'))]"
    return [deepcopy(each) for each in storage["resources"] if each["name"] in (*wanted, packages)]


def _grants() -> list[Body]:
    return [
        {
            "type": "Microsoft.Authorization/roleAssignments",
            "apiVersion": "2022-04-01",
            "scope": f"[{ACCOUNT}]",
            "name": f"[guid({ACCOUNT}, parameters('containPrincipalId'), '{role}')]",
            "dependsOn": [f"[{ACCOUNT}]"],
            "properties": {
                "roleDefinitionId": f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{role}')]",
                "principalId": "[parameters('containPrincipalId')]",
                "principalType": "ServicePrincipal",
            },
        }
        for role in ROLES
    ]


def _links(endpoints: Body) -> list[Body]:
    """Private endpoints of the account, as the first app's storage has them."""
    endpoint, group = deepcopy(endpoints["resources"])
    return [{**endpoint, "dependsOn": [f"[{ACCOUNT}]"]}, group]


def _site(site: Body) -> Body:
    tiers = ("read", "contain", "directory", "evidence")
    properties = site["properties"]
    deployed = properties["functionAppConfig"]["deployment"]["storage"]
    deployed["value"] = f"[format('{{0}}packages', {_endpoint('blob')})]"
    deployed["authentication"]["userAssignedIdentityResourceId"] = "[parameters('containIdentity')]"
    scale = properties["functionAppConfig"]["scaleAndConcurrency"]
    scale["alwaysReady"] = [{"name": name, "instanceCount": "[parameters('alwaysReady')]"} for name in READY]
    config = properties["siteConfig"]
    config |= {"ipSecurityRestrictionsDefaultAction": "Deny", "scmIpSecurityRestrictionsDefaultAction": "Allow"}
    config["appSettings"] = [{"name": name, "value": value} for name, value in _settings(config["appSettings"]).items()]
    return {
        **site,
        "tags": "[parameters('tags')]",
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {f"[parameters('{tier}Identity')]": {} for tier in tiers},
        },
        "dependsOn": [*site["dependsOn"], f"[{ACCOUNT}]"],
    }


def _settings(first: list[Body]) -> dict[str, str]:
    """Those of the first app, with storage of its own; the signals are read where the first app has them."""
    kept = {each["name"]: each["value"] for each in first if not each["name"].startswith("AzureWebJobs.")}
    own = {f"AzureWebJobsStorage__{name}ServiceUri": f"[{_endpoint(name)}]" for name in ("blob", "queue", "table")}
    signals = {"credential": "managedidentity", "clientId": "[parameters('evidenceClientId')]"}
    return {
        **kept,
        **own,
        "AzureWebJobsStorage__clientId": "[parameters('containClientId')]",
        **{f"{QUEUE}__{name}": value for name, value in signals.items()},
        f"{QUEUE}__queueServiceUri": "[parameters('hostQueues')]",
        "TOURNIQUET_QUEUE": QUEUE,
        "TOURNIQUET_PART": "",
    }


def _endpoint(service: str) -> str:
    return f"reference({ACCOUNT}, '2024-01-01').primaryEndpoints.{service}"
