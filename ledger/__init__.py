"""The logs: what villages signed, kept as they signed it.

This package is the ledger itself. It takes batches and refuses what is not a well-formed, rightly
signed batch in its place; it knows nothing of HTTP, of read models or of the command line.

    >>> from ledger import Ledger

What other packages use stands here; the modules behind are the ledger's own business.
"""

from ledger.access import (
    PURPOSES,
    Access,
    AccessLog,
    Wanted,
    may_read,
    may_unmask,
)
from ledger.accounts import ADMINISTRATOR, ONCE, OPERATOR, ROLES, Account, Accounts
from ledger.admission import RegisteredKey
from ledger.alarms import FAULTS, Alarm, Alarms, Damage, read_alarms
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
    line_hash,
    numbered_changes,
    read_change,
    redacted_hash,
    redacted_line,
    split_batches,
    write_batch,
)
from ledger.blobs import PDF, PICTURES, Blob, Blobs, media_type
from ledger.bundle.export import Exports
from ledger.bundle.proof import ChangeProof, verify_change
from ledger.bundle.reading import OpenBundle
from ledger.bundle.report import Fault, LogReport, Report
from ledger.bundle.trace import (
    Difference,
    FieldDifference,
    RecordDifference,
    Version,
    difference,
    history,
)
from ledger.bundle.trust import Kept, Trust
from ledger.bundle.verify import verify_bundle
from ledger.changes import Changes, Told, absent, compare, data_hash, learn
from ledger.checkpoint import Checkpoint, Cosigner, CosignerKey, TlogProof
from ledger.cosigning import Witness, WitnessedLog
from ledger.desa_keys import Code, DesaKeys, KeyState
from ledger.enrolment import code_hash, code_proof, new_code
from ledger.errors import (
    LINE_FAULTS,
    BundleError,
    DesaUnknownError,
    KeyMissingError,
    LedgerError,
    NoteError,
    OldSizeError,
    PositionUnknownError,
    ProofError,
    RefusalError,
    TokenRefusedError,
    WitnessError,
    WitnessUnknownError,
)
from ledger.gateway import MANY, UNREADABLE, Gateway, Outcome, Upload, Waiting
from ledger.jobs import Jobs, JobState, read_jobs
from ledger.key_note import KeyNote, admit_key_note, follow, read_key_note
from ledger.keys import SigningKey, VerifierKey
from ledger.log import CHANNEL, Appended, Ledger, LogHead, Receipt
from ledger.log_ins import (
    DONE,
    NO_NAME,
    OPENSID,
    PROGRAM,
    WRONG_CODE,
    WRONG_PASSWORD,
    LogIn,
    LogIns,
)
from ledger.merkle import verify_consistency, verify_inclusion
from ledger.messages import DESA, KECAMATAN, Message, Messages
from ledger.note import Note
from ledger.office import Keyring, Office
from ledger.office_keys import OfficeKey, OfficeKeys
from ledger.passwords import SHORTEST as SHORTEST_PASSWORD
from ledger.policy import Policy, Witnessed
from ledger.redaction import Mention, Order, Plan, Redactions, Wish
from ledger.registry import Desa, Registry, dotted
from ledger.scrub import Progress, Run, Scrub, read_progress
from ledger.seal import Seal
from ledger.second_factor import SecondFactor
from ledger.sessions import Session, Sessions, Visitor
from ledger.store import (
    ChainState,
    Entry,
    Redaction,
    read_entries,
    read_entry,
    read_redactions,
    read_sizes,
)
from ledger.tokens import Token, Tokens
from ledger.transparency import Anchored, Served, Transparency
from ledger.witnesses import Asked, KnownWitness, Witnesses

__all__ = [
    "ADMINISTRATOR",
    "CHANNEL",
    "DESA",
    "DONE",
    "FAULTS",
    "KECAMATAN",
    "LINE_FAULTS",
    "MANY",
    "NOTHING_SEEN",
    "NO_NAME",
    "NO_PREVIOUS",
    "ONCE",
    "OPENSID",
    "OPERATOR",
    "PDF",
    "PICTURES",
    "PROGRAM",
    "PURPOSES",
    "ROLES",
    "SHORTEST_PASSWORD",
    "UNREADABLE",
    "WRONG_CODE",
    "WRONG_PASSWORD",
    "Access",
    "AccessLog",
    "Account",
    "Accounts",
    "Alarm",
    "Alarms",
    "Anchored",
    "Appended",
    "Asked",
    "Batch",
    "BatchReader",
    "Blob",
    "Blobs",
    "BundleError",
    "ChainState",
    "Change",
    "ChangeProof",
    "Changes",
    "Checkpoint",
    "Code",
    "Cosigner",
    "CosignerKey",
    "Damage",
    "Desa",
    "DesaKeys",
    "DesaUnknownError",
    "Difference",
    "Draft",
    "Entry",
    "Exports",
    "Fault",
    "FieldDifference",
    "Gateway",
    "JobState",
    "Jobs",
    "Kept",
    "KeyMissingError",
    "KeyNote",
    "KeyState",
    "Keyring",
    "KnownWitness",
    "Ledger",
    "LedgerError",
    "Limits",
    "LogHead",
    "LogIn",
    "LogIns",
    "LogReport",
    "Manifest",
    "Mention",
    "Message",
    "Messages",
    "Note",
    "NoteError",
    "Office",
    "OfficeKey",
    "OfficeKeys",
    "OldSizeError",
    "OpenBundle",
    "Order",
    "Outcome",
    "Plan",
    "Policy",
    "PositionUnknownError",
    "Progress",
    "ProofError",
    "Receipt",
    "RecordDifference",
    "Redaction",
    "Redactions",
    "RefusalError",
    "RegisteredKey",
    "Registry",
    "Report",
    "Run",
    "Scrub",
    "Seal",
    "SecondFactor",
    "Seen",
    "Served",
    "Session",
    "Sessions",
    "SigningKey",
    "Source",
    "TlogProof",
    "Token",
    "TokenRefusedError",
    "Tokens",
    "Told",
    "Transparency",
    "Trust",
    "Upload",
    "VerifierKey",
    "Version",
    "Visitor",
    "Waiting",
    "Wanted",
    "Wish",
    "Witness",
    "WitnessError",
    "WitnessUnknownError",
    "Witnessed",
    "WitnessedLog",
    "Witnesses",
    "absent",
    "admit_key_note",
    "code_hash",
    "code_proof",
    "compare",
    "data_hash",
    "difference",
    "dotted",
    "follow",
    "history",
    "learn",
    "line_hash",
    "may_read",
    "may_unmask",
    "media_type",
    "new_code",
    "numbered_changes",
    "read_alarms",
    "read_change",
    "read_entries",
    "read_entry",
    "read_jobs",
    "read_key_note",
    "read_progress",
    "read_redactions",
    "read_sizes",
    "redacted_hash",
    "redacted_line",
    "split_batches",
    "verify_bundle",
    "verify_change",
    "verify_consistency",
    "verify_inclusion",
    "write_batch",
]
