"""Whom a connection trusts."""

import ssl
from functools import lru_cache


@lru_cache(maxsize=1)
def trust(ca_bundle: str) -> ssl.SSLContext:
    """TLS that trusts the system's authorities and those of the file (empty = none).

    All who ask for the same get the same: reading the system's authorities takes some 30 ms.
    """
    context = ssl.create_default_context()
    if ca_bundle:
        context.load_verify_locations(cafile=ca_bundle)
    return context
