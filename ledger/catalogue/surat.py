"""Surat: letters to be signed by the camat, and messages to the office.

A letter's key is its number, which is unique in its desa, and in its desa alone. A message's id is
given by who takes it: OpenSID sends none.

Left to the data-quality projection: a subject nobody knows, or who is not alive.

Source: OpenSID v2410, tables log_surat and pesan. [pure]
"""

from datetime import date
from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Choice,
    Field,
    FileReference,
    Id,
    Nik,
    Sensitivity,
    Text,
    Waktu,
)

DASAR, PENGENAL = Sensitivity.DASAR, Sensitivity.PENGENAL

SURAT_FIELDS: Final = (
    Field("nomor", "Nomor surat", Text(64), DASAR),
    Field("nama", "Jenis surat", Text(200), DASAR, blank="wajib-kosong"),
    Field("nik", "NIK", Nik(structured=False), PENGENAL, blank="nik-kosong"),
    Field("tanggal", "Tanggal surat", Waktu(), DASAR, blank="kosong"),
    Field("berkas", "Berkas", FileReference(), PENGENAL, blank="wajib-kosong"),
)


def dated_in_future(letter: Any, today: date) -> bool:
    """A letter of tomorrow."""
    return letter.tanggal is not None and letter.tanggal.date() > today


SURAT: Final = Entity(
    "surat",
    "Surat",
    SURAT_FIELDS,
    dated_rules=(Rule("surat-di-masa-depan", "tanggal", dated_in_future),),
    key="nomor",
)

PESAN_FIELDS: Final = (
    Field("id", "ID pesan", Id(), DASAR),
    Field("percakapan", "Percakapan", Id(), DASAR, blank="wajib-kosong"),
    Field("judul", "Judul", Text(200), DASAR),
    Field("isi", "Isi", Text(20_000), DASAR, blank="wajib-kosong"),
    Field("pengirim", "Pengirim", Choice(("desa", "kecamatan")), DASAR),
    Field("nama_pengirim", "Nama pengirim", Text(100), DASAR),
)

PESAN: Final = Entity("pesan", "Pesan", PESAN_FIELDS)
