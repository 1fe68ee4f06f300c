"""Azure's refusals in our words. Azure speaks three dialects: `{"error": {"code"}}`, `{"code"}` and `{"Code"}`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from incident.errors import Gone, Refused
from incident.redaction import redact_text

LONGEST = 600  # characters of a message that are kept
DENIED = re.compile(r"perform action '([^']+)'(?: or '[^']+')? over scope '([^']+)'")
WAIT = re.compile(r"(?i)\b(?:after|in|wait)\b\D{0,24}(\d{1,6})'?\s*seconds?\b")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A request that did not succeed. `status` 0: the wire broke. `wait`: seconds that Azure asks for."""

    status: int
    code: str
    message: str
    wait: float | None = None

    def refusal(self) -> Refused:
        """The error that ends it; the text says what a person can do."""
        if self.status == 404:
            return Gone(self.text)
        return Refused(self.text, code=self.code)

    @property
    def text(self) -> str:
        """What happened and, where it is known, what to do next."""
        advice = ADVICE.get(self.code.casefold(), "")
        return " ".join(part for part in (f"{self.code}: {self.message}", advice) if part)


ADVICE = {
    "authorizationfailed": "Assign the responder's identity the role that holds this action, or act by hand.",
    "linkedauthorizationfailed": "Assign the responder's identity this action on the linked resource too.",
    "scopelocked": "A lock protects it: the owner removes the lock, or another measure must serve.",
    "requestdisallowedbypolicy": "A policy forbids it: exempt the resource for a while, or another measure must serve.",
    "preconditionfailed": "Somebody else changed it since it was read: read again.",
}


def fault(status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> Fault:
    """What Azure's answer says, whatever dialect it is written in."""
    error = _error(content)
    message = " ".join((_said(error), *_policies(error))).strip()
    return Fault(
        status=status,
        code=_code(status, error, headers),
        message=redact_text(_denial(message))[:LONGEST],
        wait=_wait(headers, message, now) if status in (408, 409, 429, 500, 502, 503, 504) else None,
    )


def failure(body: Any) -> tuple[str, str]:
    """Code and message of a long-running operation that failed."""
    error = _unwrapped(body)
    return str(error.get("code") or "OperationFailed"), redact_text(_said(error))[:LONGEST]


def seconds(retry_after: str | None, now: datetime) -> float | None:
    """A Retry-After header in seconds; it comes as a number or as an HTTP date."""
    text = (retry_after or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _error(content: bytes) -> Mapping[str, Any]:
    try:
        return _unwrapped(json.loads(content))
    except ValueError:
        return {}


def _unwrapped(body: Any) -> Mapping[str, Any]:
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    if not isinstance(inner, Mapping):
        return {"code": inner}
    return {str(name)[:1].lower() + str(name)[1:]: value for name, value in inner.items()}


def _code(status: int, error: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    if status == 412:
        return "PreconditionFailed"
    return redact_text(str(error.get("code") or headers.get("x-ms-error-code") or f"Http{status}"))[:100]


def _said(error: Mapping[str, Any]) -> str:
    return str(error.get("message") or "")


def _policies(error: Mapping[str, Any]) -> list[str]:
    found = error.get("additionalInfo")
    infos = [item.get("info") for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
    return [
        f"Policy: {info.get('policyDefinitionDisplayName') or info.get('policyAssignmentDisplayName')}."
        for info in infos
        if isinstance(info, Mapping)
        and (info.get("policyDefinitionDisplayName") or info.get("policyAssignmentDisplayName"))
    ]


def _denial(message: str) -> str:
    """An authorisation failure names client and object ids at length; action and scope are what matters."""
    if (missing := DENIED.search(message)) is None:
        return message
    return f"the responder's identity lacks {missing[1]} on {missing[2]}."


def _wait(headers: Mapping[str, str], message: str, now: datetime) -> float | None:
    """Seconds from the header, else from the text, where some services put them."""
    asked = seconds(headers.get("Retry-After"), now)
    said = WAIT.search(message)
    return float(said[1]) if asked is None and said else asked
