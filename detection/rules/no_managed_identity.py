"""A function app that signs in with secrets instead of an identity of its own (P-4).

Its settings are never read, for they are the secrets. Which storage they open is known from where a Flex Consumption
app says that its package lies, if it gets it with a connection string, and from the policy's `applications`.
"""

import re

from detection.claim import Claim
from detection.fields import mapping, text
from detection.judgement import Case, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, operated, phi, untagged
from incident.resource import ResourceId

ACCOUNTS = "Microsoft.Storage/storageAccounts"
BY_STRING = "StorageAccountConnectionString"
ACCOUNT_NAME = re.compile(r"https://([a-z0-9]{3,24})\.")
NO_IDENTITY = "the function app has no identity, so it holds secrets that others can use"
HANDED_OUT = ("listkeys/action", "publishxml/action", "config/list/action")


def look(case: Case) -> Seen:
    """Seen: a function app without an identity, and the accounts that its secrets are known to open."""
    if "functionapp" not in str(case.state.body.get("kind", "")).casefold():
        return Harmless("the site is no function app")
    if not ((case.state.body.get("identity") or {}).get("type") or "None").startswith("None"):
        if (case.signal.operation or "").casefold().endswith(HANDED_OUT):
            return Unsure("keys or settings of the app were handed out: a person must say whether that was meant")
        return Harmless("the app has an identity of its own")
    opened = tuple(_opened(case))
    return Shown(_reason(opened), (case.place, *opened), ("live state of the function app",))


def _opened(case: Case) -> dict[ResourceId, None]:
    """The accounts, each once, in order."""
    named = case.policy.application(case.place)
    return dict.fromkeys((*_deployed_from(case), *(named.stores if named else ())))


def _reason(opened: tuple[ResourceId, ...]) -> str:
    if opened:
        return f"{NO_IDENTITY}; they open {', '.join(each.name for each in opened)}"
    return f"{NO_IDENTITY}; which storage they open, nobody has said in the policy's applications"


def _deployed_from(case: Case) -> tuple[ResourceId, ...]:
    """The account that holds the app's package, taken to lie in the app's own group, where a string opens it."""
    storage = mapping(case.state.properties, "functionAppConfig", "deployment", "storage")
    name = ACCOUNT_NAME.match(text(storage, "value") or "")
    if not name or text(storage, "authentication", "type") != BY_STRING:
        return ()
    group = f"/subscriptions/{case.place.subscription}/resourceGroups/{case.place.group}"
    return (ResourceId(f"{group}/providers/{ACCOUNTS}/{name[1]}"),)


_F = f"{PROVIDERS}/Microsoft.Web/sites/intake"
_WRITE = operated("Microsoft.Web/sites/write", _F)
_KEYS = operated("Microsoft.Web/sites/host/listkeys/action", _F)
_APP = phi(_F) | {"kind": "functionapp,linux"}
_OWN = {"identity": {"type": "SystemAssigned"}}

RULE = Rule(
    id="function.no_managed_identity",
    title="Function app without an identity of its own",
    attack=("T1552.001", "T1078.004", "T1648"),
    hipaa=("45 CFR 164.312(d)", "45 CFR 164.312(a)(2)(i)", "45 CFR 164.308(a)(4)"),
    claim=Claim(
        operations=(
            "Microsoft.Web/sites/write",
            "Microsoft.Web/sites/config/write",
            "Microsoft.Web/sites/host/listkeys/action",
            "Microsoft.Web/sites/publishxml/action",
            "Microsoft.Web/sites/config/list/action",
        )
    ),
    place=nearest("Microsoft.Web/sites"),
    look=look,
    patience=PATIENCE,
    examples=(
        Example(
            title="an app with PHI was deployed without an identity",
            signal=_WRITE,
            state={"": _APP},
            disposition="contain",
            because=(("operation",), ("resources",), ("", "tags"), ("", "kind")),
        ),
        Example(title="the app has an identity", signal=_WRITE, state={"": _APP | _OWN}, disposition="record"),
        Example(title="its keys were listed", signal=_KEYS, state={"": _APP | _OWN}, disposition="review"),
        Example(
            title="the site serves pages", signal=_WRITE, state={"": phi(_F) | {"kind": "app"}}, disposition="record"
        ),
        Example(
            title="nothing says that the app handles PHI",
            signal=_WRITE,
            state={"": untagged(_F) | {"kind": "functionapp"}},
            disposition="record",
        ),
        Example(title="the app cannot be read", signal=_WRITE, disposition="review"),
    ),
)
