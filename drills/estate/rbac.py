"""Which action a request needs, derived from method and path alone by the rules of Azure RBAC.

GET reads, PUT and PATCH write, DELETE deletes, POST of x is `x/action`; names between the types drop out. Microsoft's
own exceptions (azure-docs, role-based-access-control/permissions/*.md): POSTs that only read, operations listed both as
read and as action (both are asked for), and two child names that stay in the action.
"""

import re

from drills.estate.wire import Asked

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_READING_POSTS = {
    "microsoft.resourcegraph/resources": "Microsoft.ResourceGraph/resources/read",
    "microsoft.resourcegraph/resourceshistory": "Microsoft.ResourceGraph/resourcesHistory/read",
    "microsoft.network/virtualnetworks/listnetworkmanagereffectivesecurityadminrules": (
        "Microsoft.Network/virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules/read"
    ),
}
_READ_AND_ACTION = {
    f"microsoft.network/networkwatchers/{name}"
    for name in ("nexthop", "topology", "ipflowverify", "connectivitycheck", "packetcaptures/querystatus")
}
_KEPT_NAMES = {"basicpublishingcredentialspolicies": ("ftp", "scm")}
_UNLISTED = re.compile(r"microsoft\.sql/locations/\w+azureasyncoperation", re.IGNORECASE)
_BROUGHT_ALONG = "/providers/microsoft.authorization/policysetdefinitions/"


def unasked(action: str) -> bool:
    """Whether Microsoft's list of operations has no such action: a role cannot hold it, so nobody is asked for it."""
    return _UNLISTED.match(action) is not None


def of_azure_itself(asked: Asked) -> bool:
    """Whether it reads an initiative that Azure brings along: whoever has signed in may."""
    return asked.method == "GET" and asked.path.lower().startswith(_BROUGHT_ALONG)


def needed(asked: Asked) -> tuple[str, ...]:
    """The actions that the request itself needs; what its body links to is the service's to say."""
    kind = _type(asked.id or asked.path)
    if asked.method != "POST":
        return (f"{kind}/{_VERBS[asked.method]}",)
    if kind.lower() in _READING_POSTS:
        return (_READING_POSTS[kind.lower()],)
    if kind.lower() in _READ_AND_ACTION:
        return (f"{kind}/action", f"{kind}/read")
    return (f"{kind}/action",)


def scope(asked: Asked) -> str:
    """The resource that the right must cover: the path, without the verb of a POST or the type of a list."""
    path = asked.id or asked.path
    head, found, tail = path.rpartition("/providers/")
    segments = tail.split("/") if found else []
    if not found:
        return path
    return head if len(segments) == 2 else path if len(segments) % 2 else path.rsplit("/", 1)[0]


def _type(path: str) -> str:
    _, found, tail = path.rpartition("/providers/")
    if not found:
        return "Microsoft.Resources/" + "/".join(path.strip("/").split("/")[0::2])
    namespace, *segments = tail.split("/")
    return "/".join([namespace, *_types(segments)])


def _types(segments: list[str]) -> list[str]:
    types = segments[0::2]
    if len(segments) >= 2 and segments[-1].lower() in _KEPT_NAMES.get(segments[-2].lower(), ()):
        types = [*types, segments[-1]]
    return types
