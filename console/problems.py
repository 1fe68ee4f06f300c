"""What went wrong, as RFC 9457 says it: type, title, status, detail. No secret, no trace."""

import json
from http import HTTPStatus

import azure.functions as func

from compliance.fields import FactsInvalid
from incident.errors import (
    Interrupted,
    LeaseLost,
    LedgerUnavailable,
    NotAllowed,
    PolicyInvalid,
    Refused,
    SettingsIncomplete,
    SignalRejected,
    TourniquetError,
    Unknown,
)

STATUSES: tuple[tuple[type[TourniquetError], HTTPStatus], ...] = (
    (Unknown, HTTPStatus.NOT_FOUND),
    (SignalRejected, HTTPStatus.BAD_REQUEST),
    (Refused, HTTPStatus.CONFLICT),
    (LeaseLost, HTTPStatus.CONFLICT),
    (LedgerUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (Interrupted, HTTPStatus.SERVICE_UNAVAILABLE),
    (SettingsIncomplete, HTTPStatus.SERVICE_UNAVAILABLE),
    (PolicyInvalid, HTTPStatus.SERVICE_UNAVAILABLE),
)


class BadRequest(TourniquetError):  # noqa: N818 - named for what happened, as its siblings
    """The request cannot be understood; the text says what to send instead."""

    def __init__(self, why: str, *, status: int) -> None:
        super().__init__(why)
        self.status = HTTPStatus(status)


def status_of(fault: TourniquetError) -> HTTPStatus:
    """The HTTP status that says the fault."""
    if isinstance(fault, BadRequest):
        return fault.status
    if isinstance(fault, NotAllowed):
        return HTTPStatus.FORBIDDEN if fault.known else HTTPStatus.UNAUTHORIZED
    known = (status for kind, status in STATUSES if isinstance(fault, kind))
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def invalid(fault: FactsInvalid) -> func.HttpResponse:
    """400: the field that is wrong, by its name."""
    status = HTTPStatus.BAD_REQUEST
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": str(fault)}
    text = json.dumps({**body, "field": fault.field})
    return func.HttpResponse(text, status_code=status.value, mimetype="application/problem+json")


def problem(fault: TourniquetError) -> func.HttpResponse:
    """The fault as an answer; 401 says how to sign in, 503 when to come again."""
    status = status_of(fault)
    headers = {
        HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
        HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "10"},
    }.get(status, {})
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": str(fault)}
    return func.HttpResponse(
        json.dumps(body), status_code=status.value, headers=headers, mimetype="application/problem+json"
    )
