"""Lembaga: institutions and groups of a desa, and who belongs to them.

PKK, Karang Taruna, Posyandu, LPM, an adat council are lembaga (Permendagri 18/2018); farmers' and
women's groups are kelompok. Both are one entity, by `tipe`.

Left to the data-quality projection: a kode of two lembaga, a head or member nobody sent or who is
not alive, a member of no lembaga.

Source: OpenSID v2410, tables kelompok and kelompok_anggota. [pure]
"""

from typing import Final

from ledger.catalogue.entity import Entity
from ledger.catalogue.fields import Choice, Code, Field, Id, Sensitivity, Tanggal, Text

UMUM, DASAR = Sensitivity.UMUM, Sensitivity.DASAR

LEMBAGA: Final = Entity(
    "lembaga",
    "Lembaga",
    (
        Field("id", "ID lembaga", Id(), UMUM),
        Field("tipe", "Tipe", Choice(("lembaga", "kelompok")), UMUM, blank="kosong"),
        Field("kode", "Kode lembaga", Text(50), UMUM),
        Field("nama", "Nama lembaga", Text(100), UMUM, blank="wajib-kosong"),
        Field("kategori", "Kategori", Text(100), UMUM),
        Field("ketua_id", "ID ketua", Id(), DASAR, blank="belum-mengisi"),
        Field("keterangan", "Keterangan", Text(500), UMUM),
        Field("no_sk", "Nomor keputusan pendirian", Text(100), UMUM),
        Field("tgl_sk", "Tanggal keputusan pendirian", Tanggal(), UMUM),
    ),
)

ANGGOTA_LEMBAGA: Final = Entity(
    "anggota_lembaga",
    "Anggota lembaga",
    (
        Field("id", "ID anggota", Id(), DASAR),
        Field("id_lembaga", "ID lembaga", Id(), DASAR, blank="wajib-kosong"),
        Field("id_penduduk", "ID penduduk", Id(), DASAR, blank="kosong"),
        Field("no_anggota", "Nomor anggota", Text(50), DASAR),
        Field("jabatan", "Jabatan", Code("jabatan_lembaga"), DASAR, blank="belum-mengisi"),
        Field("no_sk", "Nomor keputusan jabatan", Text(100), DASAR),
        Field("periode", "Periode jabatan", Text(50), DASAR),
    ),
)
