"""ZIP files, read with care: within limits, and only in the ways that OpenSID packs them.

Nothing is ever unpacked to disk. [pure]
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from ledger.opensid.errors import ExportDamagedError, ExportTooLargeError, NotAnExportError
from ledger.opensid.limits import ExportLimits

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


def open_zip(file: IO[bytes], limits: ExportLimits) -> zipfile.ZipFile:
    """Open an archive, or raise NotAnExportError or ExportTooLargeError."""
    try:
        archive = zipfile.ZipFile(file)
    except _UNREADABLE:
        raise NotAnExportError from None
    if len(archive.filelist) > limits.members:
        archive.close()
        raise ExportTooLargeError("jumlah berkas dalam ZIP", limits.members)
    return archive


def read_member(archive: zipfile.ZipFile, name: str, limit: int) -> Iterator[bytes]:
    """A member's bytes in chunks; reading stops once there are more than `limit`.

    What the archive says of a member's size is not believed.

    Raises:
        ExportDamagedError: it is encrypted, or cannot be read to its end.
        ExportTooLargeError: it is longer.
    """
    received = 0
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
