"""C2SP signed notes: a text that a person can read, and signatures over it.

    opendk-ledger/batch/v1
    …

    — desa/53.06.14.2001/sekdes-1 Rj7F5DBqElH10Suxs…

The text ends with a newline; an empty line parts it from the signatures, one line each: an em
dash, the key's name, and base64 of the key's four-byte id and the signature. Reading is strict:
what is accepted is written back as the same bytes. [pure]; who signed is `keys`' question.

Source: c2sp.org/signed-note@v1.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from ledger.errors import NoteError

KEY_ID_SIZE = 4
MAX_SIGNATURES = 100
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<value>[A-Za-z0-9+/]+=*)")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class Signature:
    """One signature line: the key's name and id say which key, `value` is what it made."""

    name: str
    key_id: bytes
    value: bytes

    def to_line(self) -> str:
        """The line, without its newline."""
        return f"— {self.name} {to_base64(self.key_id + self.value)}"


@dataclass(frozen=True)
class Note:
    """A signed note: `text` with its last newline, and at least one signature."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """The note as it is stored and sent."""
        lines = "".join(signature.to_line() + "\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    @classmethod
    def from_bytes(cls, data: bytes, most: int | None = None) -> "Note":
        """Read a note of at most so many bytes, or raise NoteError."""
        if most is not None and len(data) > most:
            raise NoteError(f"lebih panjang dari {most} bita")
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise NoteError("bukan UTF-8") from None
        if _CONTROL.search(whole):
            raise NoteError("memuat karakter kendali")
        if not whole.endswith("\n"):
            raise NoteError("tidak berakhir dengan baris baru")
        text, parted, tail = whole.rpartition("\n\n")
        if not parted or not text or not tail:
            raise NoteError("tidak memiliki baris kosong sebelum tanda tangan")
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteError(f"memuat lebih dari {MAX_SIGNATURES} tanda tangan")
        return cls(text + "\n", tuple(_signature(line) for line in lines))


def _signature(line: str) -> Signature:
    found = _SIGNATURE.fullmatch(line)
    if not found:
        raise NoteError("baris tanda tangan tidak sesuai")
    value = from_base64(found["value"])
    if len(value) <= KEY_ID_SIZE:
        raise NoteError("tanda tangan kosong")
    return Signature(found["name"], value[:KEY_ID_SIZE], value[KEY_ID_SIZE:])


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def from_base64(text: str, size: int | None = None) -> bytes:
    """Read base64 in its one spelling (and, if told, of `size` bytes), or raise NoteError."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("base64 tidak sesuai") from None
    # b64decode takes stray bits after the last byte; only one of these spellings is right.
    if to_base64(data) != text:
        raise NoteError("base64 tidak baku")
    if size is not None and len(data) != size:
        raise NoteError(f"nilai tidak sepanjang {size} bita")
    return data
