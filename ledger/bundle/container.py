"""A bundle's ZIP file, read member by member and never beyond a limit.

ZIP, because every language and every operating system reads it, and because it can be written as
a stream and read at any place. [pure]
"""

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, Self

from ledger.batch import LARGEST
from ledger.errors import BundleError

LARGEST_BATCH: Final = LARGEST.manifest + LARGEST.body
"""No office takes batches of this size; a member that unpacks to more is refused."""
_END, _END_SIZE = b"PK\5\6", 22
"""The record that ends a ZIP file without a comment, and its size."""
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    UnicodeDecodeError,
    ValueError,
    struct.error,
)
"""What zipfile raises at a damaged file."""


class Container:
    """An opened ZIP file.

    `twice` names members that stand in it more than once; `wrapped` says that there is something
    before the first of them, behind the directory, or in a comment, where nobody looks.
    """

    def __init__(self, file: Path | IO[bytes]) -> None:
        """Open it.

        Raises:
            BundleError: not a ZIP file.
        """
        try:
            self._zip = zipfile.ZipFile(file)
        except _UNREADABLE as error:
            raise BundleError(_why(error)) from None
        members = self._zip.infolist()
        counts = Counter(it.filename for it in members)
        self.wrapped = not _bare(self._zip, members)
        self.twice = sorted(name for name, count in counts.items() if count > 1)
        self.names = frozenset(counts)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, name: str, most: int) -> bytes:
        """A member's bytes, `most` at the most.

        Raises:
            BundleError: not there, damaged, or longer.
        """
        if name not in self.names:
            raise BundleError("tidak ada")
        try:
            with self._zip.open(name) as member:
                # Read to the end, which is where the checksum is compared; what a header says
                # of a length is not believed.
                data = member.read(most + 1)
                longer = len(data) > most
        except _UNREADABLE as error:
            raise BundleError(_why(error)) from None
        if longer:
            raise BundleError(f"lebih besar dari {most} bita")
        return data


def _bare(file: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> bool:
    if file.fp is None or file.comment or any(it.comment for it in members):
        return False
    file.fp.seek(-_END_SIZE, io.SEEK_END)
    begins = min((it.header_offset for it in members), default=0)
    return begins == 0 and file.fp.read(len(_END)) == _END


def _why(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:100] or type(error).__name__
