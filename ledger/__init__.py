"""The logs: what villages signed, kept as they signed it.

This package is the ledger itself. It takes batches and refuses what is not a well-formed, rightly
signed batch in its place; it knows nothing of HTTP, of read models or of the command line.

    >>> from ledger import Ledger

What other packages use stands here; the modules behind are the ledger's own business.
"""

from ledger.accounts import ROLES, Account, Accounts
from ledger.admission import RegisteredKey
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
    Source,
    read_change,
    split_batches,
    write_batch,
)
from ledger.changes import Changes, Told, absent, compare, data_hash, learn
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import (
    LINE_FAULTS,
    DesaUnknownError,
    LedgerError,
    NoteError,
    PositionUnknownError,
    ProofError,
    RefusalError,
)
from ledger.keys import SigningKey, VerifierKey
from ledger.log import CHANNEL, Appended, Ledger, LogHead, Receipt
from ledger.merkle import verify_consistency, verify_inclusion
from ledger.note import Note
from ledger.office import Keyring, Office
from ledger.registry import Desa, Registry, dotted
from ledger.seal import Seal
from ledger.store import ChainState, Entry, read_entries, read_entry, read_sizes

__all__ = [
    "CHANNEL",
    "LINE_FAULTS",
    "NOTHING_SEEN",
    "NO_PREVIOUS",
    "ROLES",
    "Account",
    "Accounts",
    "Appended",
    "Batch",
    "BatchReader",
    "ChainState",
    "Change",
    "Changes",
    "Checkpoint",
    "Desa",
    "DesaUnknownError",
    "Draft",
    "Entry",
    "Keyring",
    "Ledger",
    "LedgerError",
    "Limits",
    "LogHead",
    "Manifest",
    "Note",
    "NoteError",
    "Office",
    "PositionUnknownError",
    "ProofError",
    "Receipt",
    "RefusalError",
    "RegisteredKey",
    "Registry",
    "Seal",
    "Seen",
    "SigningKey",
    "Source",
    "TlogProof",
    "Told",
    "VerifierKey",
    "absent",
    "compare",
    "data_hash",
    "dotted",
    "learn",
    "read_change",
    "read_entries",
    "read_entry",
    "read_sizes",
    "split_batches",
    "verify_consistency",
    "verify_inclusion",
    "write_batch",
]
