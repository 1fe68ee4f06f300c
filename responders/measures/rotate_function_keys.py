"""Make the keys of a function app anew (FN-03): the host's, each function's, and the password for publishing.

Azure answers with the new keys in clear. Nothing of the answer is kept, and no call here lists keys. A second rotation
harms nobody, for nobody has been given the first new key.
"""

import asyncio

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, Proof, Send, anybody, nothing

SITE = "microsoft.web/sites"
KEY = "default"


async def read(cloud: Cloud, app: Target) -> Before:
    """The app, and the names of its functions."""
    found, functions = await asyncio.gather(cloud.arm.read(app.resource), cloud.arm.children(app.resource, "functions"))
    names = sorted(ResourceId(str(each.body["id"])).name for each in functions)
    return Before({**found.body, "functions": names})


def contain(app: Target, before: Before) -> tuple[Call, ...]:
    """One PUT per key and one POST, always: whoever has the old ones must lose them."""
    functions = [
        Call(f"make the key of {name} anew", renewal(app, "functions", name, "keys", KEY))
        for name in before.body.get("functions") or ()
    ]
    return (
        Call("make the host key anew", renewal(app, "host", "default", "functionkeys", KEY)),
        *functions,
        Call("make the publishing password anew", password(app)),
    )


def renewal(app: Target, *place: str) -> Send:
    """One PUT of a key without a value: the service makes one. Nothing of the answer is kept.

    What the service reads stands under `properties`, whatever Microsoft's specification of the body says
    (Azure/azure-cli, appservice/custom.py).
    """

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", app.resource.child(*place), {"properties": {"name": KEY}})

    return send


def password(app: Target) -> Send:
    """One POST."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("POST", app.resource.child("newpassword"))

    return send


async def verify(cloud: Cloud, app: Target) -> Proof:
    """Whoever bears the old key of the function that is kept for this is turned away; without one there is no proof."""
    now = await cloud.arm.read(app.resource)
    sight = await cloud.probe.function_key(now)
    return Proof.of(now, function_key_refused=sight.refused)


def undo(_app: Target, _before: Before) -> Irreversible:
    """There is no way back, only forward."""
    return Irreversible("a key that was made anew cannot be brought back: give the new key to those who need it")


MEASURE = Measure(
    id="rotate_function_keys",
    code="FN-03",
    title="Make the function app's keys anew",
    target=SITE,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.NONE,
    blast_radius="Whoever calls the app with a key, and every deployment with the publishing password, is turned away "
    "until given the new one.",
    permissions=(
        CONTAIN("microsoft.web/sites/host/functionkeys/write"),
        CONTAIN("microsoft.web/sites/functions/keys/write"),
        CONTAIN("microsoft.web/sites/newpassword/action"),
        READ("microsoft.web/sites/functions/read"),
        READ("Microsoft.Web/sites/Read"),
    ),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
)
