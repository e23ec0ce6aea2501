"""Keluarga: one family card (KK).

`kepala_id` is the id of a penduduk; OpenSID's column for it is called `nik_kepala` but holds no
NIK.

Left to the data-quality projection: a no_kk of two families, a kepala nobody sent, a kepala who is
not alive while members are.

Source: OpenSID v2410, table tweb_keluarga. [pure]
"""

from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import Code, Field, Id, NoKk, Sensitivity, Tanggal, Text, Waktu

DASAR, PENGENAL = Sensitivity.DASAR, Sensitivity.PENGENAL

FIELDS: Final = (
    Field("id", "ID keluarga", Id(), DASAR),
    Field("no_kk", "Nomor KK", NoKk(), PENGENAL, blank="kosong"),
    Field("kepala_id", "ID kepala keluarga", Id(), DASAR, blank="kosong"),
    Field("tgl_daftar", "Tanggal daftar", Tanggal(), DASAR),
    Field("tgl_cetak_kk", "Tanggal cetak KK", Tanggal(), DASAR),
    Field("kelas_sosial", "Kelas sosial", Code("kelas_sosial_keluarga"), Sensitivity.KETAT),
    Field("alamat", "Alamat", Text(200), PENGENAL),
    Field("id_cluster", "ID wilayah", Id(), DASAR),
    Field("dusun", "Dusun", Text(50), DASAR),
    Field("rw", "RW", Text(10), DASAR),
    Field("rt", "RT", Text(10), DASAR),
    Field("updated_at", "Diubah pada", Waktu(), DASAR),
)


def temporary_number(family: Any) -> bool:
    """A number that OpenSID gives until the real one is known: 0, kode desa, serial."""
    return family.no_kk is not None and family.no_kk.startswith("0")


RULES: Final = (Rule("kk-sementara", "no_kk", temporary_number),)

KELUARGA: Final = Entity("keluarga", "Keluarga", FIELDS, RULES)
