"""Settings: environment variables, read once; everything that is missing is said at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from incident.errors import SettingsIncomplete

PREFIX = "TOURNIQUET_"
REQUIRED = ("TABLES", "EVIDENCE", "POLICY")
FRONT = "front"
"""The part that takes in and answers; the other app from the same code, which nobody can call, does what remains."""
HTTPS = ("ARM_URL", "GRAPH_URL", "LOGS_URL", "LOGIN_URL", "EVENTS_TOPIC", "BOARDS_URL")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field for each `TOURNIQUET_*` variable; see local.settings.sample.json for their meaning."""

    tables: str
    evidence: str
    policy: str
    anchors: str = ""
    queue: str = "AzureWebJobsStorage"
    arm_url: str = "https://management.azure.com"
    graph_url: str = "https://graph.microsoft.com"
    logs_url: str = "https://api.loganalytics.azure.com"
    login_url: str = "https://login.microsoftonline.com"
    tenant: str = ""
    audience: str = ""
    delivery_audience: str = ""
    identity_read: str = ""
    identity_contain: str = ""
    identity_directory: str = ""
    identity_evidence: str = ""
    events_topic: str = ""
    boards_url: str = ""
    ca_bundle: str = ""
    signing_key: str = ""
    wrapping_key: str = ""
    canaries: str = ""
    workspace: str = ""
    part: str = ""

    @property
    def hands_over(self) -> bool:
        """Whether another app carries out what is decided here."""
        return self.part == FRONT

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """The settings. SettingsIncomplete names every one that is missing or not https."""
        given = {
            name: value.strip()
            for name in cls.__dataclass_fields__
            if (value := environment.get(PREFIX + name.upper(), "")).strip()
        }
        faults = [f"{PREFIX}{name} is missing" for name in REQUIRED if name.casefold() not in given]
        faults += [
            f"{PREFIX}{name} must begin with https://"
            for name in HTTPS
            if not given.get(name.casefold(), "https://").startswith("https://")
        ]
        faults += [f"{PREFIX}PART must be front, or empty"] if given.get("part", FRONT) != FRONT else []
        if faults:
            raise SettingsIncomplete("; ".join(faults))
        return cls(**{"anchors": given["evidence"], **given})
