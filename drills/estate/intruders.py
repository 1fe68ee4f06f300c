"""Intruders: people outside who act as a user or an application, with a session, a password or a secret they stole.

An access token is good until it ends, whatever is done meanwhile; for the next one the directory is asked again. Codes
are Entra's (learn.microsoft.com, "Microsoft Entra authentication and authorization error codes").
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from drills.estate.origins import Origin
from drills.estate.principals import Principal
from drills.estate.thieves import ABROAD, Holding
from drills.estate.tokens import STORAGE_AUDIENCE
from drills.estate.wire import Json

if TYPE_CHECKING:
    from drills.estate.estate import Estate

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Intruder:
    """Somebody who acts as the principal. `secret`: the key id of an application's; without it he acts as a user.

    `session`: he holds a refresh token of then; without it he signs in anew, by password alone, for every token.
    """

    estate: "Estate"
    principal: Principal
    secret: str = ""
    session: datetime | None = None
    code: str = ""
    _until: datetime = field(default=NEVER)
    _rights: frozenset[str] = frozenset()
    _token: str = ""

    def signed_in(self) -> bool:
        """Whether he has a token; `code` says why he was given none."""
        now = self.estate.world.clock()
        if now < self._until:
            return True
        self.code = self._why_not()
        if not self.code:
            lasts = self.estate.world.delays.token
            self._until, self._rights = now + lasts, frozenset(self._held())
            whole = lasts + timedelta(seconds=1)  # a token counts in whole seconds
            self._token = self.estate.entra.service_token(self.principal, STORAGE_AUDIENCE, expires_in=whole)
        return not self.code

    def reads_mail(self) -> bool:
        """Tries to read a message of somebody's, as an application that may read all mail."""
        return self.signed_in() and "Mail.Read" in self._rights

    def reads(self, blob: str) -> bool:
        """Tries to read `account/container/name`, by whatever role the principal has."""
        if not self.signed_in():
            return False
        holding = Holding(self.estate, Origin(caller=ABROAD), authorization=f"Bearer {self._token}")
        return not holding.reads(blob).is_refused

    def _why_not(self) -> str:
        kind = "servicePrincipals" if self.secret else "users"
        state = self._in_force(f"{kind}/{self.principal.oid}")
        if state is None or state.get("accountEnabled") is False:
            return "AADSTS7000112" if self.secret else "AADSTS50057"
        if self.secret:
            kept = {one["keyId"] for one in state.get("passwordCredentials") or ()}
            return "" if self.secret in kept else "AADSTS7000215"
        return self._ended(state) or self._conditional()

    def _ended(self, user: Json) -> str:
        """Sessions that are older than the moment from which they count."""
        since = datetime.fromisoformat(user["signInSessionsValidFromDateTime"])
        return "AADSTS50173" if self.session and self.session < since else ""

    def _conditional(self) -> str:
        """What the enforced conditional-access policies ask of the user: nothing passes a block, no password is MFA."""
        asked = {word for policy in self._policies() for word in policy["grantControls"]["builtInControls"]}
        if "block" in asked:
            return "AADSTS53003"
        return "AADSTS50076" if "mfa" in asked and not self.session else ""

    def _policies(self) -> Iterator[Json]:
        for policy in self.estate.world.store.every_in_force("Microsoft.aadiam/policies"):
            enforced = policy.get("state") == "enabled" and policy.get("grantControls")
            if enforced and self._covers(policy["conditions"]["users"]):
                yield policy

    def _covers(self, users: Json) -> bool:
        groups = users.get("includeGroups") or ()
        held = any(self._in_force(f"groups/{group}/members/{self.principal.oid}") for group in groups)
        named = {"All", self.principal.oid} & {*(users.get("includeUsers") or ())}
        return (held or bool(named)) and self.principal.oid not in (users.get("excludeUsers") or ())

    def _held(self) -> Iterator[str]:
        """The application permissions that stand in the token."""
        for one in self.estate.world.store.every_in_force("Microsoft.aadiam/servicePrincipals/appRoleAssignments"):
            meaning = self._in_force(f"servicePrincipals/{one['resourceId']}") or {}
            if one["principalId"] == self.principal.oid:
                yield from (role["value"] for role in meaning.get("appRoles", ()) if role["id"] == one["appRoleId"])

    def _in_force(self, path: str) -> Json | None:
        kind, _, name = path.partition("/")
        version = self.estate.world.store.in_force(self.estate.graph.path(kind, name))
        return version.state if version else None
