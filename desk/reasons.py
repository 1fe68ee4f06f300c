"""Reasons in people's words: they may hold PHI, so the words are sealed and the ledger holds their hash."""

from typing import Any

from desk.parts import Parts
from incident.canonical import digest

LABEL = "a reason in a person's words"
LONGEST = 4000
"""Characters of a reason."""


async def keep(parts: Parts, incident: str, words: str) -> dict[str, Any] | None:
    """What an entry says of the words; None where there are none. LedgerUnavailable where nothing can seal them."""
    if not words.strip():
        return None
    kept = await parts.ledger.restricted.put(incident, f"reason-{digest(words)[:16]}", words[:LONGEST].encode())
    return {"name": kept.name, "sha256": kept.sha256, "size": kept.size, "label": LABEL}
