"""The keys with which Entra ID signs people's tokens."""

from typing import Any

from cloud.clients import Clients
from cloud.urls import authority, followed
from incident.errors import Interrupted

SECONDS = 10


async def signing_keys(clients: Clients) -> list[dict[str, Any]]:
    """The tenant's published keys, as JSON Web Keys. Interrupted when Entra does not answer with any."""
    import aiohttp

    login = clients.settings.login_url.rstrip("/")
    url = followed(f"{login}/{clients.settings.tenant}/discovery/v2.0/keys", hosts=(authority(login),))
    limit = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with clients.pool.get(url, allow_redirects=False, timeout=limit) as response:
            response.raise_for_status()
            keys: list[dict[str, Any]] = (await response.json(content_type=None))["keys"]
            return keys
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as broken:
        raise Interrupted(f"Entra's signing keys cannot be read ({type(broken).__name__})") from broken
