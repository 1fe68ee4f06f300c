"""The activity log: one record per write, readable as Insights shows it, and told to Event Grid."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

from drills.estate.ids import group_of, is_within, type_of
from drills.estate.service import Route, Service, flat
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World, stamp

_CONDITION = re.compile(r"(\w+)\s+(eq|ge|le)\s+'([^']*)'", re.IGNORECASE)
_FIELDS: dict[str, Callable[[Json], str]] = {
    "correlationid": lambda record: str(record["correlationId"]),
    "resourceuri": lambda record: str(record["resourceId"]),
    "resourcegroupname": lambda record: str(record["resourceGroupName"]),
    "resourceprovider": lambda record: str(record["resourceProviderName"]["value"]),
}
KEPT = timedelta(days=90)


class ActivityLog:
    """Every write of the subscription, oldest first."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.records: list[Json] = []

    def service(self) -> Service:
        """Microsoft.Insights, api-version 2015-04-01."""
        path = "/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values"
        route = Route("GET", path, self.every)
        return Service(
            namespace="Microsoft.Insights", api_versions=frozenset({"2015-04-01"}), routes=(route,), dialect=flat
        )

    def every(self, asked: Asked) -> Reply:
        """What $filter asks for, newest first: eventTimestamp and at most one more field."""
        conditions = _CONDITION.findall(asked.query.get("$filter", ""))
        if not any(name.lower() == "eventtimestamp" and order.lower() == "ge" for name, order, _ in conditions):
            raise RefusalError(400, "BadRequest", "The $filter must have a start: eventTimestamp ge '...'.")
        self._refuse_old(conditions)
        shown = stamp(self._world.clock() - self._world.delays.log)
        told = [record for record in self.records if record["submissionTimestamp"] <= shown]
        found = [record for record in told if all(_holds(record, *condition) for condition in conditions)]
        return Reply(200, {"value": found[::-1]})

    def note(self, asked: Asked, action: str, reply: Reply, correlation: str) -> Json:
        """The record of a write that was answered so."""
        now, event = self._world.clock(), str(uuid4())
        status = "Succeeded" if reply.status < 400 else "Failed"
        record = {
            "authorization": {"action": action, "scope": asked.id},
            "caller": _caller(asked),
            "claims": self.claims(asked),
            "correlationId": correlation,
            "description": "",
            "eventDataId": event,
            "eventName": _localized("EndRequest", "End request"),
            "category": _localized("Administrative"),
            "eventTimestamp": stamp(now),
            "httpRequest": _http_request(asked),
            "id": f"{asked.id}/events/{event}/ticks/{_ticks(now)}",
            "level": "Informational" if status == "Succeeded" else "Error",
            "operationId": correlation,
            "operationName": _localized(action),
            "resourceGroupName": group_of(asked.id),
            "resourceProviderName": _localized(type_of(asked.id).partition("/")[0]),
            "resourceType": _localized(type_of(asked.id)),
            "resourceId": asked.id,
            "status": _localized(status),
            "subStatus": _localized(told := _words(reply.status), f"{told} (HTTP Status Code: {reply.status})"),
            "submissionTimestamp": stamp(now),
            "subscriptionId": self._world.subscription,
            "tenantId": self._world.tenant,
            "properties": {"statusCode": told, "entity": asked.id},
        }
        self.records.append(record)
        return record

    def claims(self, asked: Asked) -> dict[str, str]:
        """The caller's claims as the log spells them."""
        if asked.caller is None:
            return {}
        schema, tenant = "http://schemas.microsoft.com", self._world.tenant
        return {
            "aud": "https://management.azure.com",
            "iss": f"https://sts.windows.net/{tenant}/",
            "appid": asked.caller.client_id,
            f"{schema}/identity/claims/objectidentifier": asked.caller.oid,
            f"{schema}/identity/claims/tenantid": tenant,
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": asked.caller.oid,
            "idtyp": "user" if asked.caller.is_person else "app",
            "ver": "1.0",
        }

    def _refuse_old(self, conditions: list[tuple[str, str, str]]) -> None:
        starts = [
            _moment(value)
            for name, order, value in conditions
            if (name.lower(), order.lower()) == ("eventtimestamp", "ge")
        ]
        if any(start < self._world.clock() - KEPT for start in starts):
            raise RefusalError(400, "BadRequest", "The start time cannot be more than 90 days in the past.")


def _words(status: int) -> str:
    """The code as the log spells it: `Created`, `OK`, `BadRequest`."""
    return HTTPStatus(status).phrase.replace(" ", "")


def event_of(record: Json) -> Json:
    """The Event Grid event of a record, in Event Grid's own schema."""
    action, failed = record["authorization"]["action"], record["status"]["value"] == "Failed"
    kind = {"write": "Write", "delete": "Delete"}.get(action.rpartition("/")[2].lower(), "Action")
    subscription = f"/subscriptions/{record['subscriptionId']}"
    return {
        "subject": record["resourceId"],
        "eventType": f"Microsoft.Resources.Resource{kind}{'Failure' if failed else 'Success'}",
        "eventTime": record["eventTimestamp"],
        "id": str(uuid4()),
        "data": {
            "authorization": record["authorization"] | {"evidence": {"role": "Subscription Admin"}},
            "claims": record["claims"],
            "correlationId": record["correlationId"],
            "httpRequest": {"url" if name == "uri" else name: value for name, value in record["httpRequest"].items()},
            "resourceProvider": record["resourceProviderName"]["value"],
            "resourceUri": record["resourceId"],
            "operationName": action,
            "status": record["status"]["value"],
            "subscriptionId": record["subscriptionId"],
            "tenantId": record["tenantId"],
        },
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": subscription,
    }


def _caller(asked: Asked) -> str:
    if asked.caller is None:
        return ""
    return f"{asked.caller.name}@clinic.example" if asked.caller.is_person else asked.caller.oid


def _http_request(asked: Asked) -> dict[str, str]:
    return {
        "clientRequestId": asked.headers.get("x-ms-client-request-id", ""),
        "clientIpAddress": "198.51.100.7",
        "method": asked.method,
        "uri": asked.url,
    }


def _localized(value: str, shown: str | None = None) -> dict[str, str]:
    return {"value": value, "localizedValue": shown or value}


def _holds(record: Json, name: str, order: str, value: str) -> bool:
    if name.lower() == "eventtimestamp":
        at = _moment(record["eventTimestamp"])
        return at >= _moment(value) if order.lower() == "ge" else at <= _moment(value)
    field = _FIELDS.get(name.lower())
    if field is None:
        raise RefusalError(400, "BadRequest", f"The filter does not take the field {name}.")
    return is_within(field(record), value) if name.lower() == "resourceuri" else field(record).lower() == value.lower()


def _moment(written: str) -> datetime:
    whole, _, rest = written.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(whole if not rest else f"{whole}.{rest[:6]}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ticks(moment: datetime) -> int:
    return int((moment - datetime(1, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000)
