"""The secrets of a storage account, and Storage's operations on them.

Nothing secret is stored: an account's key follows from the moment of its creation, which `regenerateKey` advances, and
what signs user delegation keys from the moment of the last `revokeUserDelegationKeys`. A reply that lists keys is kept
out of every capture.
"""

from base64 import b64encode
from datetime import datetime, timedelta
from hmac import digest
from uuid import uuid4

from drills.estate.refusals import invalid_value, missing_resource
from drills.estate.service import GROUP, Route, Service
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import World, stamp

NAMES = ("key1", "key2")
_SEED = uuid4().bytes
_TICK = timedelta(microseconds=1)
_BLOTTED = "blotted"
_SECRETS = {"accessSAS", "accountSasToken", "serviceSasToken", "sshPassword", "sharedKey"}


def service(world: World) -> Service:
    """Keys of accounts, and the revocation of user delegation keys."""
    keys, account = Keys(world), f"{GROUP}{ACCOUNT}/{{account}}"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(
            Route("POST", f"{account}/listKeys", keys.every),
            Route("POST", f"{account}/regenerateKey", keys.regenerate),
            Route("POST", f"{account}/revokeUserDelegationKeys", keys.revoke_delegations),
        ),
    )


class Keys:
    """Both keys of each account."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Both keys, in clear."""
        return self._shown(self._account(asked))

    def regenerate(self, asked: Asked) -> Reply:
        """A new key in place of the named one, which holds from now on; both in clear."""
        account, name = self._account(asked), (asked.body or {}).get("keyName")
        if name not in NAMES:
            raise invalid_value("keyName", name)
        times = account["properties"]["keyCreationTime"]
        times[name] = self._after(times[name])
        self._world.store.put(account, self._world.delays.blobs)
        return self._shown(account)

    def revoke_delegations(self, asked: Asked) -> Reply:
        """Every user delegation key of the account ends; the data plane has them cached a while."""
        account = self._account(asked)
        revoked = self._world.store.read(_delegations(account)) or {"revoked": self._world.stamp()}
        state = {"id": _delegations(account), "revoked": self._after(revoked["revoked"])}
        self._world.store.put(state, self._world.delays.delegations)
        return Reply(200)

    def _shown(self, account: Json) -> Reply:
        times = account["properties"]["keyCreationTime"]
        shown = [
            {"creationTime": times[name], "keyName": name, "value": account_key(account, name), "permissions": "Full"}
            for name in NAMES
        ]
        return Reply(200, {"keys": shown})

    def _after(self, before: str) -> str:
        return max(self._world.stamp(), stamp(datetime.fromisoformat(before) + _TICK))

    def _account(self, asked: Asked) -> Json:
        resource = asked.id.rpartition("/")[0]
        account = self._world.store.read(resource)
        if account is None:
            raise missing_resource(asked.with_(id=resource), self._world.groups)
        return account


def account_key(account: Json, name: str) -> str:
    """The account's key of that name, in base64."""
    return _secret(f"{account['id']}/{name}/{account['properties']['keyCreationTime'][name]}")


def delegation_key(world: World, account: Json, terms: str) -> str:
    """The user delegation key that the data plane has for these terms, in base64."""
    version = world.store.in_force(_delegations(account))
    revoked = version.state["revoked"] if version and version.state else ""
    return _secret(f"{account['id']}/{revoked}/{terms}")


def without_secrets(body: object) -> object:
    """The body of a reply with its keys and signatures blotted out."""
    if isinstance(body, list):
        return [without_secrets(one) for one in body]
    if not isinstance(body, dict):
        return body
    return {name: _BLOTTED if _is_secret(name, body) else without_secrets(value) for name, value in body.items()}


def _is_secret(name: str, body: Json) -> bool:
    return name in _SECRETS or (name == "value" and ("keyName" in body or body.keys() == {"name", "value"}))


def _delegations(account: Json) -> str:
    return f"{account['id']}/userDelegationKeys/default"


def _secret(terms: str) -> str:
    return b64encode(digest(_SEED, terms.lower().encode(), "sha512")).decode()
