"""Key notes: what is signed when a key begins, takes over from another, or ends (PROTOCOL 9).

    opendk-ledger/key/v1
    log kecamatan-contoh.go.id/53.06.14.2001
    act rotate
    key desa/53.06.14.2001/sekdes-2+1f0c5e62+AbW…
    old desa/53.06.14.2001/sekdes-1+27b1a3d9+AQx…
    time 2026-11-23T08:15:00Z

    — desa/53.06.14.2001/sekdes-1 J7Gj2…
    — desa/53.06.14.2001/sekdes-2 HwxeY…

Here a note is read in its one spelling, written, and held against the keys that a log has; who
may act by it, and from which position on, comes out. What is done then is `desa_keys`' and
`office_keys`' business. [pure]
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from ledger.admission import RegisteredKey
from ledger.batch import CHAIN_NAME, LOG_NAME
from ledger.errors import (
    KeyExistsError,
    KeyForeignError,
    KeyNoteError,
    KeyNotValidError,
    KeyUnknownError,
    KeyWeakError,
    NoteError,
    SignatureError,
    WrongLogError,
)
from ledger.keys import SigningKey, VerifierKey
from ledger.merkle import HASH_SIZE
from ledger.note import Note, from_base64, to_base64

FORMAT: Final = "opendk-ledger/key/v1"
MAX_BYTES: Final = 8 * 1024
Act = Literal["enrol", "rotate", "revoke"]
_ACTS: Final = ("enrol", "rotate", "revoke")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class KeyNote:
    """What is signed about a key.

    Attributes:
        log: the log in which it signs, `<host>/<kode>`.
        act: `enrol` and `rotate` begin `key`, `revoke` ends it.
        old: whose place it takes; in a `rotate` only.
        code: proof that the one-time code was known (`enrolment`); in an `enrol` only.
        time: the signer's clock, a claim only.
    """

    log: str
    act: Act
    key: VerifierKey
    time: datetime
    old: VerifierKey | None = None
    code: bytes | None = None

    def to_text(self) -> str:
        """The note in its one spelling, with its last newline."""
        lines = [FORMAT, f"log {self.log}", f"act {self.act}", f"key {self.key.to_vkey()}"]
        if self.old is not None:
            lines.append(f"old {self.old.to_vkey()}")
        if self.code is not None:
            lines.append(f"code {to_base64(self.code)}")
        lines.append(f"time {self.time.astimezone(UTC).strftime(_TIME)}")
        return "\n".join(lines) + "\n"

    @classmethod
    def from_text(cls, text: str) -> "KeyNote":
        """Read a note's text, or raise KeyNoteError; it writes back as the same text."""
        values = _values(text)
        if not LOG_NAME.fullmatch(values["log"]):
            raise KeyNoteError("baris log bukan <host>/<kode>")
        read = cls(
            log=values["log"],
            act=values["act"],  # type: ignore[arg-type]  # _values saw to it
            key=_vkey("key", values["key"], values["log"]),
            time=_time(values["time"]),
            old=_vkey("old", values["old"], values["log"]) if "old" in values else None,
            code=_hash(values["code"]) if "code" in values else None,
        )
        if read.to_text() != text:
            raise KeyNoteError("ada lebih dari satu ejaan")
        return read

    @property
    def signers(self) -> tuple[VerifierKey, ...]:
        """The keys that must sign, in this order, as far as the note itself names them.

        A `revoke` names none: any key of the desa that is valid may sign it.
        """
        if self.act == "rotate" and self.old is not None:
            return self.old, self.key
        return (self.key,) if self.act == "enrol" else ()

    def signed(self, *keys: SigningKey) -> Note:
        """The note, signed by these keys in this order."""
        text = self.to_text()
        return Note(text, tuple(it for key in keys for it in key.sign(text).signatures))


def read_key_note(data: bytes) -> tuple[Note, KeyNote]:
    """A key note from bytes: its grammar, and that the right keys seem to have signed it.

    Raises:
        KeyNoteError: it is none, in its one spelling.
    """
    try:
        note = Note.from_bytes(data, MAX_BYTES)
    except NoteError as error:
        raise KeyNoteError(str(error)) from None
    read = KeyNote.from_text(note.text)
    signed_by = [(it.name, it.key_id) for it in note.signatures]
    wanted = [(it.name, it.key_id) for it in read.signers]
    if len(signed_by) != max(1, len(wanted)) or (wanted and signed_by != wanted):
        raise KeyNoteError("tidak tepat ditandatangani oleh kunci yang semestinya")
    return note, read


