"""Who we are towards Azure: a managed identity per tier, and whom a token is for. There is no other login."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from incident.settings import Settings

if TYPE_CHECKING:
    from azure.identity.aio import ManagedIdentityCredential

STORAGE = "https://storage.azure.com/.default"
GOVERNMENT = "https://management.usgovcloudapi.net"
GRAPH_GOVERNMENT = ("graph.microsoft.us", "dod-graph.microsoft.us")
BOARDS = "499b84ac-1321-427f-aa17-267ca6975798/.default"
"""Azure DevOps, which has one audience everywhere."""
LOGS_GOVERNMENT = "api.loganalytics.us"


class Tier(StrEnum):
    """What an identity is for. None of them can do what another does."""

    READ = "read"
    CONTAIN = "contain"
    DIRECTORY = "directory"
    EVIDENCE = "evidence"


def arm_scope(settings: Settings) -> str:
    """The audience of Resource Manager tokens: a constant of the cloud, whatever URL is set."""
    government = settings.arm_url.rstrip("/").casefold() == GOVERNMENT
    return f"{GOVERNMENT if government else 'https://management.azure.com'}/.default"


def logs_scope(settings: Settings) -> str:
    """The audience of Log Analytics tokens: a constant of the cloud, whatever URL is set."""
    government = urlsplit(settings.logs_url).hostname == LOGS_GOVERNMENT
    return f"https://{LOGS_GOVERNMENT if government else 'api.loganalytics.io'}/.default"


def vault_scope(settings: Settings) -> str:
    """The audience of Key Vault tokens: a constant of the cloud, whatever URL is set."""
    government = settings.arm_url.rstrip("/").casefold() == GOVERNMENT
    return f"https://vault.{'usgovcloudapi' if government else 'azure'}.net/.default"


def graph_scope(settings: Settings) -> str:
    """The audience of Microsoft Graph tokens: a constant of the cloud, whatever URL is set."""
    host = urlsplit(settings.graph_url).hostname
    return f"https://{host if host in GRAPH_GOVERNMENT else 'graph.microsoft.com'}/.default"


def client_id(settings: Settings, tier: Tier) -> str:
    """The client id of a tier; empty: the system-assigned identity."""
    return str(getattr(settings, f"identity_{tier.value}"))


def credential(settings: Settings, tier: Tier, transport: Any) -> "ManagedIdentityCredential":
    """The managed identity of a tier, from the platform's own endpoint (which may be http, on this machine)."""
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id(settings, tier) or None, transport=transport)
