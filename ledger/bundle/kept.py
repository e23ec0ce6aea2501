"""What an auditor kept of earlier visits: a checkpoint, a proof of a place, or a desa's receipt.

Each was signed by the office when it was given, so a log that contradicts one of them is not the
log that it was given for. What a receipt says besides (`replayed`, `findings`) nobody signed, and
nothing here reads it (PROTOCOL section 7). [pure]
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from ledger.batch import Manifest
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import NoteError, ProofError
from ledger.merkle import HASH_SIZE, verify_consistency, verify_inclusion
from ledger.note import Note, from_base64

_PROOF: Final = b"c2sp.org/tlog-proof"
_LARGEST: Final = (1 << 63) - 1


class _Receipt(msgspec.Struct):
    """What a receipt says (PROTOCOL section 7), as far as it can be held against a log."""

    kode_desa: str
    position: Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]
    chain: str
    number: Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]
    manifest: str
    seen: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
    proof: str
    consistency: list[str]


@dataclass(frozen=True)
class Entry:
    """A batch that a bundle shows: the hash of its leaf, and what was signed of it."""

    leaf: bytes
    manifest: Manifest


@dataclass(frozen=True)
class Kept:
    """A checkpoint that somebody kept, alone or in a proof or receipt; `name` says where it was.

    `steps` are the hashes of the receipt's `consistency`.
    """

    name: str
    note: Note
    checkpoint: Checkpoint
    proof: TlogProof | None = None
    receipt: _Receipt | None = None
    manifest: bytes = b""
    steps: tuple[bytes, ...] = ()

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> "Kept":
        """Read a checkpoint, a tlog-proof or a receipt, or raise NoteError."""
        if data.lstrip().startswith(b"{"):
            try:
                receipt = msgspec.json.decode(data, type=_Receipt)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                raise NoteError("bukan tanda terima") from None
            proof = TlogProof.from_text(receipt.proof)
            note = Note.from_bytes(proof.checkpoint)
            at = Checkpoint.from_text(note.text)
            manifest = from_base64(receipt.manifest, HASH_SIZE)
            steps = tuple(from_base64(it, HASH_SIZE) for it in receipt.consistency)
            return cls(name, note, at, proof, receipt, manifest, steps)
        if data.startswith(_PROOF):
            proof = TlogProof.from_text(data.decode(errors="replace"))
            note = Note.from_bytes(proof.checkpoint)
            return cls(name, note, Checkpoint.from_text(note.text), proof)
        note = Note.from_bytes(data)
        return cls(name, note, Checkpoint.from_text(note.text))

    @property
    def position(self) -> int | None:
        """Where the batch stands that it is about; None for a checkpoint, which is about all."""
        if self.receipt:
            return self.receipt.position
        return self.proof.index + 1 if self.proof else None

    def check(self, entry: Entry | None, root_at: Callable[[int], bytes | None]) -> None:
        """Hold it against itself and against what is known of its log.

        `entry` is the batch at `position`, None when that is not to be had; `root_at` gives the
        log's root at a size, None where that is not known.

        Raises:
            ProofError: it says something else; the text says what.
        """
        if self.proof is None:
            return
        if self.position != self.proof.index + 1:
            raise ProofError("posisi dan bukti tidak sama")
        if self.proof.index >= self.checkpoint.size:
            raise ProofError("checkpoint di dalamnya belum sampai posisi itu")
        if self.receipt and self.receipt.kode_desa != self.checkpoint.origin.partition("/")[2]:
            raise ProofError("menyebut desa lain")
        if entry:
            self._check_entry(entry, self.proof)
        if self.receipt:
            self._check_seen(self.receipt.seen, entry, root_at)

    def _check_entry(self, entry: Entry, proof: TlogProof) -> None:
        at, said, here = self.checkpoint, self.receipt, entry.manifest
        if said and self.manifest != here.hash:
            raise ProofError("kiriman lain di posisi itu")
        if said and (said.chain, said.number) != (here.chain, here.number):
            raise ProofError("menyebut rantai atau nomor lain")
        verify_inclusion(entry.leaf, proof.index, at.size, proof.hashes, at.root)

    def _check_seen(
        self, seen: int, entry: Entry | None, root_at: Callable[[int], bytes | None]
    ) -> None:
        at = self.checkpoint
        if seen > at.size:
            raise ProofError("checkpoint di dalamnya lebih kecil dari yang sudah terlihat")
        old = at.root if seen == at.size else root_at(seen)
        if old is None and entry and entry.manifest.seen.size == seen:
            old = entry.manifest.seen.root  # the sender signed what it had seen
        if old is not None:
            verify_consistency(seen, at.size, old, at.root, self.steps)