def admit_key_note(
    note: Note,
    said: KeyNote,
    log: str,
    keys: Sequence[RegisteredKey],
    position: int,
) -> RegisteredKey | None:
    """Whether a note of a desa may be acted upon, where `position` is the log's next.

    Gives the registered key that the note ends: the old one of a `rotate`, that of a `revoke`;
    None for an `enrol`, whose code is the caller's to check. A note that was acted upon before
    is not known here; the caller looks for it first.

    Raises:
        RefusalError: the first rule it breaks.
        KeyExistsError: the name of the key that begins, or the key itself, is taken.
    """
    if said.log != log:
        raise WrongLogError(log)
    owner = log.partition("/")[2]
    for key in (said.key, *said.signers):
        if not key.name.startswith(f"desa/{owner}/"):
            raise KeyForeignError(key.name)
        if key.weak:
            raise KeyWeakError(key.name)
    for key in said.signers:
        if not key.signed(note):
            raise SignatureError(key.name)
    if said.act == "revoke":
        return _admit_revocation(note, said, keys, position)
    old = None
    if said.old is not None:
        old = _registered(said.old, keys)
        _check_valid(old, position)
    check_free(said.key, keys)
    return old


def check_free(key: VerifierKey, keys: Iterable[RegisteredKey]) -> None:
    """Raise KeyExistsError when the name or the key itself is registered, ended or not."""
    for it in keys:
        if key.name == it.verifier.name or key.public == it.verifier.public:
            raise KeyExistsError(it.verifier.name)


def follow(pinned: VerifierKey, notes: Iterable[str]) -> tuple[VerifierKey, tuple[str, ...]]:
    """The key of a log that `pinned` has handed over to, and the notes that prove it.

    `notes` are the office's rotations of its log key, in order. They are about the office's own
    log; the same public keys sign the checkpoints of every desa's log, under that log's name.
    Without a note that `pinned` has signed it is still the one.

    Raises:
        KeyNoteError, SignatureError: a note that cannot be read, or is not rightly signed.
    """
    host, _, kode = pinned.name.partition("/")
    used = []
    for text in notes:
        note, said = read_key_note(text.encode())
        if said.old is None or said.old.public != pinned.public:
            continue
        theirs, _, office = said.log.partition("/")
        if theirs != host or not kode.startswith(f"{office}.") or said.key.name != said.log:
            raise KeyNoteError("pergantian kunci milik kantor lain")
        for key in said.signers:
            if not key.signed(note):
                raise SignatureError(key.name)
        pinned = VerifierKey(pinned.name, said.key.public)
        used.append(text)
    return pinned, tuple(used)


def _admit_revocation(
    note: Note, said: KeyNote, keys: Sequence[RegisteredKey], position: int
) -> RegisteredKey:
    ended = _registered(said.key, keys)
    (signature,) = note.signatures
    signer = next((it for it in keys if it.verifier.name == signature.name), None)
    if signer is None:
        raise KeyUnknownError(signature.name)
    if not signer.verifier.signed(note):
        raise SignatureError(signature.name)
    _check_valid(signer, position)
    _check_valid(ended, position)
    return ended


def _registered(key: VerifierKey, keys: Iterable[RegisteredKey]) -> RegisteredKey:
    found = next((it for it in keys if it.verifier == key), None)
    if found is None:
        raise KeyUnknownError(key.name)
    return found


def _check_valid(key: RegisteredKey, position: int) -> None:
    if not key.valid_at(position):
        raise KeyNotValidError(key.verifier.name, position)


# --- reading -------------------------------------------------------------------------------------


def _values(text: str) -> dict[str, str]:
    first, *rest = text.split("\n")
    if first != FORMAT:
        raise KeyNoteError(f"baris pertama bukan {FORMAT}")
    act = rest[1].removeprefix("act ") if len(rest) > 1 else ""
    if act not in _ACTS:
        raise KeyNoteError("baris act bukan enrol, rotate, atau revoke")
    more = {"enrol": ("code",), "rotate": ("old",), "revoke": ()}[act]
    names = ("log", "act", "key", *more, "time")
    if len(rest) != len(names) + 1 or rest.pop():
        raise KeyNoteError(f"bukan tepat {len(names) + 1} baris")
    values = {}
    for name, line in zip(names, rest, strict=True):
        if not line.startswith(f"{name} "):
            raise KeyNoteError(f"baris {name} tidak di tempatnya")
        values[name] = line[len(name) + 1 :]
    return values


def _vkey(name: str, text: str, log: str) -> VerifierKey:
    try:
        key = VerifierKey.from_vkey(text)
    except NoteError as error:
        raise KeyNoteError(f"kunci {name}: {error}") from None
    # A log's own key, which signs its checkpoints, bears the log's name.
    if key.name != log and not CHAIN_NAME.fullmatch(key.name):
        raise KeyNoteError(f"kunci {name} bukan nama kunci")
    return key


def _hash(text: str) -> bytes:
    try:
        return from_base64(text, HASH_SIZE)
    except NoteError as error:
        raise KeyNoteError(f"nilai code: {error}") from None


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise KeyNoteError("waktu bukan YYYY-MM-DDTHH:MM:SSZ") from None
