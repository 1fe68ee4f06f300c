"""Entra ID: the tenant's signing key, its tokens and published keys, and the managed-identity endpoint of App Service.

Managed identities get v1.0 tokens (issuer sts.windows.net), people v2.0 tokens (issuer under the estate's login
address), as in Azure.
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from threading import Lock
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.types import Options

from drills.estate.principals import Principal
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

ARM_AUDIENCE = "https://management.azure.com"
EVENT_GRID_AUDIENCE = "https://eventgrid.azure.net"
STORAGE_AUDIENCE = "https://storage.azure.com"
LOGS_AUDIENCE = "https://api.loganalytics.io"
DEVOPS_AUDIENCE = "499b84ac-1321-427f-aa17-267ca6975798"
HOUR = timedelta(hours=1)
_KEY_ID = uuid4().hex
_AT_A_TIME = Lock()
_CHECKS: Options = {  # expiry is judged by the estate's clock
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "require": ["exp", "oid", "iss", "aud"],
}


def tenant_key() -> rsa.RSAPrivateKey:
    """The tenant's signing key; every estate of one process is the same tenant, though they begin at once."""
    with _AT_A_TIME:
        return _made_once()


@cache
def _made_once() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Entra:
    """The tenant's token service. `header` is the secret that the managed-identity endpoint asks for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.header = uuid4().hex

    @property
    def login_url(self) -> str:
        """Where people sign in."""
        return f"{self._world.url}/login"

    @property
    def issuer(self) -> str:
        """What v2.0 tokens name as their issuer."""
        return f"{self.login_url}/{self._world.tenant}/v2.0"

    @property
    def _service_issuer(self) -> str:
        return f"https://sts.windows.net/{self._world.tenant}/"

    def service_token(self, principal: Principal, audience: str = ARM_AUDIENCE, *, expires_in: timedelta = HOUR) -> str:
        """A v1.0 access token of a managed identity, or of a person or pipeline at a command line."""
        claims = {"aud": audience, "iss": self._service_issuer, "appid": principal.client_id, "oid": principal.oid}
        person = {"upn": f"{principal.name}@clinic.example", "name": principal.name} if principal.is_person else {}
        kind = {"idtyp": "user" if principal.is_person else "app", "ver": "1.0", "sub": principal.oid}
        return self._sign(claims | person | kind, expires_in)

    def person_token(  # noqa: PLR0913 each is one way in which a token can be wrong
        self,
        oid: str,
        name: str,
        *,
        audience: str,
        roles: Iterable[str] = ("Responder.Read",),
        expires_in: timedelta = HOUR,
        issuer: str | None = None,
        forged: bool = False,
        omit: Iterable[str] = (),
    ) -> str:
        """A v2.0 token of a person for the app. `forged` signs with a key that the tenant never published."""
        claims: Json = {
            "aud": audience,
            "iss": issuer or self.issuer,
            "oid": oid,
            "preferred_username": name,
            "ver": "2.0",
        }
        claims |= {"name": name, "roles": [*roles], "sub": oid, "azp": str(uuid4())}
        return self._sign(claims, expires_in, forged=forged, omit=omit)

    def caller(self, asked: Asked, *audiences: str) -> Principal:
        """Who sent the request.

        Raises RefusalError 401 for a missing, expired, foreign or misaddressed token, or an unknown identity.
        """
        scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RefusalError(
                401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        principal = self._world.directory.by_oid(self._claims(token, audiences)["oid"])
        if principal is None:
            raise RefusalError(401, "InvalidAuthenticationToken", "The access token is of an unknown identity.")
        return principal

    def answer(self, asked: Asked) -> Reply:
        """OpenID configuration and published keys, under `/login/{tenant}/`."""
        tail = asked.path.partition(f"/login/{self._world.tenant}/")[2]
        documents = {
            "v2.0/.well-known/openid-configuration": self._configuration,
            "discovery/v2.0/keys": self._published_keys,
        }
        if tail not in documents:
            raise RefusalError(404, "NotFound", f"AADSTS90002: nothing at '{asked.path}'.")
        return Reply(200, documents[tail]())

    def managed_identity(self, asked: Asked) -> Reply:
        """`GET /msi/token?api-version=2019-08-01&resource=...&client_id=...`, as App Service answers it."""
        if asked.headers.get("X-IDENTITY-HEADER") != self.header:
            return Reply(403, {"statusCode": 403, "message": "Unauthorized. The identity header is wrong or missing."})
        principal = self._world.directory.by_client_id(asked.query.get("client_id", ""))
        if principal is None or asked.query.get("api-version") != "2019-08-01":
            message = (
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            )
            return Reply(400, {"statusCode": 400, "message": message})
        return Reply(200, self._granted(principal, asked.query.get("resource", ARM_AUDIENCE)))

    def _granted(self, principal: Principal, resource: str) -> Json:
        expiry = self._world.clock() + HOUR
        token = self.service_token(principal, resource)
        granted = {"access_token": token, "expires_on": str(int(expiry.timestamp())), "token_type": "Bearer"}
        return granted | {"resource": resource, "client_id": principal.client_id}

    def _claims(self, token: str, audiences: tuple[str, ...]) -> Json:
        accepted = [form for audience in audiences for form in (audience, f"{audience}/")]
        try:
            claims = jwt.decode(
                token,
                tenant_key().public_key(),
                ["RS256"],
                _CHECKS,
                audience=accepted,
                issuer=[self._service_issuer, self.issuer],
            )
        except jwt.PyJWTError as fault:
            raise RefusalError(401, "InvalidAuthenticationToken", f"The access token is invalid: {fault}.") from None
        if claims["exp"] <= self._world.clock().timestamp():
            raise RefusalError(
                401, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than now."
            )
        return claims

    def _sign(self, claims: Json, expires_in: timedelta, *, forged: bool = False, omit: Iterable[str] = ()) -> str:
        now = self._world.clock()
        times = {"iat": now, "nbf": min(now, now + expires_in), "exp": now + expires_in, "tid": self._world.tenant}
        kept = {name: value for name, value in (claims | times | {"uti": uuid4().hex}).items() if name not in set(omit)}
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048) if forged else tenant_key()
        return jwt.encode(kept, key, "RS256", headers={"kid": _KEY_ID})

    def _configuration(self) -> Json:
        tenant = f"{self.login_url}/{self._world.tenant}"
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{tenant}/discovery/v2.0/keys",
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _published_keys(self) -> dict[str, Any]:
        key = json.loads(RSAAlgorithm.to_jwk(tenant_key().public_key()))
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _KEY_ID, "n": key["n"], "e": key["e"]}]}
