"""The sender's folder: what one computer of a desa remembers between pushes.

    identity.json               whose it is, under which label, and the office's key (pinned once)
    key                         the seed of the signing key, in hexadecimal
    keys/, rotation.json        the keys before it, and one that is about to follow (`rotation`)
    position.json               where our chain stands, and the newest checkpoint we verified
    checkpoint                  that one as the office signed it
    hashes.json                 what the office was told: a hash a record, no personal data
    pending/<batch>.batch       signed, not yet receipted
    sent/<batch>.batch          receipted; the office's copy can be healed from these
    receipts/<number>.json      the answer, and beside it the .tlog-proof
    evidence/                   answers that were not believed
    kotak-masuk/                what the office said: a JSON file an item, and signed letters
    inbox.json                  how far that was read
    lock                        held while somebody uses the folder

A batch is written to `pending` before it is sent, and moved to `sent` as the last step of
settling; every step before can be done again. So after a crash anywhere, delivering what is
pending leads to where the push would have led.
"""

import io
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from cli.sender import files
from cli.sender.errors import (
    LabelError,
    OfficeUnknownError,
    StateDamagedError,
    StateMismatchError,
    StateMissingError,
)
from cli.sender.identity import (
    LABEL,
    Identity,
    Position,
    read_bytes,
    read_json,
    read_seed,
    written_seed,
)
from cli.sender.receipts import Answer
from cli.sender.rotation import (
    Rotation,
    abandon,
    change_over,
    next_label,
    read_rotation,
    write_rotation,
)
from ledger import (
    Batch,
    BatchReader,
    Change,
    KeyNote,
    Limits,
    NoteError,
    RefusalError,
    Seen,
    SigningKey,
    TlogProof,
    Told,
    VerifierKey,
    learn,
    read_change,
    read_key_note,
)

_T = TypeVar("_T")
_FORMAT = 1
DEFAULT_LABEL = "opensid-1"
_OWN = Limits(changes=1 << 31, line=1 << 31, body=1 << 40)
"""What we wrote ourselves is read whatever its size."""
DEFAULT_OWN = Limits(changes=1 << 31, line=1 << 31, body=1 << 40)
"""What we wrote ourselves is read whatever its size."""
_FOLDERS = ("pending", "sent", "receipts", "evidence")


def create_state(folder: Path, kode_desa: str, label: str | None = None) -> None:
    """Make a state with a new key, or do nothing if the folder has that of this desa and label.

    Raises:
        LabelError: the label cannot be part of a key's name.
        StateMismatchError: the folder has another one's.
        StateError: it cannot be written, or is in use.
    """
    if label is not None and not LABEL.fullmatch(label):
        raise LabelError(label)
    files.make_folder(folder)
    with files.locked(folder):
        if (folder / "identity.json").exists():
            ours = read_json(folder / "identity.json", Identity)
            if ours.kode_desa != kode_desa:
                raise StateMismatchError("desa", ours.kode_desa, kode_desa)
            if label not in {None, ours.label, *ours.before}:
                raise StateMismatchError("label", ours.label, str(label))
            return
        for name in _FOLDERS:
            files.make_folder(folder / name)
        files.write(folder / "key", written_seed(secrets.token_bytes(32)))
        # Last: a folder without it is none yet, and a new key may be made.
        identity = Identity(_FORMAT, kode_desa, label or DEFAULT_LABEL)
        files.write(folder / "identity.json", msgspec.json.encode(identity))


@contextmanager
def open_state(folder: Path) -> Iterator["State"]:
    """The state in a folder, held alone.

    Raises:
        StateError: there is none, it is in use, or it is damaged.
    """
    if not (folder / "identity.json").exists():
        raise StateMissingError(folder)
    with files.locked(folder):
        yield State(folder)


