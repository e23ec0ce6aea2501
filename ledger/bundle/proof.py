"""The proof of one change: the line, two short paths, the manifest, the checkpoint.

A file of some kilobytes that shows, without the rest of the log, that a desa signed a statement
and that the office keeps it: the line's path leads to the root that the manifest signs, the
manifest's to the root of the checkpoint (PROTOCOL section 12.4). [pure]
"""

from collections.abc import Sequence

import msgspec

from ledger.admission import line_fault
from ledger.batch import LARGEST
from ledger.bundle.batches import Stored, hash_of, hidden, is_hashed
from ledger.bundle.report import LogReport, Report
from ledger.bundle.trust import Trust
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import BundleError, ManifestError, NoteError, ProofError
from ledger.keys import VerifierKey
from ledger.merkle import HASH_SIZE, inclusion_ranges, leaves_root, verify_inclusion
from ledger.note import Note, from_base64, to_base64

FORMAT = "opendk-ledger/change-proof/v1"


class ChangeProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proof as it is kept, as JSON.

    Attributes:
        position, line: where the change stands, from 1.
        vkey: the key that signed the batch; whose it is, the auditor's policy says.
        change: the line, or its hash as a line.
        path: RFC 6962 hashes from the line up to the manifest's `changes`.
        manifest: the signed note.
        proof: a C2SP tlog-proof of that note, with the checkpoint.
    """

    format: str
    position: int
    line: int
    vkey: str
    change: str
    path: tuple[str, ...]
    manifest: str
    proof: str

    @classmethod
    def made(cls, batch: Stored, line: int, proof: TlogProof, vkey: str) -> "ChangeProof":
        """The proof of a line of a batch, of whose place `proof` is one."""
        hashes = [hash_of(it) or b"" for it in batch.lines]
        return cls(
            format=FORMAT,
            position=batch.position,
            line=line,
            vkey=vkey,
            change=batch.lines[line - 1].decode(),
            path=tuple(map(to_base64, paths(hashes, line - 1))),
            manifest=batch.note.decode(),
            proof=proof.to_text(),
        )

    def hashed(self) -> "ChangeProof":
        """The same proof without what the line says."""
        return msgspec.structs.replace(self, change=hidden(self.change.encode()).decode())

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> "ChangeProof":
        """Read it, or raise BundleError."""
        try:
            found = msgspec.json.decode(data, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise BundleError("bukan bukti satu perubahan") from None
        if found.format != FORMAT:
            raise BundleError(f"bentuknya bukan {FORMAT}")
        return found


def paths(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The RFC 6962 inclusion path of a leaf among all leaf hashes."""
    return tuple(leaves_root(hashes[a:b]) for a, b in inclusion_ranges(index, len(hashes)))


def verify_change(data: bytes, trust: Trust) -> Report:
    """Everything that is wrong with the proof of one change; never raises for what it holds."""
    report = Report()
    try:
        _Check(ChangeProof.from_bytes(data), trust, report).run()
    except BundleError as error:
        report.fault("container", why=error.what)
    return report


class _Check:
    """The verification of one proof."""

    def __init__(self, it: ChangeProof, trust: Trust, report: Report) -> None:
        self._it = it
        self._trust = trust
        self._report = report
        self._log: str | None = None

    def _fault(self, code: str, **facts: object) -> None:
        self._report.fault(code, self._log, self._it.position, self._it.line, **facts)

    def run(self) -> None:
        """From the line up to the checkpoint."""
        batch = Stored.from_bytes(self._it.position, self._it.manifest.encode() + b"\n")
        try:
            note, manifest = batch.read()
        except ManifestError as error:
            self._fault("manifest-grammar", why=error.what)
            return
        self._log = manifest.log.partition("/")[2]
        self._report.logs.append(LogReport(self._log, batches=1, changes=1))
        self._check_line(manifest.changes, manifest.count)
        self._check_key(note, manifest.chain)
        self._check_place(batch, manifest.log)

    def _check_line(self, root: bytes, count: int) -> None:
        line = self._it.change.encode()
        hash_ = hash_of(line)
        if hash_ is None:
            self._fault("line-hash")
            return
        if is_hashed(line):
            self._report.remarks.append("Baris ini hanya berupa hash: isinya tidak terlihat.")
        elif fault := line_fault(line, LARGEST.line):
            self._fault(fault)
        try:
            path = [from_base64(it, HASH_SIZE) for it in self._it.path]
            verify_inclusion(hash_, self._it.line - 1, count, path, root)
        except NoteError as error:
            self._fault("proof", why=error.what)
        except ProofError:
            self._fault("root-mismatch")

    def _check_key(self, note: Note, chain: str) -> None:
        try:
            key = VerifierKey.from_vkey(self._it.vkey)
        except NoteError:
            self._fault("key-unknown", why=chain)
            return
        if key.name != chain or not key.signed(note):
            self._fault("signature", why=chain)
            return
        known = self._trust.knows(key)
        if known is False:
            self._fault("fingerprint", why=chain)
        elif known is None:
            self._report.remarks.append(
                f"Kunci {chain} hanya dijamin kecamatan: tidak ada di kebijakan."
            )

    def _check_place(self, batch: Stored, log: str) -> None:
        try:
            proof = TlogProof.from_text(self._it.proof)
            note = Note.from_bytes(proof.checkpoint)
            at = Checkpoint.from_text(note.text)
            verify_inclusion(batch.leaf, batch.position - 1, at.size, proof.hashes, at.root)
        except (NoteError, ProofError) as error:
            self._fault("proof", why=error.what)
            return
        if at.origin != log or proof.index != batch.position - 1:
            self._fault("proof", why="bukan bukti tempat kiriman ini")
            return
        found = self._report.logs[0]
        found.size, found.root = at.size, at.root.hex()
        keys = [VerifierKey(log, it) for it in self._trust.host_keys(log.partition("/")[0])]
        signer = next((it for it in keys if it.signed(note)), None)
        if signer is None:
            self._fault("checkpoint-key")
            return
        try:
            self._trust.policy.opened(note, signer)
        except (NoteError, ProofError):
            self._fault("quorum")
