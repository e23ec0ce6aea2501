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

from ledger.opensid.errors import (
    ExportDamagedError,
    ExportSheetError,
    ExportTooLargeError,
    ExportUnreadableError,
    NotAnExportError,
)
from ledger.opensid.limits import ExportLimits
from ledger.opensid.sheet import UNREADABLE, read_bounded

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
    with _opened(source) as file, _zip(file, limits) as outer:
        names = outer.namelist()
        if _WORKBOOK in names:
            yield Archive(outer, ())
            return
        top = [name for name in names if not any(sign in name for sign in _NOT_AT_TOP)]
        photos = tuple(name for name in top if name.lower().endswith(_PHOTOS))
        with _zip(io.BytesIO(_workbook(outer, top, limits)), limits) as workbook:
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


def _zip(file: IO[bytes], limits: ExportLimits) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise NotAnExportError from None
    if len(archive.filelist) > limits.members:
        archive.close()
        raise ExportTooLargeError("jumlah berkas dalam ZIP", limits.members)
    return archive


def _workbook(outer: zipfile.ZipFile, top: list[str], limits: ExportLimits) -> bytes:
    found = [name for name in top if name.lower().endswith(".xlsx")]
    if len(found) != 1:
        why = "ZIP tidak memuat XLSX" if not found else f"ZIP memuat {len(found)} XLSX"
        raise ExportSheetError(why, len(found))
    try:
        with outer.open(found[0]) as stream:
            return b"".join(read_bounded(stream, "XLSX", limits.workbook))
    except UNREADABLE:
        raise ExportDamagedError("XLSX dalam ZIP tidak dapat dibuka") from None
