"""Local users of a storage account, api-version 2023-05-01: people who come by SFTP, with a password of their own.

No key rotation reaches them, nor does switching shared keys off.
"""

from base64 import b64encode
from hmac import digest
from uuid import NAMESPACE_URL, uuid4, uuid5

from drills.estate.refusals import missing_resource
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

USER = f"{ACCOUNT}/localUsers"
_SEED = uuid4().bytes


def service(world: World) -> Service:
    """Local users."""
    users, path = LocalUsers(world), f"{GROUP}{ACCOUNT}/{{account}}/localUsers"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(
            Route("GET", path, users.every),
            Route("GET", f"{path}/{{user}}", users.read),
            Route("PUT", f"{path}/{{user}}", users.put),
            Route("DELETE", f"{path}/{{user}}", users.delete),
            Route("POST", f"{path}/{{user}}/regeneratePassword", users.regenerate),
        ),
        kinds={USER.lower(): Kind(managed=("password", "properties.sid"))},
    )


class LocalUsers:
    """Local users; their passwords follow from a number that each regeneration makes anew."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every local user of the account."""
        return Reply(
            200, {"value": [_shown(one) for one in self._world.store.of_type(USER, asked.id.rpartition("/")[0])]}
        )

    def read(self, asked: Asked) -> Reply:
        """The user, without a secret."""
        return Reply(200, _shown(self._found(asked, asked.id)))

    def put(self, asked: Asked) -> Reply:
        """The user, new or replaced; the password of an old one stays."""
        account = asked.id.rsplit("/", 2)[0]
        if self._world.store.read(account) is None:
            raise missing_resource(asked.with_(id=account), self._world.groups)
        existing = self._world.store.read(asked.id) or {"password": uuid4().hex}
        sent = {key: value for key, value in ((asked.body or {}).get("properties") or {}).items() if value is not None}
        user = local_user(asked.id, sent) | {"password": existing["password"]}
        self._world.store.put(user, self._world.delays.blobs)
        return Reply(200, _shown(user))

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, 204 when it was not there."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id, self._world.delays.blobs)
        return Reply(200)

    def regenerate(self, asked: Asked) -> Reply:
        """A new password, in clear."""
        user = self._found(asked, asked.id.rpartition("/")[0]) | {"password": uuid4().hex}
        self._world.store.put(user, self._world.delays.blobs)
        return Reply(200, {"sshPassword": password(user)})

    def _found(self, asked: Asked, resource: str) -> Json:
        user = self._world.store.read(resource)
        if user is None:
            raise RefusalError(404, "LocalUserNotFound", f"The local user '{asked.names['user']}' does not exist.")
        return user


def local_user(resource: str, properties: Json) -> Json:
    """A user as Storage describes it, with a password."""
    sid = f"S-1-2-0-{uuid5(NAMESPACE_URL, resource.lower()).int % 10**9}-1001"
    told = {"hasSharedKey": False, "hasSshKey": False, "hasSshPassword": True} | properties | {"sid": sid}
    told.pop("sshAuthorizedKeys", None)
    name = resource.rpartition("/")[2]
    return {"id": resource, "name": name, "type": USER, "password": uuid4().hex, "properties": told}


def password(user: Json) -> str:
    """The user's password as it is now."""
    return b64encode(digest(_SEED, f"{user['id']}/{user['password']}".lower().encode(), "sha256")).decode()


def may_enter(world: World, account: Json, name: str, secret: str) -> bool:
    """True when the account lets local users in, and this is the password of one."""
    version = world.store.in_force(f"{account['id']}/localUsers/{name}")
    flags = account["properties"]
    if not (flags.get("isSftpEnabled") and flags.get("isLocalUserEnabled")) or version is None or version.state is None:
        return False
    return password(version.state) == secret


def _shown(user: Json) -> Json:
    return {name: value for name, value in user.items() if name != "password"}
