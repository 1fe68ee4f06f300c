"""main.bicep against the template that it wraps: the same parameters, all passed on; the outputs."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]
PARAMETER = re.compile(r"^param (\w+) (\w+)( = )?", re.MULTILINE)
PASSED = re.compile(r"^    (\w+): (\w+)$", re.MULTILINE)
OUTPUT = re.compile(r"^output (\w+) \w+ = responder\.outputs\.(\w+)$", re.MULTILINE)


def differences() -> list[str]:
    """What the wrapper and the template do not agree on."""
    return compared((FOLDER / "main.bicep").read_text(), json.loads((FOLDER / "azuredeploy.json").read_text()))


def compared(bicep: str, template: Mapping[str, Any]) -> list[str]:
    """As `differences`, of texts."""
    wanted = {
        name: (said["type"].casefold().removeprefix("secure"), "defaultValue" in said)
        for name, said in template["parameters"].items()
    }
    found = {name: (kind, bool(default)) for name, kind, default in PARAMETER.findall(bicep)}
    every = {name: name for name in wanted}
    outputs = {name: name for name in template["outputs"]}
    pairs = {
        "parameters": (found, wanted),
        "what is passed on": (dict(PASSED.findall(bicep)), every),
        "outputs": (dict(OUTPUT.findall(bicep)), outputs),
    }
    return [
        f"infra/main.bicep: {what} differ from azuredeploy.json" for what, (one, other) in pairs.items() if one != other
    ]
