"""Secrets are taken out before anything is stored or logged; what is left says that something was there."""

import json
import re
from collections.abc import Mapping
from typing import Any

GONE = "[redacted]"
DEEPEST = 80
NAMED = "sig|signature|code|access_token|refresh_token|id_token|client_secret|api_key|apikey|subscription-key"
CLAIMS = "aio|uti|rh|compressedrec|access_?token|refresh_?token|id_?token|client_?secret|password|accountkey"
SECRETS = (
    (re.compile(rf"(?i)((?<![a-z0-9])|%26|%3F)((?:{NAMED})(?:=|%3D))[^&\s\"'<>;]+"), r"\1\2" + GONE),
    (
        re.compile(
            r"(?i)\b(AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd|ClientSecret)\s*=\s*[^;\s\"']+"
        ),
        r"\1=" + GONE,
    ),
    (re.compile(rf"(?i)([\"'](?:{CLAIMS})\\*[\"']\s*:\s*\\*[\"'])[^\"'\\]+"), r"\1" + GONE),
    (re.compile(r"(?i)\b(Bearer|SharedKey|SharedKeyLite|Basic)\s+[\w.~+/=:-]{8,}"), r"\1 " + GONE),
    (re.compile(r"(?i)(https?://)[^/\s:@]+:[^/\s@]+@"), r"\1" + GONE + "@"),
    (re.compile(r"eyJ[\w-]{6,1024}\.[\w-]{6,}(?:\.[\w-]*)*"), GONE),
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86,}=="), GONE),
    (re.compile(r"(?<![A-Za-z0-9+/])(?:H4sI|eJ|eN|eF|eA)[A-Za-z0-9+/]{60,}={0,2}"), GONE),  # gzip or zlib in base64
    (re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"), GONE),
)
EVENTS = ("compressedRec", "might contain sensitive data")  # Sentinel embeds matched rows in the query
FIELDS = frozenset(
    [
        "aio",
        "authenticationhash",
        "compressedrec",
        "cookie",
        "linktofilteredsearchresultsapi",
        "linktofilteredsearchresultsui",
        "linktosearchresults",
        "linktosearchresultsapi",
        "linktosearchresultsui",
        "originalquery",
        "primarykey",
        "query",
        "rawevent",
        "rh",
        "search_results",
        "searchquery",
        "searchresults",
        "secondarykey",
        "secret",
        "sig",
        "signature",
        "token",
        "uti",
    ]
)
ENDINGS = (  # of names whose text is a secret; an object under such a name is looked through instead
    "accesskey",
    "access_key",
    "accountkey",
    "apikey",
    "api_key",
    "authorization",
    "connectionstring",
    "connection_string",
    "password",
    "privatekey",
    "private_key",
    "secret",
    "sharedkey",
    "token",
)
KEY_NAMES = frozenset(["key1", "key2"])  # which key it was, not the key


def redact(value: Any, depth: int = 0) -> Any:
    """The JSON value without secrets, tokens, embedded query results and compressed events."""
    if depth > DEEPEST:
        return GONE
    if isinstance(value, str):
        return _written(value, depth)
    if isinstance(value, Mapping):
        return {redact_text(str(key)): _field(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item, depth + 1) for item in value]
    return value


def redact_text(text: str) -> str:
    """The text without SAS signatures, keys, passwords and tokens; nothing of one that holds compressed events."""
    if any(word in text for word in EVENTS):
        return GONE
    for pattern, kept in SECRETS:
        text = pattern.sub(kept, text)
    return text


def _field(name: str, value: Any, depth: int) -> Any:
    spelled = name.strip().casefold().replace(" ", "").replace("-", "_")
    if value in (None, "", {}, []):
        return value
    if spelled in FIELDS or (isinstance(value, str) and spelled.endswith(ENDINGS) and value not in KEY_NAMES):
        return GONE
    return redact(value, depth)


def _written(text: str, depth: int) -> str:
    """The text; where it holds JSON, that JSON is looked through by its names too."""
    if text.lstrip().startswith(("{", "[")):
        try:
            held = json.loads(text)
        except (ValueError, RecursionError):
            return redact_text(text)
        clean = redact(held, depth + 1)
        return text if clean == held else json.dumps(clean)
    return redact_text(text)
