"""Why the system says no, in the words of whoever reads it."""

import errno
from typing import Final

REASONS: Final = {
    errno.ENOENT: "tidak ada",
    errno.EEXIST: "sudah ada",
    errno.EACCES: "tidak diizinkan",
    errno.EPERM: "tidak diizinkan",
    errno.EISDIR: "adalah folder",
    errno.ENOTDIR: "bukan folder",
    errno.ENOTEMPTY: "foldernya tidak kosong",
    errno.ENOSPC: "penyimpanan penuh",
    errno.EDQUOT: "jatah penyimpanan habis",
    errno.EROFS: "hanya dapat dibaca",
    errno.EIO: "medianya rusak atau tercabut",
    errno.ENODEV: "medianya tidak ada",
    errno.ENAMETOOLONG: "namanya terlalu panjang",
    errno.EMFILE: "terlalu banyak berkas terbuka",
    errno.EADDRNOTAVAIL: "alamat ini bukan milik komputer ini",
    errno.ECONNREFUSED: "sambungan ditolak",
}
"""The usual ones; others keep the system's own words."""


def reason(error: OSError) -> str:
    """What went wrong, as a phrase."""
    return REASONS.get(error.errno or 0) or error.strerror or "galat"
