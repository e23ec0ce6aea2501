"""The file that OpenSID makes: a ZIP of pictures and one table, all at its top.

The table is an XLSX or a CSV; it alone is taken too. What stands in a folder, or under an absolute
name, is not of OpenSID's making and is not looked at; nothing is ever unpacked to disk. [pure] but
for opening the path it is given.
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ledger.opensid.csv_table import read_csv
from ledger.opensid.errors import (
    ExportSheetError,
    ExportTooLargeError,
    ExportUnreadableError,
)
from ledger.opensid.limits import ExportLimits
from ledger.opensid.members import ROOM, open_zip, read_member
from ledger.opensid.sheet import Row, read_rows
from ledger.os_errors import reason

_WORKBOOK = "xl/workbook.xml"
_TABLES = (".xlsx", ".csv")
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_NOT_AT_TOP = ("/", "\\", ":")
_GROWS = 10
"""So many times as long as the archive its pictures may be together: they are packed already."""
_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"

Extra = Callable[[Sequence[str]], int | None]
"""Tells from a CSV's header where its rows have a value more than it, if they have one."""


class Archive:
    """An opened export.

    Attributes:
        pictures: the names of the pictures beside the table.
        quoted: whether OpenSID wrapped texts that hold quotation marks.
    """

    def __init__(
        self,
        rows: Callable[[Extra], Iterator[Row]],
        outer: zipfile.ZipFile | None,
        pictures: tuple[str, ...],
        limits: ExportLimits,
        *,
        quoted: bool,
    ) -> None:
        self.rows = rows
        self.pictures = pictures
        self.quoted = quoted
        self._outer = outer
        self._limits = limits

    def picture(self, name: str) -> bytes | None:
        """A picture's bytes, whatever they are; None when there is none of this name."""
        if self._outer is None or name not in self.pictures:
            return None
        return b"".join(read_member(self._outer, name, self._limits.picture))


@contextmanager
def open_archive(source: Path | bytes | IO[bytes], limits: ExportLimits) -> Iterator[Archive]:
    """Open a ZIP of OpenSID's, or the table inside it.

    Raises:
        ExportError: it is none, or more than the limits allow.
    """
    with _opened(source) as file:
        if _is_csv(file):
            yield _csv(lambda: _chunks(file), None, (), limits)
            return
        with open_zip(file, limits) as outer:
            names = outer.namelist()
            if _WORKBOOK in names:
                yield _xlsx(outer, None, (), limits)
                return
            top = [name for name in names if not any(sign in name for sign in _NOT_AT_TOP)]
            pictures = tuple(name for name in top if name.lower().endswith(_PICTURES))
            # No more is ever read of a member than its archive says that there is.
            together = sum(outer.getinfo(name).file_size for name in pictures)
            if together > (most := ROOM + _GROWS * outer.start_dir):
                raise ExportTooLargeError("ukuran semua gambar", most)
            table = _table(top)
            if table.lower().endswith(".csv"):
                yield _csv(lambda: read_member(outer, table, limits.part), outer, pictures, limits)
                return
            workbook = b"".join(read_member(outer, table, limits.workbook))
            with open_zip(io.BytesIO(workbook), limits) as inner:
                yield _xlsx(inner, outer, pictures, limits)


def _xlsx(
    workbook: zipfile.ZipFile,
    outer: zipfile.ZipFile | None,
    pictures: tuple[str, ...],
    limits: ExportLimits,
) -> Archive:
    def rows(_: Extra) -> Iterator[Row]:
        return read_rows(workbook, limits.part)

    return Archive(rows, outer, pictures, limits, quoted=True)


def _csv(
    chunks: Callable[[], Iterator[bytes]],
    outer: zipfile.ZipFile | None,
    pictures: tuple[str, ...],
    limits: ExportLimits,
) -> Archive:
    def rows(extra: Extra) -> Iterator[Row]:
        return read_csv(chunks(), extra)

    return Archive(rows, outer, pictures, limits, quoted=False)


@contextmanager
def _opened(source: Path | bytes | IO[bytes]) -> Iterator[IO[bytes]]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    if not isinstance(source, Path):
        yield source
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise ExportUnreadableError(str(source), reason(error)) from None
    with file:
        yield file


def _is_csv(file: IO[bytes]) -> bool:
    """Whether it is a CSV by itself, as OpenSID writes one: it begins with a byte order mark."""
    begins = file.read(len(_BOM))
    file.seek(0)
    return begins == _BOM


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _table(top: list[str]) -> str:
    found = [name for name in top if name.lower().endswith(_TABLES)]
    if len(found) != 1:
        why = "ZIP tidak memuat XLSX atau CSV" if not found else f"ZIP memuat {len(found)} tabel"
        raise ExportSheetError(why, len(found))
    return found[0]
