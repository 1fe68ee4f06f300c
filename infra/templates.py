"""Every ARM template under infra/: each JSON file whose `$schema` is a deployment template's."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
MARK = "deploymenttemplate.json"


@cache
def templates() -> Mapping[str, Mapping[str, Any]]:
    """The templates by their path from the root."""
    read = {path: json.loads(path.read_text()) for path in sorted(FOLDER.rglob("*.json"))}
    return {path.relative_to(FOLDER.parent).as_posix(): body for path, body in read.items() if is_template(body)}


def is_template(body: object) -> bool:
    """Whether a JSON document is a deployment template."""
    return isinstance(body, dict) and MARK in str(body.get("$schema", "")).casefold()
