"""Aparatur: who governs a desa, and the members of its BPD (OpenSID's pamong).

`id_pend` leads to somebody of the register; for outsiders the record says who they are. Name,
office and photo are public, as those of officials are; nothing else is.

`masa_jabatan` is free text, as OpenSID has it ("8 tahun, 2021 s/d 2029").

Left to the data-quality projection: more than one active kepala desa, an id_pend nobody sent.

Sources: OpenSID v2410, table tweb_desa_pamong; UU 3/2024. [pure]
"""

from datetime import date
from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Code,
    Field,
    FileReference,
    Id,
    Integer,
    Nik,
    Sensitivity,
    Tanggal,
    Text,
    YesNo,
)
from ledger.catalogue.penduduk import age

UMUM, DASAR, PENGENAL = Sensitivity.UMUM, Sensitivity.DASAR, Sensitivity.PENGENAL

KEPALA_DESA, SEKRETARIS = 1, 2
_TERM: Final = 8
"""Years of a kepala desa's term; UU 3/2024 made it so for those in office, too."""

FIELDS: Final = (
    Field("id", "ID aparatur", Id(), UMUM),
    Field("nama", "Nama", Text(100), UMUM, blank="kosong"),
    Field("gelar_depan", "Gelar depan", Text(30), UMUM),
    Field("gelar_belakang", "Gelar belakang", Text(30), UMUM),
    Field("id_pend", "ID penduduk", Id(), DASAR),
    Field("nik", "NIK", Nik(structured=False), PENGENAL),
    Field("nip", "NIP", Text(pattern=r"\A[0-9]{18}\Z", amiss="nip-bukan-18-digit"), PENGENAL),
    Field("nipd", "NIPD/NIAP", Text(50), PENGENAL),
    Field("tempat_lahir", "Tempat lahir", Text(100), PENGENAL),
    Field("tanggal_lahir", "Tanggal lahir", Tanggal(), PENGENAL),
    Field("sex", "Jenis kelamin", Code("jenis_kelamin"), DASAR),
    Field("agama_id", "Agama", Code("agama"), Sensitivity.KETAT),
    Field("pendidikan_kk_id", "Pendidikan terakhir", Code("pendidikan_kk"), DASAR),
    Field("jabatan", "Jabatan", Text(100), UMUM, blank="kosong"),
    Field("jenis_jabatan", "Jenis jabatan", Integer(), UMUM),
    Field("pangkat", "Pangkat/golongan", Text(50), DASAR),
    Field("no_sk_angkat", "Nomor keputusan pengangkatan", Text(100), DASAR),
    Field("tgl_sk_angkat", "Tanggal keputusan pengangkatan", Tanggal(), DASAR),
    Field("no_sk_henti", "Nomor keputusan pemberhentian", Text(100), DASAR),
    Field("tgl_sk_henti", "Tanggal keputusan pemberhentian", Tanggal(), DASAR),
    Field("masa_jabatan", "Masa jabatan", Text(120), UMUM),
    Field("aktif", "Aktif", YesNo(), UMUM, blank="kosong"),
    Field("ttd", "Menandatangani atas nama", YesNo(), DASAR),
    Field("ub", "Menandatangani untuk beliau", YesNo(), DASAR),
    Field("foto", "Foto", FileReference(), UMUM),
)


def dismissed_before_appointed(official: Any) -> bool:
    """An end of office before its beginning."""
    return (
        official.tgl_sk_angkat is not None
        and official.tgl_sk_henti is not None
        and official.tgl_sk_henti < official.tgl_sk_angkat
    )


def active_after_dismissal(official: Any, today: date) -> bool:
    """In office, after the day of dismissal."""
    ended = official.tgl_sk_henti
    return bool(official.aktif) and ended is not None and ended < today


def beyond_term(official: Any, today: date) -> bool:
    """A kepala desa in office for longer than a term."""
    begun = official.tgl_sk_angkat
    return (
        bool(official.aktif)
        and official.jenis_jabatan == KEPALA_DESA
        and begun is not None
        and age(begun, today) >= _TERM
    )


APARATUR: Final = Entity(
    "aparatur",
    "Aparatur desa",
    FIELDS,
    (Rule("berhenti-sebelum-diangkat", "tgl_sk_henti", dismissed_before_appointed),),
    (
        Rule("aktif-setelah-berhenti", "aktif", active_after_dismissal),
        Rule("masa-jabatan-berakhir", "tgl_sk_angkat", beyond_term),
    ),
)
