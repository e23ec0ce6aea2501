"""The file that OpenSID makes: a ZIP of photos and one XLSX, all at its top.

The XLSX alone is taken too. What stands in a folder, or under an absolute name, is not of
OpenSID's making and is not looked at; nothing is ever unpacked to disk. [pure] but for opening
the path it is given.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from ledger.opensid.errors import ExportSheetError, ExportUnreadableError
from ledger.opensid.limits import ExportLimits
from ledger.opensid.members import open_zip, read_member

_WORKBOOK = "xl/workbook.xml"
_PHOTOS = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_NOT_AT_TOP = ("/", "\\", ":")


class Archive(NamedTuple):
    """An opened export: the XLSX, itself a ZIP, and the names of the photos beside it."""

    workbook: zipfile.ZipFile
    photos: tuple[str, ...]


@contextmanager
def open_archive(source: Path | bytes, limits: ExportLimits) -> Iterator[Archive]:
    """Open a ZIP of OpenSID's, or its XLSX.

    Raises:
        ExportError: it is none, or more than the limits allow.
    """
    with _opened(source) as file, open_zip(file, limits) as outer:
        names = outer.namelist()
        if _WORKBOOK in names:
            yield Archive(outer, ())
            return
        top = [name for name in names if not any(sign in name for sign in _NOT_AT_TOP)]
        photos = tuple(name for name in top if name.lower().endswith(_PHOTOS))
        with open_zip(io.BytesIO(_workbook(outer, top, limits)), limits) as workbook:
            yield Archive(workbook, photos)


@contextmanager
def _opened(source: Path | bytes) -> Iterator[IO[bytes]]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise ExportUnreadableError(str(source), error.strerror or "galat baca") from None
    with file:
        yield file


def _workbook(outer: zipfile.ZipFile, top: list[str], limits: ExportLimits) -> bytes:
    found = [name for name in top if name.lower().endswith(".xlsx")]
    if len(found) != 1:
        why = "ZIP tidak memuat XLSX" if not found else f"ZIP memuat {len(found)} XLSX"
        raise ExportSheetError(why, len(found))
    return b"".join(read_member(outer, found[0], limits.workbook))
