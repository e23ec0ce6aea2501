"""A village that keeps books, signs, and pushes; and an office for it to push to.

The village remembers what it stated, so that a test can say afterwards what the house must hold,
also after a refusal. Nothing here is mocked: batches are signed, receipts are verified.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher

from ledger import (
    NO_PREVIOUS,
    NOTHING_SEEN,
    AccessLog,
    Accounts,
    Alarms,
    Appended,
    Backups,
    Batch,
    Blobs,
    Draft,
    Figures,
    Gateway,
    Inbox,
    Keyring,
    Ledger,
    LetterRules,
    Letters,
    Limits,
    LogIns,
    Messages,
    Office,
    Receipt,
    Redactions,
    Registry,
    Scrub,
    Searches,
    SecondFactor,
    Seen,
    Sessions,
    SigningKey,
    TlogProof,
    Tokens,
    Transparency,
    VerifierKey,
    Witness,
    Witnesses,
    verify_consistency,
    write_batch,
)
from ledger.database import Databases

ORIGIN = "kecamatan.example"
KODE = "53.06.14"
KODE_DESA = "53.06.14.2001"
START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Guessing is not to be made dear where every test logs in."""


class Clock:
    """A clock that goes on a second each time it is looked at."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@dataclass
class House:
    """The office's side: a founded ledger with its registry and accounts."""

    databases: Databases
    limits: Limits = field(default_factory=Limits)
    folder: Path = Path("unused")
    kode: str = KODE
    origin: str = ORIGIN
    keyring: Keyring = field(
        default_factory=lambda: Keyring(*(bytes([it]) * 32 for it in (1, 2, 3, 4, 5)))
    )

    def __post_init__(self) -> None:
        self.now = Clock()
        self.office = Office(self.origin, self.kode, self.keyring)
        self.ledger = Ledger(self.databases.ingest, self.office, self.limits, self.now)
        self.registry = Registry(self.databases.ingest, self.ledger, self.now)
        self.accounts = Accounts(self.databases.ingest, self.ledger, self.now, CHEAP)
        self.second_factor = SecondFactor(
            self.databases.ingest, self.ledger, self.accounts, self.now
        )
        self.log_ins = LogIns(self.databases.ingest, self.accounts, self.second_factor, self.now)
        # Long enough for tests that let a month go by.
        self.sessions = Sessions(
            self.databases.ingest, self.now, idle=timedelta(days=400), longest=timedelta(days=400)
        )
        self.tokens = Tokens(self.databases.ingest, self.ledger, self.now)
        self.blobs = Blobs(self.folder, self.databases.ingest)
        self.gateway = Gateway(self.databases.ingest, self.ledger, self.blobs, self.now)
        self.messages = Messages(self.databases.ingest, self.ledger, self.gateway, self.now)
        self.inbox = Inbox(self.databases.ingest, self.now)
        self.letters = Letters(
            self.databases.ingest, self.ledger, self.blobs, self.messages, LetterRules(), self.now
        )
        self.figures = Figures(self.databases.ingest, self.ledger, self.now)
        self.access = AccessLog(self.databases.ingest, self.ledger, self.now)
        self.searches = Searches(self.databases.ingest, self.access, self.now)
        self.alarms = Alarms(self.databases.ingest, self.now)
        self.scrub = Scrub(self.databases.ingest, self.ledger, self.blobs, self.alarms, self.now)
        self.transparency = Transparency(self.databases.ingest, self.ledger, self.now)
        self.witness = Witness(self.databases.ingest, self.ledger, self.now)
        self.witnesses = Witnesses(self.databases.ingest, self.ledger, self.now)
        self.redactions = Redactions(self.databases.redactor, self.ledger, self.blobs, self.now)
        self.backups = Backups(
            self.databases.owner, self.folder, self.now, origin=self.origin, kode=self.kode
        )
        self.ledger.found()

    def village(self, kode_desa: str = KODE_DESA, label: str = "sekdes-1") -> "Village":
        """A registered village with an enrolled key; the same desa may have several."""
        if kode_desa not in {it.kode_desa for it in self.registry.desa()}:
            self.registry.add_desa(kode_desa, f"Desa {kode_desa[-4:]}")
        village = Village(self.office.log_key(kode_desa).verifier, kode_desa, label)
        self.registry.enrol(kode_desa, village.key.verifier.to_vkey())
        return village

    def append(self, batch: Batch) -> Appended:
        """Append a batch to the log that it is for."""
        kode_desa = batch.manifest.log.partition("/")[2]
        return self.ledger.append(kode_desa, io.BytesIO(batch.to_bytes()))

    def push(self, village: "Village", drafts: Sequence[Draft]) -> Receipt:
        """Let the village sign and push, and accept the receipt."""
        batch = village.sign(drafts)
        receipt = self.append(batch).receipt
        village.accept(batch, receipt)
        return receipt


class Village:
    """A desa's side. `pinned` is the office's log key, as it was told on paper."""

    def __init__(self, pinned: VerifierKey, kode_desa: str, label: str) -> None:
        name = f"desa/{kode_desa}/{label}"
        self.kode_desa = kode_desa
        self.pinned = pinned
        self.key = SigningKey(name, name.encode().ljust(32, b"\0")[-32:])
        self.number = 0
        self.prev = NO_PREVIOUS
        self.seen = NOTHING_SEEN
        self.batches: list[Batch] = []

    def sign(self, drafts: Sequence[Draft], **changed: object) -> Batch:
        """The next batch, not yet counted as sent; `changed` replaces facts of the manifest."""
        facts: dict[str, object] = {
            "log": f"{ORIGIN}/{self.kode_desa}",
            "number": self.number + 1,
            "prev": self.prev,
            "seen": self.seen,
            "time": START,
        }
        lines = [draft.to_line() for draft in drafts]
        return write_batch(lines, self.key, **{**facts, **changed})  # type: ignore[arg-type]

    def accept(self, batch: Batch, receipt: Receipt) -> None:
        """Verify a receipt as a desa does, and go on from it."""
        proof = TlogProof.from_text(receipt.proof)
        checkpoint = proof.verify(batch.note.to_bytes(), self.pinned)
        verify_consistency(
            self.seen.size,
            checkpoint.size,
            self.seen.root,
            checkpoint.root,
            receipt.consistency,
        )
        self.number += 1
        self.prev = batch.manifest.hash
        self.seen = Seen(checkpoint.size, checkpoint.root)
        self.batches.append(batch)


def penduduk(id_: int, nama: str = "SITI", **data: object) -> Draft:
    """A statement about one person."""
    record = {"id": id_, "nama": nama, "sex": 2, "status_dasar": 1, **data}
    return Draft("penduduk", str(id_), "put", START, record)


def deleted(id_: int) -> Draft:
    """The statement that a person's record was a mistake."""
    return Draft("penduduk", str(id_), "delete", START)
