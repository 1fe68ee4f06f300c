"""Messages of the queue: taken in; those that failed again and again are parked with the reason of the last attempt."""

import base64
import binascii
import hashlib

from desk.intake import Left, Receipt, deliver, park
from desk.parts import Parts
from detection.readers import Unreadable
from incident.errors import TourniquetError

SOURCE = "eventgrid"
UNSAID = "it could not be taken in, again and again; another process knows why: see its log"


async def take(parts: Parts, message: bytes) -> list[Receipt | Left]:
    """Take in a message of the keyless path. What fails is raised, so that the message comes again, and remembered."""
    try:
        return await deliver(parts, decoded(message), SOURCE)
    except Exception as fault:
        parts.recent.fails(_name(message), _reason(fault))
        raise


async def put_aside(parts: Parts, message: bytes) -> Left:
    """Park a message whose every attempt has failed. LedgerUnavailable: it stays in the queue of such messages."""
    body, reason = decoded(message), parts.recent.failed.get(_name(message), UNSAID)
    content = hashlib.sha256(body).hexdigest()
    item = Unreadable(reason=reason, content=content, received_at=parts.now(), source=SOURCE, original=body)
    return await park(parts, item)


def decoded(message: bytes) -> bytes:
    """Event Grid writes base64, people at a terminal plain text: no JSON is base64 by chance."""
    try:
        return base64.b64decode(message, validate=True)
    except (binascii.Error, ValueError):
        return message


def _name(message: bytes) -> str:
    return hashlib.sha256(message).hexdigest()


def _reason(fault: Exception) -> str:
    """Neutral words: those of an error of our own, else the name of the fault alone."""
    return str(fault) if isinstance(fault, TourniquetError) else f"its handling fails ({type(fault).__name__})"
