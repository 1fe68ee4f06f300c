"""The ledger: what was claimed, decided, intended, done and owed, in chains that show every change."""

from ledger.anchors import Anchor, LocalSigner, Signer
from ledger.deadlines import Deadlines, Rung
from ledger.digests import Line
from ledger.envelope import Envelope, LocalWrapping
from ledger.evidence import Ref
from ledger.keys import Spell
from ledger.ledger import Ledger
from ledger.parked import Parked
from ledger.rows import Chain, Head, Lease
from ledger.work import IndexRow, Work

__all__ = [
    "Anchor",
    "Chain",
    "Deadlines",
    "Envelope",
    "Head",
    "IndexRow",
    "Lease",
    "Ledger",
    "Line",
    "LocalSigner",
    "LocalWrapping",
    "Parked",
    "Ref",
    "Rung",
    "Signer",
    "Spell",
    "Work",
]
