"""Verification of a bundle, without a server and without a database (PROTOCOL section 12).

Read along section 12.3: first the office's own log, whose acts say which keys count where; then
each desa's log, batch by batch, with the office's notes of it. What the auditor trusts (`Trust`)
and kept (files that `Kept` reads) are arguments, since nothing in a bundle vouches for itself.
Not checked, because no bundle can show it: that the office's newest batches were not left out
(witnesses and kept receipts are for that), and, in a bundle of one record or of hashes, what the
hashed lines say.

Memory is bounded by the largest batch and some hundred bytes a batch. [pure]
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from ledger.admission import line_fault
from ledger.batch import LARGEST, Manifest, Seen, read_change
from ledger.bundle.batches import Stored, hash_of, is_hashed
from ledger.bundle.container import LARGEST_BATCH, Container
from ledger.bundle.form import (
    DECLARATION,
    LARGEST_DECLARATION,
    TRUST_ACTS,
    Declaration,
    DeclaredLog,
    batch_name,
    batch_position,
    checkpoint_name,
    expected_members,
    proof_name,
    witnessed_name,
)
from ledger.bundle.kept import Entry, Kept
from ledger.bundle.office import KeyState, OfficeState
from ledger.bundle.report import LogReport, Report
from ledger.bundle.tree import GrowingTree
from ledger.bundle.trust import Trust
from ledger.checkpoint import Checkpoint, TlogProof
from ledger.errors import BundleError, ManifestError, NoteError, ProofError
from ledger.keys import VerifierKey
from ledger.merkle import leaves_root, verify_inclusion
from ledger.note import Note
from ledger.policy import NO_QUORUM

_SMALL: Final = 1024 * 1024
_NO_PREVIOUS: Final = (0, bytes(32))

Progress = Callable[[int], None]
"""Told how many batches more have been looked at."""


def verify_bundle(
    file: Path | IO[bytes],
    trust: Trust,
    kept: Sequence[tuple[str, bytes]] = (),
    progress: Progress = lambda _: None,
) -> Report:
    """Everything that is wrong with a bundle, and where its logs stand.

    `kept` are files that the auditor kept, each as its name and what is in it. Never raises for
    what a file holds: whatever it is, it becomes a fault with its place.
    """
    report = Report()
    readable = list(_readable(kept, report))
    try:
        container = Container(file)
    except BundleError as error:
        report.fault("container", why=error.what)
        return report
    with container:
        _Verification(container, trust, readable, report, progress).run()
    return report


def _readable(kept: Sequence[tuple[str, bytes]], report: Report) -> Iterator[Kept]:
    for name, data in kept:
        try:
            yield Kept.from_bytes(name, data)
        except NoteError:
            report.fault("unreadable", why=name)


class _Verification:
    """One verification, from the file's members to its faults."""

    def __init__(
        self,
        container: Container,
        trust: Trust,
        kept: Sequence[Kept],
        report: Report,
        progress: Progress,
    ) -> None:
        self.container = container
        self.trust = trust
        self.kept = kept
        self.report = report
        self.progress = progress

    def run(self) -> None:
        """Check everything."""
        if self.container.wrapped:
            self.report.fault("container", why="ada bita di luar anggotanya")
        for name in self.container.twice:
            self.report.fault("member-twice", why=_shown(name))
        try:
            data = self.container.read(DECLARATION, LARGEST_DECLARATION)
            declared = Declaration.from_bytes(data)
        except BundleError as error:
            self.report.fault("declaration", why=error.what)
            return
        self.report.declared = {
            "origin": declared.origin,
            "office": declared.office,
            "made_at": declared.made_at,
            "lines": declared.lines,
            "acts": declared.acts,
            "record": None
            if declared.record is None
            else {"entity": declared.record.entity, "id": declared.record.id},
        }
        self._check_members(declared)
        office = OfficeState(f"{declared.origin}/{declared.office}")
        logs = [_Log(self, declared, it, office) for it in declared.logs]
        # Which keys count is known only after the office's log has been read.
        for log in logs:
            log.read()
            log.conclude()
        if declared.acts == "whole":
            for kode in office.desa.keys() - {it.kode for it in declared.logs}:
                self.report.fault("log-missing", kode)
        if declared.record is not None:
            self.report.remarks.append(
                "Berkas satu catatan tidak membuktikan bahwa tidak ada pernyataan lain tentangnya."
            )
        names = {f"{declared.origin}/{it.kode}" for it in declared.logs}
        for it in self.kept:
            if it.checkpoint.origin not in names:
                self.report.fault("older-checkpoint", why=f"{it.name}: log lain")

    def _check_members(self, declared: Declaration) -> None:
        expected = expected_members(declared)
        whole = {it.kode: it.size for it in declared.logs if it.positions is None}
        for name in sorted(self.container.names - expected.keys()):
            place = batch_position(name)
            if place is None or not 1 <= place[1] <= whole.get(place[0], 0):
                self.report.fault("member", why=_shown(name))


