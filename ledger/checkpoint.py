"""What a log says of itself, and what others say of it: checkpoints and proofs, as C2SP texts.

    kecamatan-contoh.go.id/53.06.14.2001
    118
    SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=

    — kecamatan-contoh.go.id/53.06.14.2001 hI2DJw…
    — kabupaten-contoh.go.id/saksi jWbPPwAAAABk…

A checkpoint names the log, its size and its root; signed, it binds the office. A witness adds its
cosignature: that this is the largest tree of this log it has seen, and that every smaller one it
has seen begins it. A proof wraps a checkpoint with the way from a leaf to that root, so that it
can be kept and checked alone. Out, and strictly in. [pure]

Source: c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature@v1, c2sp.org/tlog-proof@v1. Of the two
kinds of cosignatures the Ed25519 one is here: PHP and browsers have it, ML-DSA-44 they have not.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from ledger.errors import NoteError, ProofError
from ledger.keys import SigningKey, VerifierKey
from ledger.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from ledger.note import Note, Signature, from_base64, to_base64

_PROOF_HEAD = "c2sp.org/tlog-proof@v1"
_MAX_STEPS = 63
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_TIME_SIZE = 8
_LATEST = (1 << 63) - 1


@dataclass(frozen=True)
class Checkpoint:
    """A log's size and root; `origin` is the log's name.

    Our own logs have no `extensions`: nobody could audit them. Those of others are read, since a
    cosignature covers them, and mean nothing here.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The note text that the log signs."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """Read a checkpoint, or raise NoteError."""
        *lines, end = text.split("\n")
        if len(lines) < 3 or end:  # noqa: PLR2004  # origin, size, root
            raise NoteError("bukan tiga baris checkpoint")
        if not all(lines):
            raise NoteError("checkpoint memuat baris kosong")
        origin, size, root, *extensions = lines
        return cls(origin, to_number(size), from_base64(root, HASH_SIZE), tuple(extensions))

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


# --- cosignatures --------------------------------------------------------------------------------


@dataclass(frozen=True)
class CosignerKey(VerifierKey):
    """The public key of a witness; its vkey says that it makes timestamped cosignatures."""

    kind: ClassVar[bytes] = b"\x04"

    def accepts(self, text: str, value: bytes) -> bool:
        """Whether the value of a signature line is a time and a cosignature over this text."""
        moment = _moment(value)
        return moment is not None and self.verifies(_cosigned(text, moment), value[_TIME_SIZE:])

    def cosigned_at(self, note: Note) -> int | None:
        """When the witness cosigned the note, in seconds since 1970, if it did.

        Of several cosignatures the newest counts; one that is wrong spoils them all.
        """
        if not self.signed(note):
            return None
        return max(_moment(it.value) or 0 for it in self.claimed(note))


@dataclass(frozen=True, repr=False)
class Cosigner(SigningKey):
    """The private key of a witness. Cosignatures name no cosigner: one key for one witness."""

    @cached_property
    def verifier(self) -> CosignerKey:
        """The public half, under the same name."""
        return CosignerKey(self.name, self.public)

    def cosign(self, checkpoint: str, at: datetime) -> Signature:
        """The signature line of this witness for a checkpoint's text."""
        moment = int(at.timestamp())
        signed = self.sign_bytes(_cosigned(checkpoint, moment))
        value = moment.to_bytes(_TIME_SIZE, "big") + signed
        return Signature(self.name, self.verifier.key_id, value)


def _cosigned(text: str, moment: int) -> bytes:
    """What a witness signs: its first line is no log's name, so it is never a checkpoint."""
    return f"cosignature/v1\ntime {moment}\n{text}".encode()


def _moment(value: bytes) -> int | None:
    """The time in a cosignature; None when it is none. Zero would say nothing of the time."""
    moment = int.from_bytes(value[:_TIME_SIZE], "big")
    return moment if 0 < moment <= _LATEST and len(value) > _TIME_SIZE else None


# --- proofs --------------------------------------------------------------------------------------


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
        index = to_number(lines.pop(0).removeprefix("index "))
        if len(lines) > _MAX_STEPS:
            raise NoteError("bukti terlalu panjang")
        hashes = tuple(from_base64(line, HASH_SIZE) for line in lines)
        return cls(index, hashes, _encoded(checkpoint), extra)

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


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can carry
        raise NoteError("bukan UTF-8") from None


def to_number(text: str) -> int:
    """Read a decimal below 2^63 in its one spelling, or raise NoteError."""
    if not _NUMBER.fullmatch(text) or int(text) >= 1 << 63:
        raise NoteError("angka tidak sesuai")
    return int(text)
