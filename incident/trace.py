"""By what a log knows a bearer again, without holding what they bear."""

from enum import StrEnum


class Trace(StrEnum):
    """Hashes in a storage log: of what an account key signed, or of a SAS that a user delegation key signed."""

    KEY = "key"
    DELEGATION = "delegation"
