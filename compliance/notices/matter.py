"""What a notice speaks of: the entity, the facts, and the words of people, in the terms that letters and forms need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

CREDIT = frozenset({"ssn", "social_security_number", "driver_license", "drivers_license", "licence"})
"""Data after whose loss people can freeze their credit files."""

CATEGORIES = {
    "medical": "medical information, such as diagnosis and treatment",
    "ssn": "Social Security number",
    "social_security_number": "Social Security number",
    "driver_license": "driver's license number",
    "financial": "financial information",
    "account": "account number",
    "insurance": "health insurance information",
    "health_insurance": "health insurance information",
    "name": "name",
    "address": "address",
    "date_of_birth": "date of birth",
    "medication": "medication",
    "lab": "laboratory results",
    "mrn": "medical record number",
    "biometric": "biometric information",
}

IDENTITY_PROTECTION = {"CA": 12, "DE": 12, "CT": 24}
"""Months of identity protection that a State asks to be offered, where Social Security or licence numbers were taken.

Delaware's year was seen in its source; California's and Connecticut's numbers are not verified.
"""


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One incident at one covered entity. `words` are by path (`breach.what_happened`); `entity` is the policy's.

    `entity` has name, kind, address, contact, phone, mail, site; `associate` the same of the associate involved.
    """

    incident: str
    entity: Mapping[str, str]
    associate: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any]
    words: Mapping[str, str]
    discovered_on: date
    written_on: date
    persons: tuple[str, ...] = ()

    @property
    def affected(self) -> Mapping[str, int]:
        """Persons by State."""
        return {state: n for state, n in (self.facts.get("affected") or {}).items() if n and state != "unknown"}

    @property
    def total(self) -> int | None:
        """How many persons, where anybody has said."""
        known = [self.facts["total"]] if "total" in self.facts else []
        counted = [sum(self.facts["affected"].values())] if self.facts.get("affected") else []
        return max([*known, *counted], default=None)

    @property
    def breach(self) -> Mapping[str, Any]:
        """What is recorded for letters and forms."""
        found: Mapping[str, Any] = self.facts.get("breach") or {}
        return found

    @property
    def categories(self) -> list[str]:
        """The kinds of data in plain words."""
        return [CATEGORIES.get(kind, kind.replace("_", " ")) for kind in self.facts.get("data") or ()]

    @property
    def credit(self) -> bool:
        """Whether credit files are in danger."""
        return bool(CREDIT & set(self.facts.get("data") or ()))

    def protection(self, state: str) -> int:
        """Months of identity protection to be offered to a State's residents."""
        asked = IDENTITY_PROTECTION.get(state, 0) if self.credit else 0
        return max(asked, int(self.breach.get("identity_protection_months") or 0))

    def sent(self, clock: str) -> list[Mapping[str, Any]]:
        """The notices that went out for a clock."""
        return [notice for notice in self.facts.get("notices") or () if notice["clock"] == clock]
