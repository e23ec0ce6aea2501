"""Bantuan: aid programmes of a desa, and who takes part in them.

`peserta` is the NIK of a person (sasaran 1), a family's No. KK (2), the number of a rumah tangga
(3) or the id of a kelompok (4); `kartu_…` is what stands on the card.

Left to the data-quality projection: participants nobody knows, dead or moved; a person in two
programmes that exclude each other.

Source: OpenSID v2410, tables program and program_peserta. [pure]
"""

from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Code,
    Field,
    FileReference,
    Id,
    Nik,
    Sensitivity,
    Tanggal,
    Text,
    YesNo,
)

UMUM, DASAR, PENGENAL = Sensitivity.UMUM, Sensitivity.DASAR, Sensitivity.PENGENAL

PROGRAM_FIELDS: Final = (
    Field("id", "ID program", Id(), UMUM),
    Field("nama", "Nama program", Text(100), UMUM, blank="wajib-kosong"),
    Field("sasaran", "Sasaran", Code("sasaran_program"), UMUM, blank="kosong"),
    Field("keterangan", "Keterangan", Text(500), UMUM),
    Field("tgl_mulai", "Tanggal mulai", Tanggal(), UMUM),
    Field("tgl_selesai", "Tanggal selesai", Tanggal(), UMUM),
    Field("status", "Aktif", YesNo(), UMUM),
    Field("asal_dana", "Asal dana", Text(100), UMUM),
)


def ended_before_it_began(program: Any) -> bool:
    """A last day before the first."""
    return (
        program.tgl_mulai is not None
        and program.tgl_selesai is not None
        and program.tgl_selesai < program.tgl_mulai
    )


PROGRAM_BANTUAN: Final = Entity(
    "program_bantuan",
    "Program bantuan",
    PROGRAM_FIELDS,
    (Rule("selesai-sebelum-mulai", "tgl_selesai", ended_before_it_began),),
)

PESERTA_FIELDS: Final = (
    Field("id", "ID peserta", Id(), DASAR),
    Field("program_id", "ID program", Id(), DASAR, blank="wajib-kosong"),
    Field("sasaran", "Sasaran", Code("sasaran_program"), DASAR),
    Field(
        "peserta", "Nomor peserta", Nik(structured=False, sixteen=False), PENGENAL, blank="kosong"
    ),
    Field("no_id_kartu", "Nomor kartu", Text(50), PENGENAL),
    Field("kartu_nik", "NIK pada kartu", Nik(structured=False), PENGENAL),
    Field("kartu_nama", "Nama pada kartu", Text(100), PENGENAL),
    Field("kartu_tempat_lahir", "Tempat lahir pada kartu", Text(100), PENGENAL),
    Field("kartu_tanggal_lahir", "Tanggal lahir pada kartu", Tanggal(), PENGENAL),
    Field("kartu_alamat", "Alamat pada kartu", Text(200), PENGENAL),
    Field("kartu_peserta", "Foto kartu", FileReference(carried=False), Sensitivity.KETAT),
    Field("kartu_id_pend", "ID penduduk", Id(), DASAR),
)


def no_number(member: Any) -> bool:
    """What stands for a NIK or a No. KK, and has more than digits."""
    return _by_card(member) and not _is_digits(member.peserta)


def of_another_length(member: Any) -> bool:
    """A NIK or a No. KK that has not 16 digits."""
    return _by_card(member) and _is_digits(member.peserta) and len(member.peserta) != _SIXTEEN


def _by_card(member: Any) -> bool:
    """Whether a person or a family takes part, known by 16 digits."""
    return member.peserta is not None and member.sasaran not in _OTHERS


def _is_digits(number: str) -> bool:
    return number.isascii() and number.isdecimal()


_OTHERS: Final = frozenset({3, 4})
"""Rumah tangga and kelompok, which have short numbers of the desa's own."""
_SIXTEEN: Final = 16

PESERTA_BANTUAN: Final = Entity(
    "peserta_bantuan",
    "Peserta bantuan",
    PESERTA_FIELDS,
    (
        Rule("nik-bukan-angka", "peserta", no_number),
        Rule("nik-panjang", "peserta", of_another_length),
    ),
)