class State:
    """An open folder. Made by `open_state`, which holds its lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._load()

    def _load(self) -> None:
        folder = self._folder
        self.rotation = read_rotation(folder)
        if self.rotation and self.rotation.taken:
            change_over(folder, self.rotation)
            self.rotation = None
        self._identity = read_json(folder / "identity.json", Identity)
        if self._identity.format != _FORMAT:
            raise StateDamagedError(folder / "identity.json", "dari versi program yang lain")
        name = self._identity.key_name(self._identity.label)
        self.key = SigningKey(name, read_seed(folder / "key"))
        self.position = self._remembered("position.json", Position, Position())

    @property
    def kode_desa(self) -> str:
        """The desa, dotted."""
        return self._identity.kode_desa

    # --- the office's key -----------------------------------------------------------------------

    @property
    def office(self) -> VerifierKey:
        """The key of our log at the office, as given on paper.

        Raises:
            OfficeUnknownError: it has not been given.
        """
        if self._identity.office is None:
            raise OfficeUnknownError
        try:
            return VerifierKey.from_vkey(self._identity.office)
        except NoteError as error:
            raise StateDamagedError(self._folder / "identity.json", error.what) from None

    def pin(self, office: VerifierKey) -> None:
        """Remember the office's key, once and for all.

        Raises:
            StateMismatchError: another one is remembered, or it is another log's.
        """
        if (owner := office.name.rpartition("/")[2]) != self.kode_desa:
            raise StateMismatchError("desa", self.kode_desa, owner)
        ours, asked = self._identity.office, office.to_vkey()
        if ours not in {None, asked}:
            raise StateMismatchError("kunci kecamatan", str(ours), asked)
        if ours is None:
            identity = msgspec.structs.replace(self._identity, office=asked)
            files.write(self._folder / "identity.json", msgspec.json.encode(identity))
            self._identity = identity

    def move_pin(self, office: VerifierKey, notes: Sequence[str]) -> None:
        """Remember the key that the office's handed over to, and the notes that prove it."""
        identity = msgspec.structs.replace(
            self._identity,
            office=office.to_vkey(),
            handed_over=(*self._identity.handed_over, *notes),
        )
        files.write(self._folder / "identity.json", msgspec.json.encode(identity))
        self._identity = identity

    # --- our own key ----------------------------------------------------------------------------

    def enrol_note(self, write: Callable[[], KeyNote]) -> bytes:
        """The note that introduces our key: the one that was kept, or `write` gives it.

        One that says the same of the same code is sent again as it was: the office knows it.
        """
        path, said = self._folder / "keys" / f"{self._identity.label}.enrol", write()
        if path.exists():
            kept = read_bytes(path)
            try:
                if read_key_note(kept)[1].code == said.code:
                    return kept
            except RefusalError as error:
                raise StateDamagedError(path, str(error)) from None
        note = said.signed(self.key).to_bytes()
        files.make_folder(path.parent)
        files.write(path, note)
        return note

    def begin_rotation(self, now: datetime, label: str | None = None) -> Rotation:
        """Make the key that is to follow ours, and the note that both sign; keep them.

        Without a label of its own it is called after ours. What was begun before is gone on with.

        Raises:
            LabelError: the label cannot be part of a key's name.
        """
        if self.rotation is not None:
            return self.rotation
        taken = {self._identity.label, *self._identity.before}
        new = label if label and label not in taken else next_label(self._identity.label)
        if not LABEL.fullmatch(new):
            raise LabelError(new)
        key = SigningKey(self._identity.key_name(new), secrets.token_bytes(32))
        said = KeyNote(self.office.name, "rotate", key.verifier, now, old=self.key.verifier)
        note = said.signed(self.key, key).to_bytes().decode()
        self.rotation = Rotation(new, key.seed.hex(), note)
        write_rotation(self._folder, self.rotation)
        return self.rotation

    def finish_rotation(self) -> None:
        """The office has taken the note: from here on the folder is the new key's."""
        if self.rotation is not None:
            write_rotation(self._folder, msgspec.structs.replace(self.rotation, taken=True))
            # --- the point of no return: the rest is done now, or when the folder is opened ---
            self._load()

    def abandon_rotation(self) -> None:
        """The office has refused the note: the old key goes on."""
        if self.rotation is not None:
            abandon(self._folder, self.rotation)
            self.rotation = None

    # --- what was told --------------------------------------------------------------------------

    def told(self) -> Told:
        """What the office was told, also by batches that are still pending."""
        told = self._receipted()
        for batch in self.pending():
            learn(told, self._changes(batch))
        return told

    def _receipted(self) -> Told:
        return self._remembered("hashes.json", Told, {})

    def _remembered(self, name: str, kind: type[_T], at_first: _T) -> _T:
        """What a file says that settling writes; `at_first` only while nothing was settled."""
        path = self._folder / name
        if path.exists() or any(self._list("sent", "*.batch")):
            return read_json(path, kind)
        return at_first

    def _changes(self, batch: Batch) -> Iterator[Change]:
        for line in batch.body.removesuffix(b"\n").split(b"\n"):
            try:
                yield read_change(line)
            except msgspec.MsgspecError:
                path = self._folder / self.file_name(batch.manifest.number)
                raise StateDamagedError(path, "sebuah baris tidak terbaca") from None

    # --- what the office says -------------------------------------------------------------------

    @property
    def inbox(self) -> Path:
        """The folder with what it said."""
        return self._folder / "kotak-masuk"

    def read_until(self) -> str:
        """How far that was read; empty: nothing yet."""
        path = self._folder / "inbox.json"
        return read_json(path, str) if path.exists() else ""

    def keep_told(self, name: str, data: bytes) -> None:
        """Keep something that the office said."""
        files.make_folder(self.inbox)
        files.write(self.inbox / name, data)

    def mark_read(self, until: str) -> None:
        """All of it that came until there is kept."""
        files.write(self._folder / "inbox.json", msgspec.json.encode(until))

    # --- batches --------------------------------------------------------------------------------

    def file_name(self, number: int, label: str | None = None) -> str:
        """What a batch of ours is called, here and on a stick."""
        return f"{self.file_stem(label)}-{number}.batch"

    def file_stem(self, label: str | None = None) -> str:
        """What the names of our files begin with."""
        return f"{self._identity.kode_desa}-{label or self._identity.label}"

    @property
    def labels_before(self) -> tuple[str, ...]:
        """The labels of keys that have handed over: of these nothing is pending."""
        return self._identity.before

    def pending(self) -> list[Batch]:
        """The batches that are signed and not receipted, in their order."""
        numbers = (path.stem.rpartition("-")[2] for path in self._list("pending", "*-*.batch"))
        return [
            self._batch("pending", number)
            for number in sorted(int(it) for it in numbers if it.isascii() and it.isdigit())
        ]

    def chain_end(self) -> tuple[int, bytes]:
        """Number and manifest hash of the newest batch that we signed; 0 and NO_PREVIOUS at first.

        A batch on a stick may have arrived, so what is pending counts.
        """
        if pending := self.pending():
            return pending[-1].manifest.number, pending[-1].manifest.hash
        return self.position.number, self.position.prev

    def add_pending(self, batch: Batch) -> None:
        """Keep a batch before anybody hears of it: whatever happens, it is this text or none."""
        files.write(
            self._folder / "pending" / self.file_name(batch.manifest.number),
            batch.to_bytes(),
        )

    def sent(self, number: int) -> Batch:
        """A batch that has its receipt."""
        return self._batch("sent", number)

    def answer(self, number: int) -> Answer:
        """The office's answer to it."""
        return read_json(self._folder / "receipts" / f"{number}.json", Answer)

    def newest(self) -> tuple[Batch, Answer] | None:
        """Our newest batch that has a receipt, and that; also of a key that has handed over."""
        if number := self.position.number:
            return self.sent(number), self.answer(number)
        for label in reversed(self._identity.before):
            receipts = self._folder / f"receipts-{label}"
            numbers = [int(it.stem) for it in receipts.glob("*.json")]
            if numbers:
                number = max(numbers)
                answer = read_json(receipts / f"{number}.json", Answer)
                return self._batch("sent", number, label), answer
        return None

    def settle(self, batch: Batch, answer: Answer, seen: Seen) -> None:
        """Note that the batch stands in the log, as a verified answer says, and what we saw.

        Each step may be repeated; the last one, the move, ends it.
        """
        number = batch.manifest.number
        receipts = self._folder / "receipts"
        files.write(receipts / f"{number}.json", msgspec.json.encode(answer))
        files.write(receipts / f"{number}.tlog-proof", answer.proof.encode())
        told = self._receipted()
        learn(told, self._changes(batch))
        files.write(self._folder / "hashes.json", msgspec.json.encode(told))
        self._keep_checkpoint(answer)
        self._stand_at(Position(number, batch.manifest.hash, seen.size, seen.root))
        self.finish(batch)

    def finish(self, batch: Batch) -> None:
        """The last step of settling."""
        name = self.file_name(batch.manifest.number)
        files.move(self._folder / "pending" / name, self._folder / "sent" / name)

    def advance(self, answer: Answer, seen: Seen) -> None:
        """Note the newer checkpoint of an answer that was verified."""
        if seen.size > self.position.size:
            self._keep_checkpoint(answer)
            self._stand_at(msgspec.structs.replace(self.position, size=seen.size, root=seen.root))

    def keep_evidence(self, number: int, answer: Answer) -> Path:
        """Keep an answer that was not believed; two that contradict each other prove a lie."""
        data = msgspec.json.encode(answer)
        taken = len(list(self._list("evidence", f"{number}-*.json")))
        path = self._folder / "evidence" / f"{number}-{taken + 1}.json"
        files.write(path, data)
        return path

    def keep_contradiction(self, number: int, theirs: str) -> tuple[Path, ...]:
        """Keep a signed checkpoint that contradicts ours, and ours beside it."""
        taken = len(list(self._list("evidence", f"{number}-*.checkpoint-baru")))
        stem = self._folder / "evidence" / f"{number}-{taken + 1}"
        kept = [(stem.with_suffix(".checkpoint-baru"), theirs.encode())]
        if (self._folder / "checkpoint").exists():
            ours = read_bytes(self._folder / "checkpoint")
            kept.insert(0, (stem.with_suffix(".checkpoint-lama"), ours))
        for path, data in kept:
            files.write(path, data)
        return tuple(path for path, _ in kept)

    def export(self, batch: Batch, folder: Path) -> Path:
        """Write a batch to a folder, such as a stick's, for the office to receive."""
        path = folder / self.file_name(batch.manifest.number)
        files.write(path, batch.to_bytes(), mode=0o644)
        return path

    def _keep_checkpoint(self, answer: Answer) -> None:
        """Keep what the office signed of the log that we are about to have seen."""
        proof = TlogProof.from_text(answer.proof)
        files.write(self._folder / "checkpoint", proof.checkpoint)

    def _stand_at(self, position: Position) -> None:
        files.write(self._folder / "position.json", msgspec.json.encode(position))
        self.position = position

    def _list(self, folder: str, pattern: str) -> Iterator[Path]:
        return (self._folder / folder).glob(pattern)

    def _batch(self, folder: str, number: int, label: str | None = None) -> Batch:
        path = self._folder / folder / self.file_name(number, label)
        key = self.key
        if label is not None:
            seed = read_seed(self._folder / "keys" / label)
            key = SigningKey(self._identity.key_name(label), seed)
        try:
            reader = BatchReader(io.BytesIO(read_bytes(path)), _OWN)
            batch = Batch(reader.note, reader.manifest, reader.body())
        except RefusalError as error:
            raise StateDamagedError(path, str(error)) from None
        if not key.verifier.signed(batch.note):
            raise StateDamagedError(path, "bukan tanda tangan kunci ini")
        return batch
