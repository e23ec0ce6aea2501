"""A stick (PROTOCOL section 15): what its files are called, and how one of them is opened.

Anybody may have put there what lies on it. Only plain files are opened, none through a link, and
a stick that is pulled out is a sentence, not a crash.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from ledger import LedgerError
from ledger.os_errors import reason

BATCH: Final = ".batch"
RECEIPT: Final = ".tanda-terima.json"
SEEN: Final = ".dilihat"
FILES: Final = re.compile(r"([0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4})-berkas")
"""A folder of photos and PDFs, and whose they are."""
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class StickFileError(LedgerError):
    """A file on a stick that cannot be read."""

    code = "stick-file"

    def __init__(self, why: str) -> None:
        super().__init__(f"Tidak dapat dibaca: {why}.")
        self.why = why


class StickFile:
    """A plain file, open; `length` in bytes, as it says."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.length = os.fstat(file.fileno()).st_size

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at its end.

        Raises:
            StickFileError: a bad sector, or no stick any more.
        """
        try:
            return self._file.read(size)
        except OSError as error:
            raise StickFileError(_phrase(error)) from None


@contextmanager
def open_file(path: Path) -> Iterator[StickFile]:
    """A plain file, open to be read.

    Raises:
        StickFileError: it is not one, or is not there.
    """
    try:
        file = os.fdopen(os.open(path, _FLAGS), "rb")
    except OSError as error:
        raise StickFileError(_phrase(error)) from None
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise StickFileError("bukan berkas biasa")
        yield StickFile(file)


def read_file(path: Path, most: int) -> bytes:
    """The whole of a plain file of at most `most` bytes, or raise StickFileError."""
    with open_file(path) as file:
        data = bytearray()
        while chunk := file.read(most + 1 - len(data)):
            data += chunk
    if len(data) > most:
        raise StickFileError(f"lebih dari {most} bita")
    return bytes(data)


def _phrase(error: OSError) -> str:
    match error.errno:
        case errno.ELOOP:
            return "sebuah tautan, bukan berkas"
        case errno.EISDIR:
            return "sebuah folder, bukan berkas"
        case errno.ENOENT | errno.ENOTDIR:
            return "tidak ada"
        case _:
            return reason(error)
