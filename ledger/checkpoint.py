"""What a log says of itself: checkpoints and proofs, as C2SP texts.

    kecamatan-contoh.go.id/53.06.14.2001
    118
    SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=

    — kecamatan-contoh.go.id/53.06.14.2001 hI2DJw…

A checkpoint names the log, its size and its root; signed, it binds the office. A proof wraps one
with the way from a leaf to that root, so that it can be kept and checked alone. Out, and strictly
in. [pure]

Source: c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof@v1.
"""

import re
from dataclasses import dataclass

from ledger.errors import NoteError, ProofError
from ledger.keys import VerifierKey
from ledger.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from ledger.note import Note, from_base64, to_base64

_PROOF_HEAD = "c2sp.org/tlog-proof@v1"
_MAX_STEPS = 63
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """A log's size and root; `origin` is the log's name. Extension lines are not used."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        """The note text that the log signs."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """Read a checkpoint without extension lines, or raise NoteError."""
        parts = text.split("\n")
        if len(parts) != 4 or parts[3]:  # noqa: PLR2004  # origin, size, root, end
            raise NoteError("bukan tiga baris checkpoint")
        origin, size, root, _ = parts
        if not origin:
            raise NoteError("checkpoint tanpa nama log")
        return cls(origin, _number(size), from_base64(root, HASH_SIZE))

    @classmethod
    def opened(cls, note: Note, key: VerifierKey) -> "Checkpoint":
        """The checkpoint in a note that `key` signed under the log's own name.

        Raises:
            NoteError: not a checkpoint.
            ProofError: of another log, or not signed by this key.
        """
        checkpoint = cls.from_text(note.text)
        if checkpoint.origin != key.name:
            raise ProofError(f"checkpoint milik log {checkpoint.origin}")
        if not key.signed(note):
            raise ProofError("tanda tangan checkpoint tidak sah")
        return checkpoint


@dataclass(frozen=True)
class TlogProof:
    """That a leaf stands at `index` of the log whose signed checkpoint is inside.

    `checkpoint` is the note's bytes, `hashes` the RFC 6962 path from the leaf upwards.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_text(self) -> str:
        """The proof as it is kept."""
        lines = [_PROOF_HEAD]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += map(to_base64, self.hashes)
        return "\n".join([*lines, "", self.checkpoint.decode()])

    @classmethod
    def from_text(cls, text: str) -> "TlogProof":
        """Read a proof, or raise NoteError; its checkpoint is not looked into."""
        head, parted, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not parted or not checkpoint or lines.pop(0) != _PROOF_HEAD:
            raise NoteError("bukan bukti tlog")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise NoteError("bukti tanpa nomor daun")
        index = _number(lines.pop(0).removeprefix("index "))
        if len(lines) > _MAX_STEPS:
            raise NoteError("bukti terlalu panjang")
        hashes = tuple(from_base64(line, HASH_SIZE) for line in lines)
        return cls(index, hashes, checkpoint.encode(), extra)

    def verify(self, leaf: bytes, key: VerifierKey) -> Checkpoint:
        """The checkpoint, after checking that `leaf` (its bytes) is in it and `key` signed it.

        Raises:
            NoteError: the checkpoint is not one.
            ProofError: it does not prove this.
        """
        checkpoint = Checkpoint.opened(Note.from_bytes(self.checkpoint), key)
        verify_inclusion(
            leaf_hash(leaf),
            self.index,
            checkpoint.size,
            self.hashes,
            checkpoint.root,
        )
        return checkpoint


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) >= 1 << 63:
        raise NoteError("angka tidak sesuai")
    return int(text)
