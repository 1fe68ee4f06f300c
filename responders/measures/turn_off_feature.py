"""Turn a feature of an application off (FN-06), by the flag in App Configuration that the policy names for it.

What stays of the flag's value, its label and its filters is kept. An app setting could say the same, but Azure takes
settings only all at once: whoever writes one must first list them all, which hands out every secret among them, and
the app restarts. So that way is never gone here. Nor are keys of the store listed: Resource Manager reads and writes
the one flag, which the store allows to whoever has a data role on it (`dataPlaneProxy`: pass-through).
"""

import json
from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, Call, Measure, Proof, Refusal, Send, absent, read_or_absent

FLAG = "application/vnd.microsoft.appconfig.ff+json"


def guard(_flag: Target, before: Before, _policy: Policy) -> Refusal | None:
    """There is such a flag, it is one, and nobody has locked it."""
    if absent(before):
        return Refusal("there is no such feature flag: an app that knows none goes on as before")
    if _told(before) is None:
        return Refusal("what the policy names is no feature flag")
    return Refusal("the flag is locked: a person must unlock it") if before.properties.get("locked") else None


def contain(flag: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless it is off."""
    told = _told(before) or {}
    return () if _off(before) else (Call("turn the feature off", value(flag, before, {**told, "enabled": False})),)


async def verify(cloud: Cloud, flag: Target) -> Proof:
    """The flag is off. The app obeys when it has asked again, after thirty seconds unless it was built otherwise."""
    now = await read_or_absent(cloud, flag)
    return Proof.of(now, off=_off(now))


def undo(flag: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the value as it stood, where it was on."""
    return () if _off(before) else (Call("turn the feature on again", value(flag, before, before.properties["value"])),)


def value(flag: Target, before: Before, wanted: Mapping[str, Any] | str) -> Send:
    """One PUT of the flag with this value, and with its tags."""
    text = wanted if isinstance(wanted, str) else json.dumps(wanted)
    kept = {name: before.properties[name] for name in ("contentType", "tags") if name in before.properties}

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", flag.resource, {"properties": {**kept, "value": text}})

    return send


def _told(state: Before) -> Mapping[str, Any] | None:
    """What the flag says; None where it is none."""
    if not str(state.properties.get("contentType") or "").startswith(FLAG):
        return None
    try:
        told = json.loads(state.properties["value"])
    except (KeyError, TypeError, ValueError):
        return None
    return told if isinstance(told, dict) and isinstance(told.get("enabled"), bool) else None


def _off(state: Before) -> bool:
    return (_told(state) or {}).get("enabled") is False


MEASURE = Measure(
    id="turn_off_feature",
    code="FN-06",
    title="Turn the application's feature off",
    target="microsoft.appconfiguration/configurationstores/keyvalues",
    activity="contain",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Whoever the feature serves, often all users of one customer, is turned away by the app within a "
    "minute. The app's other features and customers go on.",
    permissions=(
        CONTAIN("Microsoft.AppConfiguration/configurationStores/keyValues/write"),
        READ("Microsoft.AppConfiguration/configurationStores/keyValues/read"),
    ),
    guard=guard,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("value"),
)
