"""Who is asking: a person's Entra token, checked for signature, issuer, audience, tenant, expiry and role."""

from dataclasses import dataclass, field
from typing import Any

from cloud import Cloud
from cloud.entra import signing_keys
from incident.errors import NotAllowed
from incident.person import Person, Role
from incident.settings import Settings

ALGORITHMS = ("RS256",)
NEEDED = ("exp", "iat", "nbf", "iss", "aud", "oid", "tid")


@dataclass
class Door:
    """Lets in who shows a token of this tenant for this app. Keys are fetched when an unknown one signs."""

    settings: Settings
    cloud: Cloud
    keys: dict[str, Any] = field(default_factory=dict)

    async def admit(self, authorization: str | None, *roles: Role) -> Person:
        """The person behind `Bearer ...`. NotAllowed without a valid token, or without one of the roles."""
        if not (self.settings.tenant and self.settings.audience):
            raise NotAllowed("TOURNIQUET_TENANT and TOURNIQUET_AUDIENCE are not set: nobody can be known", known=False)
        claims = await self._claims(_token(authorization))
        person = Person(
            id=claims["oid"],
            name=str(claims.get("preferred_username") or claims.get("name") or claims["oid"]),
            roles=frozenset(map(str, claims.get("roles") or ())),
        )
        if not person.may(*roles):
            raise NotAllowed(f"this needs the role {' or '.join(roles)}", known=True)
        return person

    async def _claims(self, token: str) -> dict[str, Any]:
        import jwt

        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid", ""))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.settings.audience,
                issuer=f"{self.settings.login_url}/{self.settings.tenant}/v2.0",
                options={"require": list(NEEDED)},
                leeway=60,
            )
        except jwt.PyJWTError as fault:
            raise NotAllowed(f"the token is not accepted: {type(fault).__name__}", known=False) from fault
        if claims["tid"] != self.settings.tenant:
            raise NotAllowed("the token is of another tenant", known=False)
        return claims

    async def _key(self, kid: str) -> Any:
        """The signing key of that id. NotAllowed when Entra has none."""
        if kid not in self.keys:
            self.keys = await self._published()
        if kid not in self.keys:
            raise NotAllowed("the token is signed with a key that Entra does not publish", known=False)
        return self.keys[kid]

    async def _published(self) -> dict[str, Any]:
        import jwt

        published = await signing_keys(self.cloud.clients)
        return {key["kid"]: jwt.PyJWK(key, algorithm="RS256").key for key in published if key.get("kty") == "RSA"}


def _token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.casefold() != "bearer" or not token.strip():
        raise NotAllowed("show an Entra token: Authorization: Bearer ...", known=False)
    return token.strip()
