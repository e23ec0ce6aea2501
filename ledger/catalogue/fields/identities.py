"""Numbers that are names: keys, NIK, KK numbers and region codes, all kept as text."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from ledger.catalogue.codes import TABLES
from ledger.catalogue.fields.kind import Note
from ledger.catalogue.fields.texts import read_text


@dataclass(frozen=True)
class Key:
    """The key of a record whose key need not be a number, as text; a number is as welcome."""

    column = "text"

    @property
    def wire(self) -> Any:
        """A text as long as a change line's id may be."""
        return Annotated[str, Meta(min_length=1, max_length=_LONGEST_KEY)]

    def read(self, value: object, note: Note) -> object:
        """The key; what it should be is told by the change line."""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return read_text(value, note)


_LONGEST_KEY = 64


@dataclass(frozen=True)
class Nik:
    """A NIK as text: 6 digits of region, DDMMYY with 40 added to a woman's day, 4 of serial.

    A temporary one of OpenSID's is 0, kode desa and 5 of serial. Only zeros mean kosong. Nothing
    is refused for its NIK. `structured` is False for NIK of others, of which only the form counts,
    and `sixteen` is False where another number may stand for it: rules then tell what is amiss.
    """

    structured: bool = True
    sixteen: bool = True
    column = "text"

    @property
    def wire(self) -> Any:
        """16 digits that can be a NIK, not a temporary one."""
        if not self.sixteen:
            return Annotated[str, Meta(pattern=_NUMBER)]
        return Annotated[str, Meta(pattern=_NIK if self.structured else _SIXTEEN)]

    def read(self, value: object, note: Note) -> object:
        """The NIK as it is written; None when there is none."""
        text = _number(value, note)
        if text is None or not self.sixteen:
            return text
        if not _DIGITS.fullmatch(text):
            note("nik-bukan-angka", text)
        elif len(text) != _NIK_LENGTH:
            note("nik-panjang", text)
        elif self.structured and not re.search(_NIK, text):
            note("nik-sementara" if re.search(_TEMPORARY, text) else "nik-struktur", text)
        return text


@dataclass(frozen=True)
class NoKk:
    """The number of a family card as text: 16 digits. Only zeros mean kosong."""

    column = "text"

    @property
    def wire(self) -> Any:
        """16 digits."""
        return Annotated[str, Meta(pattern=_SIXTEEN)]

    def read(self, value: object, note: Note) -> object:
        """The number as it is written; None when there is none."""
        text = _number(value, note)
        if text is not None and not re.search(_SIXTEEN, text):
            note("kk-bukan-16-digit", text)
        return text


def _number(value: object, note: Note) -> str | None:
    if isinstance(value, float):  # a spreadsheet's: its last digits are lost
        note("nomor-tidak-sah", value)
        return None
    if value == 0 and not isinstance(value, bool):
        return None
    text = read_text(value, note, _LONGEST_NUMBER)
    return text if text is not None and text.strip("0") else None


_NIK_LENGTH = 16
_LONGEST_NUMBER = 64
"""Longer ones, which are none, are cut: people are looked for by their numbers."""
_DIGITS = re.compile(r"[0-9]+")
_PROVINCES = "|".join(str(code) for code in TABLES["provinsi"])
_NIK = (
    rf"\A(?:{_PROVINCES})[0-9]{{4}}"
    r"(?:[04][1-9]|[1256][0-9]|[37][01])(?:0[1-9]|1[0-2])[0-9]{2}(?!0000)[0-9]{4}\Z"
)
_TEMPORARY = rf"\A0(?:{_PROVINCES})[0-9]{{13}}\Z"
_NUMBER = rf"\A(?!0+\Z)[0-9]{{1,{_LONGEST_NUMBER}}}\Z"
_SIXTEEN = r"\A(?!0+\Z)[0-9]{16}\Z"


@dataclass(frozen=True)
class KodeWilayah:
    """A region code with its dots: `53`, `53.06`, `53.06.14` or `53.06.14.2001`.

    `length` counts the digits: 2, 4, 6 or 10. Codes without dots are given theirs.
    """

    length: int
    column = "text"

    @property
    def wire(self) -> Any:
        """The dotted form."""
        pairs = r"\.".join(["[0-9]{2}"] * min(self.length // 2, 3))
        desa = r"\.[0-9]{4}" if self.length == _DESA_LENGTH else ""
        return Annotated[str, Meta(pattern=rf"\A{pairs}{desa}\Z")]

    def read(self, value: object, note: Note) -> object:
        """The code with dots, or None."""
        text = str(value).strip() if isinstance(value, str | int) else ""
        digits = text.replace(".", "")
        if len(digits) != self.length or not _DIGITS.fullmatch(digits):
            note("kode-wilayah-tidak-sah", value)
            return None
        return ".".join(part for part in (*_pairs(digits[:6]), digits[6:]) if part)


_DESA_LENGTH = 10


def _pairs(digits: str) -> tuple[str, str, str]:
    return digits[:2], digits[2:4], digits[4:6]