class _Log:
    """One log of a bundle: its batches in order, then its checkpoint."""

    def __init__(
        self,
        verification: _Verification,
        declared: Declaration,
        log: DeclaredLog,
        office: OfficeState,
    ) -> None:
        self._container = verification.container
        self._trust = verification.trust
        self._report = verification.report
        self._progress = verification.progress
        self._declared = declared
        self._log = log
        self._office = office
        self.kode = log.kode
        self.name = f"{declared.origin}/{log.kode}"
        self._kept = [it for it in verification.kept if it.checkpoint.origin == self.name]
        self._is_office = log.kode == declared.office
        self._partial = log.positions is not None
        self._tree = GrowingTree()
        self._chains: dict[str, tuple[int, bytes]] = {}
        self._seen = 0
        self._entries: dict[int, Entry] = {}
        self._wanted = {it.position for it in self._kept if it.position is not None}
        self._redacted: dict[tuple[int, int], bytes] = {}
        self._hidden: dict[tuple[int, int], bytes] = {}
        self._checkpoint: Checkpoint | None = None
        self._note: Note | None = None
        self.found = LogReport(log.kode)
        self._report.logs.append(self.found)

    def fault(
        self, code: str, position: int | None = None, line: int | None = None, **facts: object
    ) -> None:
        """Note a fault of this log."""
        self._report.fault(code, self.kode, position, line, **facts)

    # --- batches --------------------------------------------------------------------------------

    def read(self) -> None:
        """Look at every batch, in order."""
        self._note = self._read_checkpoint()
        if not self._is_office:
            self._redacted = dict(self._office.redacted.get(self.kode, {}))
        for position in self._positions():
            try:
                data = self._container.read(batch_name(self.kode, position), LARGEST_BATCH)
            except BundleError as error:
                self.fault("member-unreadable", position, why=error.what)
                self._tree.add(None)
                continue
            self._check(Stored.from_bytes(position, data))
            self._progress(1)
        if self._tree.size < self._log.size:
            self._tree.broken = True

    def _positions(self) -> list[int]:
        """The positions that are here; those that are not are faults, run by run."""
        wanted = self._log.positions
        here = sorted(
            place[1]
            for place in map(batch_position, self._container.names)
            if place is not None and place[0] == self.kode and 1 <= place[1] <= self._log.size
        )
        if wanted is not None:
            for position in sorted(set(wanted).difference(here)):
                self.fault("batch-missing", position, why="")
            return sorted(set(wanted).intersection(here))
        next_ = 1
        for position in [*here, self._log.size + 1]:
            if position > next_:
                upto = f" (sampai kiriman {position - 1})" if position - 1 > next_ else ""
                self.fault("batch-missing", next_, why=upto)
            next_ = position + 1
        return here

    def _check(self, batch: Stored) -> None:
        position = batch.position
        if not self._partial:
            self._tree.add(batch.leaf if self._tree.size + 1 == position else None)
        self.found.batches += 1
        try:
            note, manifest = batch.read()
        except ManifestError as error:
            self.fault("manifest-grammar", position, why=error.what)
            return
        if manifest.log != self.name:
            self.fault("wrong-log", position)
        if position in self._wanted:
            self._entries[position] = Entry(batch.leaf, manifest)
        # What is not of the extent that was signed may be more than memory holds, parted.
        sound = self._check_extent(batch, manifest) and self._check_lines(batch, manifest)
        if self._is_office and position == 1:
            self._found_office(batch)
        self._check_key(note, manifest, position)
        if self._partial:
            self._check_proof(batch)
        else:
            self._check_chain(manifest, position)
            self._check_seen(manifest.seen, position)
        if self._is_office and sound:
            self._apply_acts(batch)

    def _found_office(self, batch: Stored) -> None:
        """The first act names the keys that sign it and everything after it."""
        first = batch.first_line
        if is_hashed(first) or line_fault(first, LARGEST.line) is not None:
            self.fault("founding", 1, 1, why="baris pertama tidak terbaca")
            return
        change = read_change(first)
        if change.entity != "kantor" or change.op != "put":
            self.fault("founding", 1, 1, why="baris pertama bukan kantor")
            return
        self._apply(1, 1, first)

    def _check_key(self, note: Note, manifest: Manifest, position: int) -> None:
        name = manifest.chain
        if self._is_office:
            key = self._office.office_key
            if key is None or key.name != name:
                self.fault("key-unknown", position, why=name)
            elif not key.signed(note):
                self.fault("signature", position, why=name)
            return
        kind, owner, _ = name.split("/")
        if kind == "desa" and owner != self.kode:
            self.fault("key-foreign", position, why=name)
            return
        state = self._office.keys.get((self.kode, name))
        if state is None:
            self.fault("key-unknown", position, why=name)
            return
        self._check_state(note, state, position)

    def _check_state(self, note: Note, state: KeyState, position: int) -> None:
        verifier = state.verifier
        if verifier.weak:
            self.fault("key-weak", position, why=verifier.name)
            return
        if not verifier.signed(note):
            self.fault("signature", position, why=verifier.name)
        elif not state.valid_at(position):
            self.fault("key-not-valid", position, why=verifier.name)
        if state.disputed_at(position):
            self.found.disputed.append(position)
        if verifier.name not in self.found.keys:
            known = self._known(state)
            self.found.keys[verifier.name] = bool(known)
            if known is False:
                self.fault("fingerprint", position, why=verifier.name)

    def _known(self, state: KeyState) -> bool | None:
        """Whether the auditor has this key, or one that handed over to it; None for neither."""
        known = self._trust.knows(state.verifier)
        while known is None and (old := self._office.before(self.kode, state)):
            state = old
            if (before := self._trust.knows(state.verifier)) is not None:
                # That it is not the auditor's is the fault of the older key, in its own place.
                return before or None
        return known

    def _check_chain(self, manifest: Manifest, position: int) -> None:
        name, number = manifest.chain, manifest.number
        before, hash_ = self._chains.get(name, _NO_PREVIOUS)
        if number > before + 1:
            self.fault("gap", position, why=name, expected=before + 1, found=number)
        elif number <= before or manifest.prev != hash_:
            self.fault("fork", position, why=name, found=number)
        if number > before:
            self._chains[name] = number, manifest.hash

    def _check_seen(self, seen: Seen, position: int) -> None:
        # A tree that lost a leaf has no roots from there on; the loss was told in its place.
        if seen.size >= position:
            self.fault("history", position, found=seen.size)
            return
        root = self._tree.root(seen.size)
        if root == seen.root:
            self._seen = max(self._seen, seen.size)
        elif not (root is None and self._tree.broken):
            self.fault("history", position, found=seen.size)

    def _check_proof(self, batch: Stored) -> None:
        try:
            data = self._container.read(proof_name(self.kode, batch.position), _SMALL)
            self._prove(batch, TlogProof.from_text(data.decode()))
        except UnicodeDecodeError:
            self.fault("proof", batch.position, why="bukan UTF-8")
        except (BundleError, NoteError, ProofError) as error:
            self.fault("proof", batch.position, why=error.what)

    def _prove(self, batch: Stored, proof: TlogProof) -> None:
        if self._note is None or proof.checkpoint != self._note.to_bytes():
            raise ProofError("checkpoint di dalamnya bukan checkpoint berkas ini")
        if proof.index != batch.position - 1:
            raise ProofError("nomor daun bukan posisi ini")
        at = Checkpoint.from_text(self._note.text)
        verify_inclusion(batch.leaf, proof.index, at.size, proof.hashes, at.root)

    # --- lines ----------------------------------------------------------------------------------

    def _check_extent(self, batch: Stored, manifest: Manifest) -> bool:
        """Whether there are as many lines as were signed, and not more bytes."""
        position, ended, length = batch.position, batch.ended, len(batch.body)
        self.found.changes += ended
        if manifest.count > LARGEST.changes:
            self.fault("batch-too-large", position, expected=manifest.count)
            return False
        if ended != manifest.count:
            self.fault("count-mismatch", position, expected=manifest.count, found=ended)
        longer = False
        if length != manifest.length and not batch.any_hashed:
            self.fault("bytes-mismatch", position, expected=manifest.length, found=length)
            longer = length > manifest.length
        return ended == manifest.count and not longer

    def _check_lines(self, batch: Stored, manifest: Manifest) -> bool:
        """Whether the lines are those that were signed; faults of single lines are noted."""
        lines, position = batch.lines, batch.position
        # The length first: mostly it is right, and then the body is not looked through for hashes.
        sound = len(batch.body) == manifest.length or batch.any_hashed
        hidden = 0
        hashes = []
        for number, line in enumerate(lines, start=1):
            hash_ = hash_of(line)
            if hash_ is None:
                self.fault("line-hash", position, number)
                sound = False
                continue
            hashes.append(hash_)
            if is_hashed(line):
                hidden += 1
                self._check_hidden(hash_, position, number)
            elif fault := line_fault(line, LARGEST.line):
                self.fault(fault, position, number)
                sound = False
            else:
                self._check_whole(line, position, number)
        self.found.hidden += hidden
        if len(hashes) == len(lines) and leaves_root(hashes) != manifest.changes:
            self.fault("root-mismatch", position)
            sound = False
        return sound

    def _check_hidden(self, hash_: bytes, position: int, line: int) -> None:
        if self._is_office:
            # What is redacted in the office's own log, a later act in it says.
            if self._shows_all:
                self._hidden[position, line] = hash_
            return
        self._check_redacted(hash_, position, line)

    def _check_redacted(self, hash_: bytes, position: int, line: int) -> None:
        stated = self._redacted.pop((position, line), None)
        if stated is not None:
            self.found.redacted += 1
            if stated != hash_:
                self.fault("redaction-hash", position, line)
        elif self._shows_all:
            self.fault("redaction-unnamed", position, line)

    def _check_whole(self, line: bytes, position: int, number: int) -> None:
        if self._redacted.pop((position, number), None) is not None:
            self.fault("redaction-undone", position, number)
        if not self._shows_all and not self._may_show(line):
            self.fault("line-whole", position, number)

    @property
    def _shows_all(self) -> bool:
        """Whether only redacted lines are hashes here."""
        if self._is_office:
            return self._declared.acts == "whole"
        return self._declared.lines == "whole" and not self._partial

    def _may_show(self, line: bytes) -> bool:
        """Whether a bundle of this kind may have this line whole."""
        if self._is_office:
            return read_change(line).entity in TRUST_ACTS
        record = self._declared.record
        if self._declared.lines == "hashed" or record is None:
            return False
        change = read_change(line)
        return (change.entity, change.id) == (record.entity, record.id)

    def _apply_acts(self, batch: Stored) -> None:
        for number, line in enumerate(batch.lines, start=1):
            founding = (batch.position, number) == (1, 1)
            if not founding and not is_hashed(line):
                self._apply(batch.position, number, line)

    def _apply(self, position: int, number: int, line: bytes) -> None:
        def tell(code: str, **facts: object) -> None:
            self.fault(code, position, number, **facts)

        self._office.apply(read_change(line), position, number, tell)

    # --- what binds it all ----------------------------------------------------------------------

    def _read_checkpoint(self) -> Note | None:
        try:
            note = Note.from_bytes(self._container.read(checkpoint_name(self.kode), _SMALL))
            checkpoint = Checkpoint.from_text(note.text)
        except (BundleError, NoteError) as error:
            self.fault("checkpoint", why=error.what)
            return None
        if checkpoint.origin != self.name:
            self.fault("checkpoint", why="milik log lain")
            return None
        self._checkpoint = checkpoint
        self.found.size, self.found.root = checkpoint.size, checkpoint.root.hex()
        return note

    def conclude(self) -> None:
        """Hold the log against its checkpoint, the office's notes, and what the auditor kept."""
        older = self._read_witnessed() if self._is_office else None
        if self._checkpoint is not None and self._note is not None:
            at = self._checkpoint
            self._check_signed(self._note, older)
            if at.size != self._log.size:
                self.fault("size", expected=at.size, found=self._log.size)
            root = self._tree.root(at.size)
            if not self._partial and root != at.root and not self._lost(at.size):
                self.fault("root", why=self._since())
        self._check_anchors()
        if not self._partial:
            self._check_redactions()
        for it in self._kept:
            self._check_kept(it)
        self._remark()

    def _since(self) -> str:
        """From where on another root may come, as far as the log's senders have seen."""
        if not self._seen:
            return ""
        return f"; sampai kiriman ke-{self._seen} log ini seperti yang dilihat para pengirimnya"

    def _check_redactions(self) -> None:
        """What the office says was redacted, and is not there at all."""
        if self._is_office and self._shows_all:
            self._redacted = dict(self._office.redacted.get(self.kode, {}))
            for (position, line), hash_ in self._hidden.items():
                self._check_redacted(hash_, position, line)
        for position, line in sorted(self._redacted):
            if not self._lost(position):
                self.fault("redaction-place", position, line)

    def _remark(self) -> None:
        """What the auditor should know and that is no fault."""
        remarks, found = self._report.remarks, self.found
        for name, known in found.keys.items():
            if not known:
                remarks.append(f"Kunci {name} hanya dijamin kecamatan: tidak ada di kebijakan.")
        if found.disputed:
            places = ", ".join(map(str, found.disputed[:20]))
            remarks.append(f"{self.kode}: kiriman yang disengketakan desa: {places}.")
        if self._is_office and not self._shows_all and found.hidden:
            remarks.append(
                f"{found.hidden} catatan kantor hanya berupa hash; di antaranya tidak dapat "
                "dilihat apakah ada yang seharusnya mengubah putusan ini."
            )

    def _root(self, size: int) -> bytes | None:
        """The log's root at a size, as far as the bundle shows it: of a part, only at its end."""
        at = self._checkpoint
        if self._partial and at is not None and size == at.size:
            return at.root
        return self._tree.root(size)

    def _differs(self, size: int, root: bytes) -> bool:
        """Whether the log had another root at this size, or never was of it."""
        found = self._root(size)
        if found is None and self._partial:
            return self._checkpoint is not None and size > self._checkpoint.size
        return found != root and not self._lost(size)

    def _lost(self, size: int) -> bool:
        """Whether a leaf within the first `size` is missing, which was told in its place."""
        return self._tree.broken and self._tree.root(size) is None

    def _check_signed(self, note: Note, older: Note | None) -> None:
        keys = self._log_keys()
        newest = self._office.log_keys[-1].public if self._office.log_keys else None
        if newest is None or newest not in keys or not VerifierKey(self.name, newest).signed(note):
            self.fault("checkpoint-key")
            return
        if self._trust.policy.quorum != NO_QUORUM:
            self._check_witnessed([note, *([older] if older else [])])

    def _check_witnessed(self, notes: Sequence[Note]) -> None:
        """How far witnesses have seen the log: itself, or as the office's log says of it."""
        sizes = [Checkpoint.from_text(it.text).size for it in notes if self._reached(it)]
        seen = self._office.witnessed
        anchors = self._office.anchors.get(self.kode, ())
        sizes += [it.size for it in anchors if it.position <= seen]
        size = max(sizes, default=0)
        if self._is_office:
            self._office.witnessed = size
        self.found.witnessed = size
        if size == 0 < self._log.size:
            self.fault("quorum")
        elif size < self._log.size:
            self._report.remarks.append(
                f"{self.kode}: disaksikan sampai kiriman {size} dari {self._log.size}."
            )

    def _read_witnessed(self) -> Note | None:
        """The older checkpoint that the bundle has for its cosignatures, if it is one."""
        name = witnessed_name(self.kode)
        if name not in self._container.names:
            return None
        try:
            note = Note.from_bytes(self._container.read(name, _SMALL))
            at = Checkpoint.from_text(note.text)
        except (BundleError, NoteError) as error:
            self.fault("checkpoint", why=error.what)
            return None
        if at.origin != self.name or not self._signers(note):
            self.fault("checkpoint-key")
        elif self._differs(at.size, at.root):
            self.fault("older-checkpoint", why=name)
        elif not self._cosigned(note) or (self._note and self._cosigned(self._note)):
            self._report.fault("member", why=name)
        else:
            return note
        return None

    def _cosigned(self, note: Note) -> bool:
        """Whether anybody but the log itself signed."""
        return any(it.name != self.name for it in note.signatures)

    def _signers(self, note: Note) -> list[VerifierKey]:
        keys = [VerifierKey(self.name, it) for it in self._log_keys()]
        return [it for it in keys if it.signed(note)]

    def _reached(self, note: Note) -> bool:
        try:
            self._trust.policy.opened(note, self._signers(note)[0])
        except (NoteError, ProofError):
            return False
        return True

    def _log_keys(self) -> set[bytes]:
        """The keys of the office that the policy names, or that a proven change leads to."""
        keys = [it.public for it in self._office.log_keys]
        named = self._trust.host_keys(self._declared.origin)
        trusted = {it for it in keys if it in named}
        steps = list(zip(keys, keys[1:], self._office.proven, strict=False))
        for old, new, proven in (*steps, *((b, a, ok) for a, b, ok in reversed(steps))):
            if proven and old in trusted:
                trusted.add(new)
        return trusted

    def _check_anchors(self) -> None:
        for anchor in self._office.anchors.get(self.kode, ()):
            if self._differs(anchor.size, anchor.root):
                self.fault("anchor", anchor.size, expected=anchor.size)

    def _check_kept(self, it: Kept) -> None:
        code = "older-checkpoint" if it.position is None else "receipt"
        at = it.checkpoint
        if not self._signers(it.note):
            self.fault(code, it.position, why=f"{it.name}: tidak ditandatangani kecamatan")
            return
        if self._differs(at.size, at.root):
            self.fault(code, min(at.size, self._log.size) or None, why=it.name)
            return
        entry = self._entries.get(it.position or 0)
        try:
            it.check(entry, self._root)
        except ProofError as error:
            self.fault(code, it.position, why=f"{it.name}: {error.what}")
        if self._partial and entry is None and self._root(at.size) is None:
            self._report.remarks.append(
                f"{self.kode}: {it.name} tidak dapat dibandingkan dengan sebagian log ini."
            )


def _shown(name: str) -> str:
    """A member's name, safe to print."""
    return repr(name[:100])[1:-1]
