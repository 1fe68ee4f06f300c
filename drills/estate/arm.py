"""Resource Manager: who asks, whether there are tokens left, whether they may, which service answers, what is noted."""

import re
from collections.abc import Callable
from uuid import uuid4

from drills.estate import rbac, roles
from drills.estate.activity import ActivityLog
from drills.estate.exchanges import Exchanges
from drills.estate.governance import refuse_disallowed
from drills.estate.ids import subscription_of
from drills.estate.locks import refuse_locked
from drills.estate.principals import Principal
from drills.estate.service import Right, Service, enveloped
from drills.estate.throttling import Throttle
from drills.estate.tokens import ARM_AUDIENCE, Entra
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

type Heard = Callable[[Json], None]
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")


class ResourceManager:
    """The one address of every service. `exchanges` keeps what went over the wire, without its secrets."""

    def __init__(
        self, world: World, entra: Entra, services: tuple[Service, ...], log: ActivityLog, heard: Heard
    ) -> None:
        self._world = world
        self._entra = entra
        self._log = log
        self._heard = heard
        self.services = services
        self.throttle = Throttle(world.clock)
        self.exchanges = Exchanges(world.clock)

    def answer(self, asked: Asked) -> Reply:
        """The reply to a request over the wire."""
        try:
            caller = self._entra.caller(asked, ARM_AUDIENCE, self._world.url)
        except RefusalError as refusal:
            return said(refusal, enveloped).with_headers(WWW_Authenticate="Bearer")
        return self.perform(asked.with_(caller=caller), caller)

    def perform(self, asked: Asked, caller: Principal) -> Reply:
        """The reply to an identified caller, with the write noted in the activity log."""
        self._world.operations.settle()
        asked, service, answer = self._matched(asked)
        correlation = asked.headers.get("x-ms-correlation-request-id") or str(uuid4())
        try:
            headers = self.throttle.admit(asked, caller.oid, subscription_of(asked.path))
            self._admit(asked, caller, service)
            reply = answer(asked)
        except RefusalError as refusal:
            headers, reply = {}, said(refusal, service.dialect if service else enveloped)
        self._note(asked, reply, correlation)
        return reply.with_headers(**headers, x_ms_correlation_request_id=correlation)

    def _matched(self, asked: Asked) -> tuple[Asked, Service | None, Callable[[Asked], Reply]]:
        for service in self.services:
            for route in service.routes:
                if (found := route.match(asked)) is not None:
                    return found, service, route.answer
        return asked.with_(id=asked.path.rstrip("/")), self._service_of(asked), self._nothing_there

    def _service_of(self, asked: Asked) -> Service | None:
        namespace = asked.path.rpartition("/providers/")[2].partition("/")[0].lower()
        return next((one for one in self.services if one.namespace.lower() == namespace), None)

    def _admit(self, asked: Asked, caller: Principal, service: Service | None) -> None:
        subscription = subscription_of(asked.path)
        if subscription.lower() not in {self._world.subscription, _no_subscription(asked)}:
            raise RefusalError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        for action in () if rbac.of_azure_itself(asked) else rbac.needed(asked):
            if not rbac.unasked(action):
                self._authorise(caller, Right(action, rbac.scope(asked)))
        self._check_version(asked, service)
        for right in service.linked(asked) if service else ():
            self._authorise(caller, right)
        refuse_locked(self._world, asked)
        refuse_disallowed(self._world, asked)
        for denial in self._world.denials:
            if denial.strikes(asked):
                raise denial.refusal(asked)

    def _authorise(self, caller: Principal, right: Right) -> None:
        if not roles.allows(self._world, caller, right.action, right.scope):
            who = f"The client '{caller.client_id}' with object id '{caller.oid}'"
            what = f"does not have authorization to perform action '{right.action}' over scope '{right.scope}'"
            advice = "or the scope is invalid. If access was recently granted, please refresh your credentials."
            raise RefusalError(403, "AuthorizationFailed", f"{who} {what} {advice}")

    def _check_version(self, asked: Asked, service: Service | None) -> None:
        version = asked.query.get("api-version")
        if version is None:
            message = "The api-version query parameter (?api-version=) is required for all requests."
            raise RefusalError(400, "MissingApiVersionParameter", message)
        if not _DATED.fullmatch(version):
            raise RefusalError(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")
        if service is None:
            namespace = asked.path.rpartition("/providers/")[2].partition("/")[0]
            raise RefusalError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
        if version not in service.api_versions:
            known = ", ".join(sorted(service.api_versions))
            found = f"No registered resource provider found for API version '{version}' for '{service.namespace}'."
            raise RefusalError(400, "NoRegisteredProviderFound", f"{found} The supported api-versions are '{known}'.")

    def _nothing_there(self, asked: Asked) -> Reply:
        message = f"The resource type could not be found for '{asked.method} {asked.path}'."
        raise RefusalError(404, "InvalidResourceType", message)

    def _note(self, asked: Asked, reply: Reply, correlation: str) -> None:
        action = rbac.needed(asked)[0]
        if not action.endswith("/read") and reply.status != 429:
            self._heard(self._log.note(asked, action, reply, correlation))


def _no_subscription(asked: Asked) -> str | None:
    """What stands for the subscription of management groups and of the tenant, which have none."""
    return "" if asked.path.lower().startswith("/providers/") else None


def said(refusal: RefusalError, dialect: Callable[[RefusalError], Json]) -> Reply:
    """The refusal in a service's dialect."""
    return Reply(refusal.status, dialect(refusal), refusal.headers)
