"""The sender's folder: what one computer of a desa remembers between pushes.

    identity.json               whose it is, under which label, and the office's key (pinned once)
    key                         the seed of the signing key, in hexadecimal
    position.json               where our chain stands, and the newest checkpoint we verified
    hashes.json                 what the office was told: a hash a record, no personal data
    pending/<batch>.batch       signed, not yet receipted
    sent/<batch>.batch          receipted; the office's copy can be healed from these
    receipts/<number>.json      the answer, and beside it the .tlog-proof
    evidence/                   answers that were not believed
    lock                        held while somebody uses the folder

A batch is written to `pending` before it is sent, and moved to `sent` as the last step of
settling; every step before can be done again. So after a crash anywhere, delivering what is
pending leads to where the push would have led.
"""

import io
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
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
    StateUnusableError,
)
from cli.sender.receipts import Answer
from ledger import (
    NO_PREVIOUS,
    NOTHING_SEEN,
    Batch,
    BatchReader,
    Change,
    Limits,
    NoteError,
    RefusalError,
    Seen,
    SigningKey,
    Told,
    VerifierKey,
    learn,
    read_change,
)

_T = TypeVar("_T")
_FORMAT = 1
DEFAULT_LABEL = "opensid-1"
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_OWN = Limits(changes=1 << 31, line=1 << 31, body=1 << 40)
"""What we wrote ourselves is read whatever its size."""
_FOLDERS = ("pending", "sent", "receipts", "evidence")
_SEED = re.compile(rb"[0-9a-f]{64}\n")


class _Identity(msgspec.Struct, frozen=True):
    format: int
    kode_desa: str
    label: str
    office: str | None = None


class Position(msgspec.Struct, frozen=True):
    """Where our chain stands: its newest receipted batch; and what we have seen of the log.

    Hashes are base64 in JSON, bytes here.
    """

    number: int = 0
    prev: bytes = NO_PREVIOUS
    size: int = NOTHING_SEEN.size
    root: bytes = NOTHING_SEEN.root

    @property
    def seen(self) -> Seen:
        """The newest checkpoint that was verified."""
        return Seen(self.size, self.root)


def create_state(folder: Path, kode_desa: str, label: str | None = None) -> None:
    """Make a state with a new key, or do nothing if the folder has that of this desa and label.

    Raises:
        LabelError: the label cannot be part of a key's name.
        StateMismatchError: the folder has another one's.
        StateError: it cannot be written, or is in use.
    """
    if label is not None and not _LABEL.fullmatch(label):
        raise LabelError(label)
    files.make_folder(folder)
    with files.locked(folder):
        if (folder / "identity.json").exists():
            ours = _read(folder / "identity.json", _Identity)
            if ours.kode_desa != kode_desa:
                raise StateMismatchError("desa", ours.kode_desa, kode_desa)
            if label not in {None, ours.label}:
                raise StateMismatchError("label", ours.label, str(label))
            return
        for name in _FOLDERS:
            files.make_folder(folder / name)
        files.write(folder / "key", secrets.token_bytes(32).hex().encode() + b"\n")
        # Last: a folder without it is none yet, and a new key may be made.
        identity = _Identity(_FORMAT, kode_desa, label or DEFAULT_LABEL)
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
        self._identity = _read(folder / "identity.json", _Identity)
        if self._identity.format != _FORMAT:
            raise StateDamagedError(folder / "identity.json", "dari versi program yang lain")
        self.key = SigningKey(
            f"desa/{self._identity.kode_desa}/{self._identity.label}",
            _read_seed(folder / "key"),
        )
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
            return _read(path, kind)
        return at_first

    def _changes(self, batch: Batch) -> Iterator[Change]:
        for line in batch.body.removesuffix(b"\n").split(b"\n"):
            try:
                yield read_change(line)
            except msgspec.MsgspecError:
                path = self._folder / self.file_name(batch.manifest.number)
                raise StateDamagedError(path, "sebuah baris tidak terbaca") from None

    # --- batches --------------------------------------------------------------------------------

    def file_name(self, number: int) -> str:
        """What a batch of ours is called, here and on a stick."""
        return f"{self._identity.kode_desa}-{self._identity.label}-{number}.batch"

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
        return _read(self._folder / "receipts" / f"{number}.json", Answer)

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
        self._stand_at(Position(number, batch.manifest.hash, seen.size, seen.root))
        self.finish(batch)

    def finish(self, batch: Batch) -> None:
        """The last step of settling."""
        name = self.file_name(batch.manifest.number)
        files.move(self._folder / "pending" / name, self._folder / "sent" / name)

    def advance(self, seen: Seen) -> None:
        """Note a newer checkpoint that was verified."""
        if seen.size > self.position.size:
            self._stand_at(msgspec.structs.replace(self.position, size=seen.size, root=seen.root))

    def keep_evidence(self, number: int, answer: Answer) -> Path:
        """Keep an answer that was not believed; two that contradict each other prove a lie."""
        data = msgspec.json.encode(answer)
        taken = len(list(self._list("evidence", f"{number}-*.json")))
        path = self._folder / "evidence" / f"{number}-{taken + 1}.json"
        files.write(path, data)
        return path

    def export(self, batch: Batch, folder: Path) -> Path:
        """Write a batch to a folder, such as a stick's, for the office to receive."""
        path = folder / self.file_name(batch.manifest.number)
        files.write(path, batch.to_bytes(), mode=0o644)
        return path

    def _stand_at(self, position: Position) -> None:
        files.write(self._folder / "position.json", msgspec.json.encode(position))
        self.position = position

    def _list(self, folder: str, pattern: str) -> Iterator[Path]:
        return (self._folder / folder).glob(pattern)

    def _batch(self, folder: str, number: int) -> Batch:
        path = self._folder / folder / self.file_name(number)
        try:
            reader = BatchReader(io.BytesIO(_bytes(path)), _OWN)
            batch = Batch(reader.note, reader.manifest, reader.body())
        except RefusalError as error:
            raise StateDamagedError(path, str(error)) from None
        if not self.key.verifier.signed(batch.note):
            raise StateDamagedError(path, "bukan tanda tangan kunci ini")
        return batch


def _read(path: Path, kind: type[_T]) -> _T:
    """The JSON of a file as `kind`."""
    try:
        return msgspec.json.decode(_bytes(path), type=kind)
    except msgspec.MsgspecError:
        raise StateDamagedError(path, "isinya tidak terbaca") from None


def _read_seed(path: Path) -> bytes:
    data = _bytes(path)
    if not _SEED.fullmatch(data):
        raise StateDamagedError(path, "bukan kunci")
    return bytes.fromhex(data.decode())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise StateDamagedError(path, "tidak ada") from None
    except OSError as error:
        raise StateUnusableError(path, error.strerror or "galat baca") from None
