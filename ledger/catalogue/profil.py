"""What a desa has: potensi and sarana, counted by year. No persons.

Source: OpenDK's tables das_potensi and das_data_sarana, which a kecamatan fills by hand today.
[pure]
"""

from typing import Final

from ledger.catalogue.codes import TABLES
from ledger.catalogue.entity import Entity
from ledger.catalogue.fields import Choice, Field, Id, Integer, Sensitivity, Text

UMUM: Final = Sensitivity.UMUM
SARANA_KINDS: Final = tuple(str(code) for code in TABLES["kategori_sarana"])

POTENSI: Final = Entity(
    "potensi",
    "Potensi",
    (
        Field("id", "ID potensi", Id(), UMUM),
        Field("kategori", "Kategori", Text(100), UMUM),
        Field("nama", "Nama potensi", Text(200), UMUM, blank="wajib-kosong"),
        Field("jumlah", "Jumlah", Integer(), UMUM),
        Field("keterangan", "Keterangan", Text(1000), UMUM),
        Field("tahun", "Tahun", Integer(), UMUM),
    ),
)

SARANA: Final = Entity(
    "sarana",
    "Sarana",
    (
        Field("id", "ID sarana", Id(), UMUM),
        Field("kategori", "Kategori sarana", Choice(SARANA_KINDS), UMUM, blank="kosong"),
        Field("nama", "Nama sarana", Text(200), UMUM, blank="wajib-kosong"),
        Field("jumlah", "Jumlah", Integer(), UMUM),
        Field("keterangan", "Keterangan", Text(1000), UMUM),
        Field("tahun", "Tahun", Integer(), UMUM),
    ),
)
