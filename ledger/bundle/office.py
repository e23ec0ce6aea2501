"""What the office decided, read from its own log: keys by position, redactions, anchors.

A verifier knows of the office what its log says, act by act, in order. An act that contradicts an
earlier one is a fault of its own. [pure]
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ledger.batch import Change
from ledger.errors import KeyNoteError, NoteError
from ledger.key_note import read_key_note
from ledger.keys import VerifierKey
from ledger.merkle import HASH_SIZE
from ledger.note import from_base64

Tell = Callable[..., None]
"""Notes a fault of the act that is read: `tell(code, **facts)`."""


class _Kantor(msgspec.Struct):
    origin: str
    kunci_kantor: str
    kunci_log: str
    bukti: list[str] = []


class _KunciDesa(msgspec.Struct):
    kode_desa: str
    vkey: str
    mulai: int
    sampai: int | None = None
    cara: str | None = None
    curiga_sejak: int | None = None
    diakui: bool | None = None
    bukti: str | None = None


class _Redaksi(msgspec.Struct):
    kode_desa: str
    baris: list[tuple[int, int]]
    hash: list[str]


class _Checkpoint(msgspec.Struct):
    size: int
    root: str


@dataclass
class KeyState:
    """A key as the newest act states it; valid from `first` up to but not including `end`.

    `follows` is the key that handed over to it by a note which both have signed.
    """

    verifier: VerifierKey
    first: int
    end: int | None
    suspect_from: int | None = None
    acknowledged: bool = False
    follows: VerifierKey | None = None

    def valid_at(self, position: int) -> bool:
        """Whether a batch at this position may be signed by the key."""
        return self.first <= position and (self.end is None or position < self.end)

    def disputed_at(self, position: int) -> bool:
        """Whether a batch at this position may be of a thief, as far as anybody knows."""
        suspect = self.suspect_from is not None and position >= self.suspect_from
        return suspect and not self.acknowledged

    def could_hand_over(self, position: int) -> bool:
        """Whether a key that begins at this position can be its own choice, and no thief's."""
        ended = self.end is not None and self.end < position
        return not ended and not self.disputed_at(position)


@dataclass(frozen=True)
class Anchor:
    """That a desa's log had this size and root when the office noted it, and where it did."""

    size: int
    root: bytes
    position: int
    line: int


