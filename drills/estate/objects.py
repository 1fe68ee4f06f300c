"""What the accounts hold: objects by account, container and name, and what was overwritten or deleted of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

type Place = tuple[str, str]


@dataclass(frozen=True)
class Blob:
    """One object as it stands."""

    content: bytes
    written: datetime
    etag: str


@dataclass(frozen=True)
class Former:
    """What an object was before it was overwritten or deleted; it can be brought back `until` then, None is never."""

    name: str
    blob: Blob
    until: datetime | None


class Objects:
    """Objects by (account, container)."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._blobs: dict[Place, dict[str, Blob]] = {}
        self._former: dict[Place, list[Former]] = {}

    def fill(self, account: str, container: str, objects: dict[str, bytes]) -> None:
        """The container has held these objects besides its own, each for a year."""
        since = self._clock() - timedelta(days=365)
        held = self._blobs.setdefault((account, container), {})
        held.update({name: Blob(content, since, _etag()) for name, content in objects.items()})

    def names(self, account: str, container: str) -> list[str]:
        """The names of the objects that stand, in order."""
        return sorted(self._blobs.get((account, container), {}))

    def find(self, account: str, container: str, name: str) -> Blob | None:
        """The object, as it stands."""
        return self._blobs.get((account, container), {}).get(name)

    def write(self, account: str, container: str, name: str, content: bytes, keep: timedelta | None = None) -> Blob:
        """A new object, or another content of the old one, which can be brought back for as long as `keep`."""
        self._part_with(account, container, name, keep)
        blob = Blob(content, self._clock(), _etag())
        self._blobs.setdefault((account, container), {})[name] = blob
        return blob

    def delete(self, account: str, container: str, name: str, keep: timedelta | None = None) -> None:
        """No such object any more; it can be brought back for as long as `keep`."""
        self._part_with(account, container, name, keep)
        self._blobs.get((account, container), {}).pop(name, None)

    def undelete(self, account: str, container: str, name: str) -> bool:
        """The last former state stands again, when it can still be brought back."""
        former = [one for one in self._former.get((account, container), []) if one.name == name and self._is_kept(one)]
        if former:
            self._former[account, container].remove(former[-1])
            self._blobs.setdefault((account, container), {})[name] = former[-1].blob
        return bool(former)

    def lost(self, account: str, container: str) -> set[str]:
        """Names of objects whose former content nothing can bring back."""
        return {one.name for one in self._former.get((account, container), []) if not self._is_kept(one)}

    def written_before(self, account: str, moment: datetime) -> Iterable[tuple[str, str]]:
        """Container and name of every object of the account that was last written before the moment."""
        return [
            (container, name)
            for (owner, container), blobs in self._blobs.items()
            for name, blob in blobs.items()
            if owner == account and blob.written < moment
        ]

    def _part_with(self, account: str, container: str, name: str, keep: timedelta | None) -> None:
        blob = self.find(account, container, name)
        if blob is not None:
            until = None if keep is None else self._clock() + keep
            self._former.setdefault((account, container), []).append(Former(name, blob, until))

    def _is_kept(self, former: Former) -> bool:
        return former.until is not None and former.until > self._clock()


def _etag() -> str:
    return f'"0x8DD{uuid4().hex[:12].upper()}"'
