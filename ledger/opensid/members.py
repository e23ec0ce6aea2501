"""ZIP files, read with care: within limits, and only in the ways that OpenSID packs them.

Nothing is ever unpacked to disk. [pure]
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from ledger.opensid.errors import ExportDamagedError, ExportTooLargeError, NotAnExportError
from ledger.opensid.limits import ExportLimits

ROOM = 8 * 1024 * 1024
"""So many bytes may come of any archive, however small it is."""
_GROWS = 60
"""So many times as long as an archive one of its members may be beyond that."""
_CHUNK = 64 * 1024
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The others can ask for gigabytes of memory before the first byte."""
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    RuntimeError,
)
"""What zipfile raises on archives that are damaged or encrypted."""
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LONGEST_END = _END.size + 0xFFFF
"""The end record, and the comment that may follow it."""
_LOCATOR_MARK = b"PK\x06\x07"
_LOCATOR_SIZE = 20


def open_zip(file: IO[bytes], limits: ExportLimits) -> zipfile.ZipFile:
    """Open an archive, or raise NotAnExportError or ExportTooLargeError."""
    if _directory_size(file) > limits.directory:
        raise ExportTooLargeError("daftar isi ZIP", limits.directory)
    try:
        archive = zipfile.ZipFile(file)
    except _UNREADABLE:
        raise NotAnExportError from None
    if len(archive.filelist) > limits.members:
        archive.close()
        raise ExportTooLargeError("jumlah berkas dalam ZIP", limits.members)
    return archive


def _directory_size(file: IO[bytes]) -> int:
    """How long the archive says its table of contents is: zipfile reads all of it at once.

    Looked up where zipfile looks. ZIP64 hides it elsewhere, and no export needs that.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - _LONGEST_END))
    tail = file.read()
    file.seek(0)
    at = len(tail) - _END.size
    if not (tail[at : at + 4] == _END_MARK and tail.endswith(b"\0\0")):
        at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) < at + _END.size:
        raise NotAnExportError
    if tail[max(0, at - _LOCATOR_SIZE) : at].startswith(_LOCATOR_MARK):
        raise ExportDamagedError("ZIP64 tidak dipakai OpenSID")
    size: int = _END.unpack_from(tail, at)[5]
    if size > length:
        raise NotAnExportError
    return size


def read_member(archive: zipfile.ZipFile, name: str, limit: int) -> Iterator[bytes]:
    """A member's bytes in chunks; reading stops once there are more than `limit`.

    What the archive says of a member's size is not believed. Nor is one read that becomes far
    more than it was: OpenSID's sheets become eleven times as long.

    Raises:
        ExportDamagedError: it is encrypted, or cannot be read to its end.
        ExportTooLargeError: it is longer.
    """
    received, limit = 0, min(limit, ROOM + _GROWS * archive.start_dir)
    try:
        if archive.getinfo(name).compress_type not in _PACKINGS:
            raise ExportDamagedError("dikemas dengan cara yang tidak dikenal")
        with archive.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                received += len(chunk)
                if received > limit:
                    raise ExportTooLargeError(name, limit)
                yield chunk
    except _UNREADABLE:
        raise ExportDamagedError("isi ZIP tidak dapat dibuka") from None
