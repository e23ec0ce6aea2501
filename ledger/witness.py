"""The rules of a witness: when a checkpoint of somebody else's log is cosigned.

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=

    kecamatan-lain.go.id/53.06.15
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — kecamatan-lain.go.id/53.06.15 Az3grl…

The log sends its newest checkpoint, and the proof that it extends the one we cosigned last. What
we remember of a log is that one, no more; where it is kept is `cosigning`'s business. [pure]

Source: c2sp.org/tlog-witness.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.checkpoint import Checkpoint, to_number
from ledger.errors import (
    CheckpointUnsignedError,
    InconsistentError,
    NoteError,
    OldSizeError,
    ProofError,
    WitnessRequestError,
)
from ledger.keys import VerifierKey
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from ledger.note import Note, from_base64, to_base64

MOST_STEPS = 63
_OLD = "old "


@dataclass(frozen=True)
class Tree:
    """A log's size and root, as it was last cosigned."""

    size: int
    root: bytes


NEVER_COSIGNED = Tree(0, EMPTY_ROOT)


@dataclass(frozen=True)
class CosignRequest:
    """What a log sends: `note` is its checkpoint, `proof` leads to it from its size `old`."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    def to_bytes(self) -> bytes:
        """The request as it is sent."""
        lines = [f"{_OLD}{self.old}", *map(to_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.note.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "CosignRequest":
        """Read a request.

        Raises:
            WitnessRequestError: what comes before the checkpoint is not as it should be.
            CheckpointUnsignedError: what should be the checkpoint is no signed note.
        """
        head, _, checkpoint = data.partition(b"\n\n")
        try:
            first, *steps = head.decode("ascii").split("\n")
            if not first.startswith(_OLD) or len(steps) > MOST_STEPS:
                raise WitnessRequestError("tanpa baris old, atau bukti terlalu panjang")
            old = to_number(first.removeprefix(_OLD))
            proof = tuple(from_base64(step, HASH_SIZE) for step in steps)
        except UnicodeDecodeError:
            raise WitnessRequestError("bukan teks") from None
        except NoteError as error:
            raise WitnessRequestError(str(error)) from None
        try:
            return cls(old, proof, Note.from_bytes(checkpoint))
        except NoteError:
            raise CheckpointUnsignedError from None

    def checkpoint(self) -> Checkpoint:
        """What is to be cosigned, or raise WitnessRequestError."""
        try:
            return Checkpoint.from_text(self.note.text)
        except NoteError as error:
            raise WitnessRequestError(str(error)) from None


def consider(request: CosignRequest, keys: Sequence[VerifierKey], last: Tree) -> Tree:
    """What is to be remembered when the request is granted.

    `keys` are those of the log that the checkpoint names, `last` is what we cosigned of it.

    Raises:
        WitnessError: the first rule of tlog-witness that the request breaks.
    """
    checkpoint = request.checkpoint()
    claimed = [key for key in keys if key.claimed(request.note)]
    if not claimed or not all(key.signed(request.note) for key in claimed):
        raise CheckpointUnsignedError
    if request.old > checkpoint.size:
        raise WitnessRequestError("old melebihi ukuran checkpoint")
    if request.old != last.size:
        raise OldSizeError(last.size)
    if checkpoint.size == last.size and checkpoint.root != last.root:
        raise InconsistentError(last.size, proven=True)
    try:
        verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, request.proof)
    except ProofError:
        raise InconsistentError(last.size) from None
    return Tree(checkpoint.size, checkpoint.root)
