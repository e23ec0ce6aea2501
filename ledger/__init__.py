"""The logs: what villages signed, kept as they signed it.

This package is the ledger itself. It takes batches and refuses what is not a well-formed, rightly
signed batch in its place; it knows nothing of HTTP, of read models or of the command line.

    >>> from ledger import Ledger

What other packages use stands here; the modules behind are the ledger's own business.
"""

from ledger.batch import (
    NO_PREVIOUS,
    NOTHING_SEEN,
    Batch,
    BatchReader,
    Change,
    Draft,
    Limits,
    Manifest,
    Seen,
    read_change,
    split_batches,
    write_batch,
)
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import LedgerError, NoteError, ProofError, RefusalError
from ledger.keys import SigningKey, VerifierKey
from ledger.note import Note

__all__ = [
    "NOTHING_SEEN",
    "NO_PREVIOUS",
    "Batch",
    "BatchReader",
    "Change",
    "Checkpoint",
    "Draft",
    "LedgerError",
    "Limits",
    "Manifest",
    "Note",
    "NoteError",
    "ProofError",
    "RefusalError",
    "Seen",
    "SigningKey",
    "TlogProof",
    "VerifierKey",
    "read_change",
    "split_batches",
    "write_batch",
]
