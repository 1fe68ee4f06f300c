"""Secrets are taken out before anything is stored or logged; what is left says that something was there."""

import re
from collections.abc import Mapping
from typing import Any

GONE = "[redacted]"
SECRETS = (
    (
        re.compile(r"(?i)([?&;\s\"']|^)((?:sig|signature|code|access_token|refresh_token|client_secret)=)[^&\s\"';]+"),
        r"\1\2" + GONE,
    ),
    (
        re.compile(
            r"(?i)\b(AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd|ClientSecret)\s*=\s*[^;\s\"']+"
        ),
        r"\1=" + GONE,
    ),
    (re.compile(r"(?i)\b(Bearer|SharedKey|SharedKeyLite|Basic)\s+[\w.~+/=:-]{8,}"), r"\1 " + GONE),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"), GONE),
    (re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{86}==(?![\w+/=])"), GONE),
    (re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"), GONE),
)
FIELDS = frozenset(
    [
        "access_token",
        "accountkey",
        "accountsastoken",
        "aio",
        "authenticationhash",
        "authorization",
        "client_secret",
        "clientsecret",
        "compressedrec",
        "connection_string",
        "connectionstring",
        "cookie",
        "id_token",
        "originalquery",
        "password",
        "primarykey",
        "privatekey",
        "query",
        "rawevent",
        "refresh_token",
        "rh",
        "sas_token",
        "sastoken",
        "search_results",
        "searchresults",
        "secondarykey",
        "secret",
        "servicesastoken",
        "sig",
        "signature",
        "token",
        "uti",
    ]
)


def redact(value: Any) -> Any:
    """The JSON value without secrets, tokens, embedded query results and compressed events."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {redact_text(str(key)): _field(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def redact_text(text: str) -> str:
    """The text without SAS signatures, keys, passwords and tokens."""
    for pattern, kept in SECRETS:
        text = pattern.sub(kept, text)
    return text


def _field(name: str, value: Any) -> Any:
    if name.strip().casefold().replace(" ", "").replace("-", "_") in FIELDS and value not in (None, "", {}, []):
        return GONE
    return redact(value)
