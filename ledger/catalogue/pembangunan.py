"""Pembangunan: public works of a desa, and the photos of their progress.

Left to the data-quality projection: progress that goes down, a finished work without a photo, a
year without APBDes.

Source: OpenSID v2410, tables pembangunan and pembangunan_ref_dokumentasi. [pure]
"""

from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Field,
    FileReference,
    Id,
    Integer,
    Koordinat,
    Rupiah,
    Sensitivity,
    Text,
    Waktu,
    YesNo,
)

UMUM: Final = Sensitivity.UMUM
SOURCES: Final = (
    "sumber_biaya_pemerintah",
    "sumber_biaya_provinsi",
    "sumber_biaya_kab_kota",
    "sumber_biaya_swadaya",
)
_MOST_PERCENT: Final = 100

FIELDS: Final = (
    Field("id", "ID kegiatan", Id(), UMUM),
    Field("judul", "Nama kegiatan", Text(200), UMUM, blank="wajib-kosong"),
    Field("tahun_anggaran", "Tahun anggaran", Integer(), UMUM, blank="kosong"),
    Field("sumber_dana", "Sumber dana", Text(100), UMUM),
    Field("lokasi", "Lokasi", Text(200), UMUM),
    Field("lat", "Lintang", Koordinat("lat"), UMUM),
    Field("lng", "Bujur", Koordinat("lng"), UMUM),
    Field("keterangan", "Keterangan", Text(1000), UMUM),
    Field("volume", "Volume", Text(100), UMUM),
    Field("pelaksana_kegiatan", "Pelaksana kegiatan", Text(200), UMUM),
    Field("status", "Aktif", YesNo(), UMUM),
    Field("anggaran", "Anggaran", Rupiah(), UMUM),
    Field("perubahan_anggaran", "Perubahan anggaran", Rupiah(), UMUM),
    *(
        Field(name, f"Biaya dari {name[13:].replace('_', ' ')}", Rupiah(), UMUM)
        for name in SOURCES
    ),
    Field("sumber_biaya_jumlah", "Jumlah biaya", Rupiah(), UMUM),
    Field("manfaat", "Manfaat", Text(500), UMUM),
    Field("waktu", "Lama pengerjaan", Integer(), UMUM),
    Field("satuan_waktu", "Satuan lama pengerjaan", Text(20), UMUM),
    Field("sifat_proyek", "Sifat proyek", Text(20), UMUM),
    Field("foto", "Foto", FileReference(), UMUM),
)


def sum_differs(work: Any) -> bool:
    """A total that is not the sum of its sources."""
    stated = [amount for name in SOURCES if (amount := getattr(work, name)) is not None]
    total = work.sumber_biaya_jumlah
    return total is not None and bool(stated) and sum(stated) != total


PEMBANGUNAN: Final = Entity(
    "pembangunan",
    "Pembangunan",
    FIELDS,
    (Rule("jumlah-biaya-beda", "sumber_biaya_jumlah", sum_differs),),
)

DOKUMENTASI_FIELDS: Final = (
    Field("id", "ID dokumentasi", Id(), UMUM),
    Field("id_pembangunan", "ID kegiatan", Id(), UMUM, blank="wajib-kosong"),
    Field("persentase", "Persentase", Integer(), UMUM),
    Field("keterangan", "Keterangan", Text(500), UMUM),
    Field("gambar", "Gambar", FileReference(), UMUM),
    Field("created_at", "Direkam pada", Waktu(), UMUM),
    Field("updated_at", "Diubah pada", Waktu(), UMUM),
)


def over_a_hundred(photo: Any) -> bool:
    """More than all of the work."""
    return photo.persentase is not None and photo.persentase > _MOST_PERCENT


DOKUMENTASI_PEMBANGUNAN: Final = Entity(
    "dokumentasi_pembangunan",
    "Dokumentasi pembangunan",
    DOKUMENTASI_FIELDS,
    (Rule("persentase-lebih-100", "persentase", over_a_hundred),),
)
