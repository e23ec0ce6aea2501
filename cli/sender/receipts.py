"""Receipts, verified: nothing that the office answers is believed before it is proved.

A receipt counts when (PROTOCOL section 7) its checkpoint is signed by the key that the desa was
given on paper, our own note is the leaf, the log is not shorter than any we have seen, and what
we have seen is its beginning. [pure]
"""

from dataclasses import dataclass

import msgspec

from cli.sender.errors import ForkedError, ReceiptError
from ledger import (
    Batch,
    Checkpoint,
    Note,
    NoteError,
    ProofError,
    Seen,
    TlogProof,
    VerifierKey,
    verify_consistency,
)


class Finding(msgspec.Struct, frozen=True):
    """Something in our statement that seems wrong to the office; kept all the same."""

    line: int
    entity: str
    id: str
    code: str
    severity: str
    message: str
    field: str | None = None


class Findings(msgspec.Struct, frozen=True):
    """All of them counted; `items` may be the first only."""

    total: int = 0
    items: tuple[Finding, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """What the office answers to a batch, as it came; nothing of it is verified.

    Hashes are base64 in JSON, bytes here. On a stick, where nobody can be asked for them,
    `rotations` are the notes by which the office's log key handed over.
    """

    kode_desa: str
    position: int
    chain: str
    number: int
    manifest: bytes
    seen: int
    proof: str
    consistency: tuple[bytes, ...] = ()
    replayed: bool = False
    findings: Findings = Findings()
    rotations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """A batch of ours that provably stands in the office's log.

    `count` is how many changes it has, `position` its place, `replayed` whether it was there
    before it was sent this time.
    """

    number: int
    position: int
    count: int
    replayed: bool
    findings: Findings

    @classmethod
    def of(cls, batch: Batch, answer: Answer) -> "Receipt":
        """Of a batch, by an answer that was verified."""
        manifest = batch.manifest
        return cls(
            manifest.number, answer.position, manifest.count, answer.replayed, answer.findings
        )


def signed_by_another(answer: Answer, office: VerifierKey) -> bool:
    """Whether the office signs with a newer key than the one that we have pinned.

    The newest signs first; those before it follow, for whoever has not heard of it.
    """
    ids = _signers(answer, office)
    return bool(ids) and ids[0] != office.key_id


def signed_by(answer: Answer, office: VerifierKey) -> bool:
    """Whether the key that we have pinned is among those that sign, as they say."""
    return office.key_id in _signers(answer, office)


def _signers(answer: Answer, office: VerifierKey) -> list[bytes]:
    """The ids of the keys that sign under the log's name; none of them is verified."""
    try:
        note = Note.from_bytes(TlogProof.from_text(answer.proof).checkpoint)
    except NoteError:
        return []
    return [it.key_id for it in note.signatures if it.name == office.name]


def verify_place(answer: Answer, batch: Batch, office: VerifierKey) -> Checkpoint:
    """The signed checkpoint in which our note stands where the answer says, or ReceiptError."""
    try:
        proof = TlogProof.from_text(answer.proof)
        checkpoint = proof.verify(batch.note.to_bytes(), office)
    except (NoteError, ProofError) as error:
        raise ReceiptError(error.what) from None
    if answer.position != proof.index + 1:
        raise ReceiptError(f"bukti untuk kiriman ke-{proof.index + 1}, bukan {answer.position}")
    return checkpoint


def _signed(answer: Answer, office: VerifierKey) -> Checkpoint:
    """The checkpoint of an answer, if the office signed it; what it proves is not looked at."""
    try:
        proof = TlogProof.from_text(answer.proof)
        return Checkpoint.opened(Note.from_bytes(proof.checkpoint), office)
    except (NoteError, ProofError) as error:
        raise ReceiptError(error.what) from None


def verify(answer: Answer, batch: Batch, office: VerifierKey, pinned: Seen) -> Seen:
    """What has been seen with this receipt, once it proves all that it should.

    Raises:
        ReceiptError: it does not; nothing may be concluded from it.
        ForkedError: it is rightly signed, and not the continuation of what we have pinned.
    """
    # Before anything else: what contradicts the past is evidence, whatever else is wrong with it.
    signed = _signed(answer, office)
    if signed.size < pinned.size:
        raise ForkedError(
            f"log kecamatan menyusut dari {pinned.size} menjadi {signed.size} kiriman",
        )
    _check_same(signed, pinned)
    checkpoint = verify_place(answer, batch, office)
    if pinned.size and answer.seen != pinned.size:
        raise ReceiptError(f"bukti kesinambungan tidak dimulai dari kiriman ke-{pinned.size}")
    try:
        verify_consistency(
            pinned.size,
            checkpoint.size,
            pinned.root,
            checkpoint.root,
            answer.consistency if pinned.size else (),
        )
    except ProofError as error:
        raise ForkedError(
            f"log kecamatan bukan lanjutan dari yang pernah dilihat desa ({error.what})",
        ) from None
    return Seen(checkpoint.size, checkpoint.root)


def verify_place_only(answer: Answer, batch: Batch, office: VerifierKey, pinned: Seen) -> Seen:
    """As `verify`, of a receipt that does not go on from what we have pinned.

    One that lay on a stick for long proves where the batch stands, not that nothing was lost
    since; so it settles nothing. It may still contradict.
    """
    _check_same(_signed(answer, office), pinned)
    checkpoint = verify_place(answer, batch, office)
    return Seen(checkpoint.size, checkpoint.root)


def _check_same(signed: Checkpoint, pinned: Seen) -> None:
    """Two roots of one size, both signed, contradict each other by themselves."""
    if signed.size == pinned.size and signed.root != pinned.root:
        raise ForkedError(
            f"log kecamatan bukan lanjutan dari yang pernah dilihat desa: dua isi yang berbeda "
            f"untuk {signed.size} kiriman",
        )
