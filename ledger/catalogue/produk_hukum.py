"""Produk hukum: a regulation of a desa, or a decision of its head.

The fields are the columns of books A.1, A.2 and A.9.

Sources: OpenSID v2410, table dokumen (kategori 2 and 3); Permendagri 47/2016. [pure]
"""

from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Choice,
    Field,
    FileReference,
    Id,
    Integer,
    Sensitivity,
    Tanggal,
    Text,
    YesNo,
)

UMUM: Final = Sensitivity.UMUM
JENIS: Final = ("perdes", "perkades", "peraturan_bersama", "sk")

FIELDS: Final = (
    Field("id", "ID produk hukum", Id(), UMUM),
    Field("jenis", "Jenis", Choice(JENIS), UMUM, blank="wajib-kosong"),
    Field("nomor", "Nomor", Text(100), UMUM, blank="kosong"),
    Field("tahun", "Tahun", Integer(), UMUM),
    Field("tentang", "Tentang", Text(500), UMUM, blank="kosong"),
    Field("uraian", "Uraian singkat", Text(2000), UMUM),
    Field("tgl_kesepakatan", "Tanggal kesepakatan", Tanggal(), UMUM),
    Field("tgl_ditetapkan", "Tanggal ditetapkan", Tanggal(), UMUM),
    Field("nomor_lapor", "Nomor pelaporan", Text(100), UMUM),
    Field("tgl_lapor", "Tanggal dilaporkan", Tanggal(), UMUM),
    Field("nomor_lembaran", "Nomor lembaran desa", Text(100), UMUM),
    Field("nomor_berita", "Nomor berita desa", Text(100), UMUM),
    Field("tgl_diundangkan", "Tanggal diundangkan", Tanggal(), UMUM),
    Field("keterangan", "Keterangan", Text(500), UMUM),
    Field("berkas", "Berkas", FileReference(), UMUM),
    Field("aktif", "Berlaku", YesNo(), UMUM),
)


def promulgated_before_made(regulation: Any) -> bool:
    """A day of promulgation before the day on which it was made."""
    return (
        regulation.tgl_ditetapkan is not None
        and regulation.tgl_diundangkan is not None
        and regulation.tgl_diundangkan < regulation.tgl_ditetapkan
    )


PRODUK_HUKUM: Final = Entity(
    "produk_hukum",
    "Produk hukum",
    FIELDS,
    (Rule("diundangkan-sebelum-ditetapkan", "tgl_diundangkan", promulgated_before_made),),
)
