"""App Service: function apps with identity and keys, and what they answer to whoever has a key or a password.

Nothing secret is stored: a key follows from how often it was made anew. An app's own address is
`/site/{app}/api/{function}?code={key}`, its deployment site's `/site/{app}/scm` with the publishing password.
"""

from hmac import digest
from typing import TYPE_CHECKING
from uuid import uuid4

from drills.estate.configuration import is_on
from drills.estate.ids import name_of
from drills.estate.origins import OUTSIDE
from drills.estate.principals import Principal
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.settable import SITE, Settable, one, resource
from drills.estate.wire import Asked, Json, RefusalError, Reply

if TYPE_CHECKING:
    from drills.estate.world import World

VERSION = "2023-12-01"
WAYS = "basicPublishingCredentialsPolicies"
PASSWORD = "publishing"  # noqa: S105 - the name of a secret, not one
RECORD = {"patient": "simulated"}
_SEED = uuid4().bytes
KINDS = {
    SITE.lower(): Kind(managed=("identity.principalId", "identity.tenantId"), defaults={"identity": {"type": "None"}}),
    f"{SITE}/config".lower(): Kind(defaults={"properties.publicNetworkAccess": "Enabled"}),
    f"{SITE}/{WAYS}".lower(): Kind(),
}


def service(world: "World") -> Service:
    """Apps, their web configuration, their ways to deploy, their keys."""
    apps, site = Apps(world), f"{GROUP}{SITE}/{{site}}"
    return Service(
        namespace="Microsoft.Web",
        api_versions=frozenset({VERSION}),
        routes=(
            Route("GET", site, apps.read),
            Route("PATCH", site, apps.patch),
            *one(apps, f"{site}/config/{{config}}", "PATCH"),
            *one(apps, f"{site}/{WAYS}/{{way}}", "PUT"),
            Route("POST", f"{site}/stop", apps.stop),
            Route("POST", f"{site}/start", apps.start),
            Route("GET", f"{site}/functions", apps.every),
            Route("PUT", f"{site}/host/default/functionkeys/{{key}}", apps.renew_host_key),
            Route("PUT", f"{site}/functions/{{function}}/keys/{{key}}", apps.renew_key),
            Route("POST", f"{site}/newpassword", apps.renew_password),
        ),
        kinds=KINDS,
    )


class Apps(Settable):
    """Apps as Resource Manager knows them."""

    def patch(self, asked: Asked) -> Reply:
        """The app; one that gets an identity of its own becomes a principal of the tenant."""
        super().patch(asked)
        state = self._found(asked)
        kind = (state.get("identity") or {}).get("type", "None")
        if kind == "None":
            state.pop("identity", None)
        elif "principalId" not in state["identity"]:
            own = self._world.directory.add(Principal(f"{state['name']} {uuid4()}"))
            state["identity"] |= {"principalId": own.oid, "tenantId": self._world.tenant}
        self._world.store.put(state)
        return Reply(200, state)

    def stop(self, asked: Asked) -> Reply:
        """The app stands still."""
        return self._in_state(asked, "Stopped")

    def start(self, asked: Asked) -> Reply:
        """The app runs."""
        return self._in_state(asked, "Running")

    def renew_host_key(self, asked: Asked) -> Reply:
        """The key that opens every function, in clear."""
        return self._renewed(asked, f"host/{asked.names['key']}")

    def renew_key(self, asked: Asked) -> Reply:
        """The key that opens one function, in clear."""
        return self._renewed(asked, f"{asked.names['function']}/{asked.names['key']}")

    def renew_password(self, asked: Asked) -> Reply:
        """The password of the deployment site; nothing is answered."""
        self._site(asked)
        self._make_anew(asked, PASSWORD)
        return Reply(204)

    def _renewed(self, asked: Asked, name: str) -> Reply:
        site = self._site(asked)
        self._make_anew(asked, name)
        return Reply(200, {"name": asked.names["key"], "value": secret(self._world, site, name)})

    def _make_anew(self, asked: Asked, name: str) -> None:
        path = _made(self._site(asked)["id"])
        made = self._world.store.read(path) or {"id": path, "made": {}}
        made["made"][name] = made["made"].get(name, 0) + 1
        self._world.store.put(made)

    def _in_state(self, asked: Asked, word: str) -> Reply:
        site = self._site(asked)
        site["properties"]["state"] = word
        self._world.store.put(site)
        return Reply(200)

    def _site(self, asked: Asked) -> Json:
        head, _, tail = asked.id.partition(f"/{SITE}/")
        return self._found(asked.with_(id=f"{head}/{SITE}/{tail.partition('/')[0]}"))


