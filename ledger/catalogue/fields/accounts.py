"""Codes of a budget, taken out of the many ways in which they are written."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from msgspec import Meta

from ledger.catalogue.fields.kind import Note
from ledger.catalogue.fields.texts import read_text


@dataclass(frozen=True)
class KodeRekening:
    """An account as `akun.kelompok.jenis.objek`: `4`, `4.2`, `4.2.1` or `5.2.1.01`.

    A label behind it ("4.2.1. Dana Desa", "5.BELANJA") and zeros that stand for no level ("5.0.0")
    are dropped. Only pendapatan (4), belanja (5), pembiayaan (6) and non anggaran (7) have a place
    in a budget; whatever else there is makes the record unusable.
    """

    column = "text"

    @property
    def wire(self) -> Any:
        """The code alone."""
        return Annotated[str, Meta(pattern=_REKENING)]

    def read(self, value: object, note: Note) -> object:
        """The code, or None."""
        first, *more = _segments(value, note)
        levels = [first.lstrip("0"), *(it.lstrip("0") for it in more[:2]), *more[2:]]
        code = ".".join([*levels[:_OBJEK], *(it.zfill(2) for it in levels[_OBJEK:])])
        if not re.search(_REKENING, code):
            note("kode-rekening-tidak-sah", value)
            return None
        return code


@dataclass(frozen=True)
class KodeKegiatan:
    """What is done with the money, as `bidang.subbidang.kegiatan`: `01`, `01.01` or `01.01.02`.

    Siskeudes writes a bidang as `00.0000.01` and puts the desa's own number before a kegiatan
    (`53.14.01.01.02`); both are read, and a label behind the code is dropped.
    """

    column = "text"

    @property
    def wire(self) -> Any:
        """The code alone."""
        return Annotated[str, Meta(pattern=_KEGIATAN)]

    def read(self, value: object, note: Note) -> object:
        """The code, or None."""
        segments = _segments(value, note)
        if len(segments) == _WITH_DESA:
            del segments[:2]
        while len(segments) > 1 and not segments[0].strip("0"):
            del segments[0]
        code = ".".join(it.zfill(2) for it in segments)
        if not re.search(_KEGIATAN, code):
            note("kode-kegiatan-tidak-sah", value)
            return None
        return code


def _segments(value: object, note: Note) -> list[str]:
    """The parts of the code that a text begins with, without zeros at its end; one at least."""
    found = _CODE.match(read_text(value, note) or "")
    segments = found[0].split(".") if found else [""]
    while len(segments) > 1 and not segments[-1].strip("0"):
        del segments[-1]
    return segments


_CODE = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_OBJEK: Final = 3
"""Where the objek stands: the one level that is written with two digits."""
_WITH_DESA: Final = 5
_REKENING = r"\A[4-7](?:\.[1-9](?:\.[1-9](?:\.(?!00)[0-9]{2})?)?)?\Z"
_KEGIATAN = r"\A(?!00)[0-9]{2}(?:\.(?!00)[0-9]{2}){0,2}\Z"
