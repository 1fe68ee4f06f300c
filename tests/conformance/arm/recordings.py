"""Genuine exchanges with Resource Manager, recorded by Microsoft's own tests of its command line (MIT licensed)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from tests.conformance.arm.exchange import Exchange, Json

SPECIFIED = {"microsoft.storage": "2023-05-01", "microsoft.network": "2024-01-01"}


@dataclass(frozen=True)
class Recording:
    """One recorded run: `group/file`, its exchanges in the order in which they happened."""

    group: str
    file: str
    source: str
    exchanges: tuple[Exchange, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """The recording in a file `GROUP/FILE.json`."""
        recorded = json.loads(path.read_text())
        source = recorded["source"]
        return cls(
            group=path.parent.name,
            file=path.name,
            source=f"{source['upstream']}@{source['commit'][:12]}:{source['path']}",
            exchanges=tuple(_exchange(f"{path.parent.name}/{path.name}", one) for one in recorded["interactions"]),
        )

    @property
    def name(self) -> str:
        return f"{self.group}/{self.file}"

    def specified(self) -> Self:
        """The same run, asked at the api-versions that the specifications at hand describe."""
        return replace(self, exchanges=tuple(_at_specified(one) for one in self.exchanges))


def recordings(folder: Path, *groups: str) -> Iterator[Recording]:
    """The recordings of the groups whose names begin so, in the order of their names."""
    for path in sorted(folder.glob("*/*.json")):
        if path.parent.name.startswith(groups):
            yield Recording.read(path)


def _exchange(recording: str, one: Json) -> Exchange:
    request, response = one["request"], one["response"]
    return Exchange(
        id=f"{recording}#{one['index']}",
        method=request["method"],
        url=request["uri"],
        headers=_first(request["headers"]),
        body=_parsed(request["body"]),
        status=response["status"]["code"],
        reply_headers=_first(response["headers"]),
        reply=_parsed(response["body"]),
    )


def _at_specified(exchange: Exchange) -> Exchange:
    version = SPECIFIED.get(exchange.namespace, exchange.version)
    return replace(exchange, url=re.sub(r"api-version=[^&]+", f"api-version={version}", exchange.url))


def _first(headers: Mapping[str, list[str]]) -> dict[str, str]:
    return {name.lower(): values[0] for name, values in headers.items()}


def _parsed(body: str | None) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