class Sites:
    """The apps' own addresses."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def answer(self, asked: Asked) -> Reply:
        """What a function answers, or the deployment site.

        Raises RefusalError for whoever the app, its network or its keys turn away.
        """
        _, _, name, way, *rest = asked.path.split("/")
        site = self._running(name)
        if way == "scm":
            return self._deployed(asked, site)
        known = {secret(self._world, site, key) for key in ("host/default", f"{rest[0]}/default")}
        if asked.query.get("code") not in known:
            raise RefusalError(401, "Unauthorized", "The key is missing or wrong.")
        return Reply(200, RECORD)

    def _running(self, name: str) -> Json:
        version = self._world.store.in_force_ending(f"/providers/{SITE}/{name}")
        if version is None or version.state is None:
            raise RefusalError(404, "NotFound", "Web Site not found.")
        if version.state["properties"].get("state") == "Stopped":
            raise RefusalError(403, "SiteDisabled", "Error 403 - This web app is stopped.")
        config = self._world.store.read(f"{version.state['id']}/config/web") or {"properties": {}}
        if config["properties"].get("publicNetworkAccess") == "Disabled":
            raise RefusalError(403, "IpForbidden", "Error 403 - Forbidden.")
        if not self._serves(version.state["id"]):
            raise RefusalError(403, "FeatureDisabled", "Error 403 - This feature is turned off.")
        return version.state

    def _serves(self, site: str) -> bool:
        """Whether the flag that the app asks, if it asks one, is on."""
        asks = (self._world.store.read(_made(site)) or {}).get("feature")
        return not asks or is_on(self._world.store.read(asks))

    def _deployed(self, asked: Asked, site: Json) -> Reply:
        way = self._world.store.read(f"{site['id']}/{WAYS}/scm") or {"properties": {"allow": True}}
        presented = asked.headers.get("Authorization")
        if not way["properties"]["allow"] or presented != f"Basic {secret(self._world, site, PASSWORD)}":
            raise RefusalError(401, "Unauthorized", "The publishing credentials are refused.")
        return Reply(200, RECORD)


def secret(world: "World", site: Json, name: str) -> str:
    """A key as it is now, by `host/{key}` or `{function}/{key}`, or the publishing password."""
    made = (world.store.read(_made(site["id"])) or {"made": {}})["made"].get(name, 0)
    return digest(_SEED, f"{site['id']}/{name}/{made}".lower().encode(), "sha256").hex()


def function_app(world: "World", path: str, functions: tuple[str, ...]) -> tuple[Json, ...]:
    """An app without an identity, whose functions answer on its own address, and those functions."""
    site = resource(path, state="Running", defaultHostName=f"{world.url.removeprefix('https://')}/site/{name_of(path)}")
    below = tuple(resource(f"{path}/functions/{name}") for name in functions)
    ways = tuple(resource(f"{path}/{WAYS}/{name}", allow=True) for name in ("ftp", "scm"))
    return (site | {"kind": "functionapp,linux"}, *below, *ways, resource(f"{path}/config/web"))


def asks(world: "World", site: str, flag: str) -> None:
    """The app has always asked this flag whether to answer."""
    made = world.store.read(_made(site)) or {"id": _made(site), "made": {}}
    world.store.seed(made | {"feature": flag})


def knock(name: str, path: str, *, code: str = "", password: str = "") -> Asked:
    """A request from outside to an app's own address."""
    authorization = {"Authorization": f"Basic {password}"} if password else {}
    asked = Asked(method="GET", path=f"/site/{name}/{path}", query={"code": code} if code else {})
    asked.headers.update({"X-Estate-Caller": OUTSIDE, **authorization})
    return asked


def _made(site: str) -> str:
    return f"{site}/hostSecrets/default"
