"""A signal leaves its reader without secrets: in its body, its title, its hints, its ids, everywhere."""

from dataclasses import replace

from incident.redaction import redact, redact_text
from incident.resource import ResourceId
from incident.signal import Signal

LONGEST_TITLE = 300


def sealed(signal: Signal) -> Signal:
    """The signal with every text redacted; times, severity and the content hash stay."""
    return replace(
        signal,
        id=redact_text(signal.id),
        system_alert_id=_text(signal.system_alert_id),
        alert_ids=tuple(redact_text(each) for each in signal.alert_ids),
        correlation_id=_text(signal.correlation_id),
        request_id=_text(signal.request_id),
        title=redact_text(signal.title)[:LONGEST_TITLE],
        alert_types=tuple(redact_text(each) for each in signal.alert_types),
        operation=_text(signal.operation),
        actor=_text(signal.actor),
        ip=_text(signal.ip),
        resources=tuple(ResourceId(redact_text(each.text)) for each in signal.resources),
        hints={redact_text(name): redact_text(value) for name, value in signal.hints.items()},
        body=redact(signal.body),
    )


def _text(written: str | None) -> str | None:
    return written and redact_text(written)