@dataclass
class OfficeState:
    """Everything that acts have said so far.

    Attributes:
        log: the office log's name, `<host>/<kode kecamatan>`.
        office_key: what signs the office's entries from the next batch on.
        log_keys: what signs checkpoints, oldest first, under the office log's name.
        proven: of each log key but the first, whether old and new key signed the change.
        keys: by kode and name.
        desa: kode → where it was registered.
        redacted: kode → (position, line) → leaf hash.
        anchors: kode → what was noted of its log.
        witnessed: how many of the office's entries enough witnesses have seen.
    """

    log: str
    office_key: VerifierKey | None = None
    log_keys: list[VerifierKey] = field(default_factory=list)
    proven: list[bool] = field(default_factory=list)
    keys: dict[tuple[str, str], KeyState] = field(default_factory=dict)
    desa: dict[str, int] = field(default_factory=dict)
    redacted: dict[str, dict[tuple[int, int], bytes]] = field(default_factory=dict)
    anchors: dict[str, list[Anchor]] = field(default_factory=dict)
    witnessed: int = 0

    @property
    def kode(self) -> str:
        """The kecamatan's code."""
        return self.log.partition("/")[2]

    def apply(self, change: Change, position: int, line: int, tell: Tell) -> None:
        """Read an act that stands at this place of the office's log."""
        try:
            match change.entity:
                case "kantor":
                    self._kantor(_read(change, _Kantor), change.id, tell)
                case "registrasi_desa":
                    self.desa.setdefault(change.id, position)
                case "kunci_desa":
                    self._key(_read(change, _KunciDesa), change.id, tell)
                case "redaksi":
                    self._redact(_read(change, _Redaksi))
                case "checkpoint":
                    it = _read(change, _Checkpoint)
                    root = from_base64(it.root, HASH_SIZE)
                    anchor = Anchor(it.size, root, position, line)
                    self.anchors.setdefault(change.id, []).append(anchor)
        except NoteError as error:
            tell("act", why=error.what)

    def _kantor(self, it: _Kantor, id_: str, tell: Tell) -> None:
        office, log = VerifierKey.from_vkey(it.kunci_kantor), VerifierKey.from_vkey(it.kunci_log)
        if id_ != self.kode or it.origin != self.log.partition("/")[0] or log.name != self.log:
            raise NoteError("menyebut kantor lain")
        if office.weak or log.weak:
            raise NoteError("kunci lemah (low order)")
        if not self.log_keys:
            self.office_key = office
            self.log_keys.append(log)
            return
        for old, new in ((self.office_key, office), (self.log_keys[-1], log)):
            if old is not None and old != new and not self._rotated(it.bukti, old, new):
                tell("office-key", why=new.name)
        if log != self.log_keys[-1]:
            self.proven.append(self._rotated(it.bukti, self.log_keys[-1], log))
            self.log_keys.append(log)
        self.office_key = office

    def _rotated(self, notes: list[str], old: VerifierKey, new: VerifierKey) -> bool:
        """Whether a note says so, signed by both keys."""
        return any(_rotates(it, self.log, old, new) for it in notes)

    def _key(self, it: _KunciDesa, id_: str, tell: Tell) -> None:
        verifier = VerifierKey.from_vkey(it.vkey)
        if verifier.name != id_:
            raise NoteError("nama kunci dan vkey berbeda")
        known = max((a.size for a in self.anchors.get(it.kode_desa, ())), default=0)
        before = self.keys.get((it.kode_desa, id_))
        begins = before is None
        ends = it.sampai is not None and (before is None or before.end is None)
        if before is None:
            before = KeyState(verifier, it.mulai, None)
            self.keys[it.kode_desa, id_] = before
        changed = (before.verifier, before.first) != (verifier, it.mulai)
        if changed or before.end not in (None, it.sampai):
            tell("key-changed", why=id_)
            return
        if (begins and it.mulai <= known) or (ends and (it.sampai or 0) <= known):
            tell("key-backdated", why=id_)
        if (begins or ends) and not self._witnessed(it, verifier, begins=begins):
            tell("key-note", why=id_)
        elif begins and it.cara == "rotasi":
            before.follows = read_key_note((it.bukti or "").encode())[1].old
        before.end = it.sampai
        before.suspect_from, before.acknowledged = it.curiga_sejak, bool(it.diakui)

    def _witnessed(self, it: _KunciDesa, verifier: VerifierKey, *, begins: bool) -> bool:
        """Whether an act that claims to be the desa's own has its key note (section 9)."""
        if it.cara in (None, "kantor"):
            return True
        try:
            note, said = read_key_note((it.bukti or "").encode())
        except (KeyNoteError, UnicodeEncodeError):
            return False
        if said.log != f"{self.log.partition('/')[0]}/{it.kode_desa}":
            return False
        wanted = {"kode": "enrol", "rotasi": "rotate", "desa": "revoke"}.get(it.cara or "")
        subject = said.old if wanted == "rotate" and not begins else said.key
        if said.act != wanted or subject != verifier:
            return False
        desa = [state.verifier for (kode, _), state in self.keys.items() if kode == it.kode_desa]
        if said.act == "revoke":
            return any(key.signed(note) for key in desa)
        known = said.old is None or said.old in desa
        return known and all(key.signed(note) for key in said.signers)

    def before(self, kode: str, state: KeyState) -> KeyState | None:
        """The key that handed over to this one, when that proves whose it is."""
        old = state.follows and self.keys.get((kode, state.follows.name))
        if not old or old is state or not old.could_hand_over(state.first):
            return None
        return old

    def _redact(self, it: _Redaksi) -> None:
        if len(it.baris) != len(it.hash):
            raise NoteError("jumlah baris dan hash berbeda")
        lines = self.redacted.setdefault(it.kode_desa, {})
        for place, hash_ in zip(it.baris, it.hash, strict=True):
            lines[place] = from_base64(hash_, HASH_SIZE)


def _rotates(text: str, log: str, old: VerifierKey, new: VerifierKey) -> bool:
    """Whether a key note (section 9) says that one key took the other's place, signed by both."""
    try:
        note, said = read_key_note(text.encode())
    except (KeyNoteError, UnicodeEncodeError):
        return False
    stated = (said.log, said.act, said.old, said.key)
    return stated == (log, "rotate", old, new) and old.signed(note) and new.signed(note)


def _read(change: Change, kind: type[Any]) -> Any:  # noqa: ANN401  # the kind's own
    try:
        return msgspec.json.decode(b"" if change.data is msgspec.UNSET else change.data, type=kind)
    except msgspec.MsgspecError:
        raise NoteError(f"{change.entity} tidak lengkap") from None
