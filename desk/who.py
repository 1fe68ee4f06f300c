"""Who is asking: a person's Entra token, checked for signature, issuer, audience, tenant, expiry and role.

Where App Service signs people in, its header says the same, and is believed only while the platform itself says that it
is on: then nobody from outside can send one. Audience, tenant, expiry and role are checked here all the same.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cloud import Cloud
from cloud.entra import signing_keys
from incident.errors import NotAllowed
from incident.person import Person, Role
from incident.settings import Settings

ALGORITHMS = ("RS256",)
NEEDED = ("exp", "iat", "nbf", "iss", "aud", "oid", "tid")
DELIVERER = "AzureEventGridSecureWebhookSubscriber"
SERVICE_ISSUER = "https://sts.windows.net/{tenant}/"
WEBHOOKS = "/runtime/webhooks/*"
LONG_NAMES = {
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid",
    "http://schemas.microsoft.com/identity/claims/tenantid": "tid",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/role": "roles",
}
"""How App Service spells some claims of a token."""


@dataclass
class Door:
    """Lets in who shows a token of this tenant for this app. Keys are fetched when an unknown one signs."""

    settings: Settings
    cloud: Cloud
    platform: bool = False  # App Service signs people in and its word may be taken
    keys: dict[str, Any] = field(default_factory=dict)

    async def admit(self, authorization: str | None, *roles: Role, principal: str | None = None) -> Person:
        """The person behind `Bearer ...`, or behind the platform's header. NotAllowed without the role, or unknown."""
        if not (self.settings.tenant and self.settings.audience):
            raise NotAllowed("TOURNIQUET_TENANT and TOURNIQUET_AUDIENCE are not set: nobody can be known", known=False)
        if principal and self.platform and not authorization:
            person = self._told(principal)
        else:
            person = _person(await self._claims(_token(authorization), self.settings.audience, [self._issuer]))
        if not person.may(*roles):
            raise NotAllowed(f"this needs the role {' or '.join(roles)}", known=True)
        return person

    async def accept(self, authorization: str | None) -> None:
        """Event Grid's delivery, which must bear its token where TOURNIQUET_DELIVERY_AUDIENCE asks for one. NotAllowed.

        https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery names the role; the app's registration
        decides whether the token is v1.0 or v2.0.
        """
        if not self.settings.delivery_audience:
            return
        issuers = (SERVICE_ISSUER.format(tenant=self.settings.tenant), self._issuer)
        claims = await self._claims(_token(authorization), self.settings.delivery_audience, issuers)
        if DELIVERER not in (claims.get("roles") or ()):
            raise NotAllowed(f"a delivery needs the role {DELIVERER}", known=True)

    @property
    def _issuer(self) -> str:
        return f"{self.settings.login_url.rstrip('/')}/{self.settings.tenant}/v2.0"

    def _told(self, principal: str) -> Person:
        """Whom the platform has signed in, checked as a token's claims are."""
        claims = _principal(principal)
        expires = str(claims.get("exp", ""))
        if claims.get("aud") != self.settings.audience or claims.get("tid") != self.settings.tenant:
            raise NotAllowed("the platform's sign-in is for another app or tenant", known=False)
        if not expires.isdigit() or datetime.fromtimestamp(int(expires), UTC) <= datetime.now(UTC):
            raise NotAllowed("the platform's sign-in has expired", known=False)
        if not claims.get("oid"):
            raise NotAllowed("the platform's sign-in names no object id", known=False)
        return _person(claims)

    async def _claims(self, token: str, audience: str, issuers: Sequence[str]) -> dict[str, Any]:
        import jwt

        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid", ""))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=audience,
                issuer=issuers,
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


def _person(claims: Mapping[str, Any]) -> Person:
    return Person(
        id=str(claims["oid"]),
        name=str(claims.get("preferred_username") or claims.get("name") or claims["oid"]),
        roles=frozenset(map(str, claims.get("roles") or ())),
    )


def platform_signs_in(environment: Mapping[str, str]) -> bool:
    """Whether App Service's built-in authentication is on and leaves the webhooks of the platform alone.

    Their path must be excluded, or Event Grid's deliveries would be sent to a sign-in page; settings under which they
    would be are a mistake, and nothing is taken on their word.
    """
    if environment.get("WEBSITE_AUTH_ENABLED") != "True":
        return False
    try:
        settings = json.loads(environment.get("WEBSITE_AUTH_V2_CONFIG_JSON") or "{}")
        validation = settings.get("globalValidation") or {}
    except (ValueError, AttributeError):
        return False
    open_to_all = validation.get("unauthenticatedClientAction") == "AllowAnonymous"
    return not validation or open_to_all or WEBHOOKS in (validation.get("excludedPaths") or ())


def _principal(header: str) -> dict[str, Any]:
    """The claims in X-MS-CLIENT-PRINCIPAL (base64 of JSON), under the names that tokens use; roles as a list."""
    try:
        listed = json.loads(base64.b64decode(header, validate=True))["claims"]
        pairs = [(LONG_NAMES.get(claim["typ"], claim["typ"]), claim["val"]) for claim in listed]
    except (binascii.Error, ValueError, KeyError, TypeError) as fault:
        raise NotAllowed("the platform's sign-in cannot be read", known=False) from fault
    return {**dict(pairs), "roles": [value for name, value in pairs if name == "roles"]}
