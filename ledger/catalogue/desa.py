"""Desa: the village's own identity, one record a log.

Its key is the kode desa, which must be the log's. `luas_wilayah` is in `satuan_luas`, km2 unless
stated otherwise.

`nama_desa` may be missing, and nothing is amiss then: today's OpenSID has no way to send it, and
the office registered the desa by its name.

Left to others: whether the kecamatan has registered the desa (admission), and whether names differ
from the registered ones (the data-quality projection).

Source: OpenSID v2410, table config. [pure]
"""

from typing import Any, Final

from ledger.catalogue.entity import Entity, Rule
from ledger.catalogue.fields import (
    Choice,
    Desimal,
    Field,
    KodeWilayah,
    Koordinat,
    Poligon,
    Sensitivity,
    Tanggal,
    Text,
    Url,
)

UMUM, DASAR = Sensitivity.UMUM, Sensitivity.DASAR

FIELDS: Final = (
    Field("kode_desa", "Kode desa", KodeWilayah(10), UMUM),
    Field("nama_desa", "Nama desa", Text(100), UMUM),
    Field("sebutan_desa", "Sebutan desa", Text(50), UMUM),
    Field("kode_kecamatan", "Kode kecamatan", KodeWilayah(6), UMUM),
    Field("nama_kecamatan", "Nama kecamatan", Text(100), UMUM),
    Field("kode_kabupaten", "Kode kabupaten", KodeWilayah(4), UMUM),
    Field("nama_kabupaten", "Nama kabupaten", Text(100), UMUM),
    Field("kode_propinsi", "Kode provinsi", KodeWilayah(2), UMUM),
    Field("nama_propinsi", "Nama provinsi", Text(100), UMUM),
    Field(
        "kode_desa_bps",
        "Kode desa BPS",
        Text(pattern=r"\A[0-9]{10}\Z", amiss="kode-bps-tidak-sah"),
        UMUM,
    ),
    Field("kode_pos", "Kode pos", Text(pattern=r"\A[0-9]{5}\Z", amiss="kode-pos-tidak-sah"), UMUM),
    Field("nama_kepala_desa", "Nama kepala desa", Text(100), UMUM),
    Field("nip", "NIP kepala desa", Text(50), DASAR),
    Field("nipd", "NIPD kepala desa", Text(50), DASAR),
    Field("alamat_kantor", "Alamat kantor", Text(200), UMUM),
    Field("telepon", "Telepon", Text(50), UMUM),
    Field("nomor_operator", "Nomor operator", Text(50), Sensitivity.PENGENAL),
    Field(
        "email_desa",
        "Surel desa",
        Text(100, pattern=r"\A[^@\s]+@[^@\s]+\.[^@\s]+\Z", amiss="email-tidak-sah"),
        UMUM,
    ),
    Field("website", "Situs web", Url(), UMUM),
    Field("lat", "Lintang", Koordinat("lat"), UMUM),
    Field("lng", "Bujur", Koordinat("lng"), UMUM),
    Field("path", "Batas desa", Poligon(), UMUM),
    Field("luas_wilayah", "Luas wilayah", Desimal(least=0), UMUM),
    Field("satuan_luas", "Satuan luas", Choice(("km2", "ha")), UMUM),
    Field("tgl_data_lengkap", "Tanggal data lengkap", Tanggal(), UMUM),
)


def of_another_kecamatan(desa: Any) -> bool:
    """A kecamatan that the kode desa does not lie in."""
    return _outside(desa.kode_kecamatan, desa)


def of_another_kabupaten(desa: Any) -> bool:
    """A kabupaten that the kode desa does not lie in."""
    return _outside(desa.kode_kabupaten, desa)


def of_another_province(desa: Any) -> bool:
    """A province that the kode desa does not lie in."""
    return _outside(desa.kode_propinsi, desa)


def _outside(kode: str | None, desa: Any) -> bool:
    return (
        kode is not None
        and desa.kode_desa is not None
        and not desa.kode_desa.startswith(f"{kode}.")
    )


RULES: Final = (
    Rule("kode-wilayah-beda", "kode_kecamatan", of_another_kecamatan),
    Rule("kode-wilayah-beda", "kode_kabupaten", of_another_kabupaten),
    Rule("kode-wilayah-beda", "kode_propinsi", of_another_province),
)

DESA: Final = Entity("desa", "Desa", FIELDS, RULES, key="kode_desa")
