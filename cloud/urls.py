"""Which URLs may be followed: https, a host on the list, no user info, nothing odd. Redirects are followed nowhere."""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from incident.errors import Refused

ODD = re.compile(r"[\s\\\x00-\x1f\x7f#]")
VAULT_SUFFIXES = (".vault.azure.net", ".vault.usgovcloudapi.net")
BLOB_SUFFIXES = (".blob.core.windows.net", ".blob.storage.azure.net", ".blob.core.usgovcloudapi.net")


def authority(url: str) -> str:
    """`host:port`, lower case, 443 where no port is given. Refused unless the URL may be followed at all."""
    parts = _split(url)
    if parts is None or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise Refused("a URL was not followed: only plain https URLs are", code="ForeignUrl")
    return f"{parts.hostname.casefold()}:{parts.port or 443}"


def followed(url: str, *, hosts: Collection[str]) -> str:
    """The URL as it came, if its authority is one of `hosts` (as `authority` writes them); else Refused."""
    if (there := authority(url)) not in hosts:
        raise Refused(f"a URL was not followed: {there} is not on the list", code="ForeignUrl")
    return url


def blob_endpoint(url: str, *, simulated: str) -> str:
    """A storage account's blob endpoint, ending in a slash; `simulated` is the host of Resource Manager."""
    there = authority(url)
    host, _, port = there.rpartition(":")
    if host != simulated and not (port == "443" and host.endswith(BLOB_SUFFIXES)):
        raise Refused(f"a URL was not followed: {there} is no blob endpoint", code="ForeignUrl")
    return url.rstrip("/") + "/"


def vault_address(url: str, *, simulated: str) -> str:
    """An address in a key vault, without a slash at its end; `simulated` is the host of Resource Manager."""
    there = authority(url)
    host, _, port = there.rpartition(":")
    if host != simulated and not (port == "443" and host.endswith(VAULT_SUFFIXES)):
        raise Refused(f"a URL was not followed: {there} is no key vault", code="ForeignUrl")
    return url.rstrip("/")


def _split(url: str) -> SplitResult | None:
    if ODD.search(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
