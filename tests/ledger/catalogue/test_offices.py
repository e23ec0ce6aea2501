"""Officials, institutions, households, lists, facilities and regulations of a desa."""

from typing import Any

import pytest

from ledger.catalogue import ENTITIES
from tests.ledger.catalogue.records import Read

NAMES = (
    "aparatur",
    "lembaga",
    "anggota_lembaga",
    "rumah_tangga",
    "suplemen",
    "suplemen_terdata",
    "potensi",
    "sarana",
    "produk_hukum",
)


@pytest.mark.parametrize("entity", NAMES)
def test_nothing_is_amiss_with_a_sound_record(read: Read, entity: str) -> None:
    reading = read(entity)
    assert (reading.findings, reading.record is None) == ((), False)


@pytest.mark.parametrize(
    ("entity", "code", "changed"),
    [
        ("aparatur", "nip-bukan-18-digit", {"nip": "19840103"}),
        ("aparatur", "berhenti-sebelum-diangkat", {"aktif": False, "tgl_sk_henti": "2021-05-09"}),
        ("aparatur", "aktif-setelah-berhenti", {"tgl_sk_henti": "2026-11-22"}),
        ("aparatur", "masa-jabatan-berakhir", {"tgl_sk_angkat": "2018-11-23"}),
        ("aparatur", "kosong", {"jabatan": None}),
        ("aparatur", "kosong", {"aktif": None}),
        ("aparatur", "kode-tidak-dikenal", {"agama_id": 77}),
        ("lembaga", "pilihan-tidak-dikenal", {"tipe": "perkumpulan"}),
        ("lembaga", "belum-mengisi", {"ketua_id": 0}),
        ("anggota_lembaga", "kode-tidak-dikenal", {"jabatan": 5}),
        ("anggota_lembaga", "kosong", {"id_penduduk": None}),
        ("rumah_tangga", "kosong", {"kepala_id": None}),
        ("suplemen", "kode-tidak-dikenal", {"sasaran": 9}),
        ("suplemen_terdata", "kosong", {"id_terdata": None}),
        ("sarana", "pilihan-tidak-dikenal", {"kategori": "bandara"}),
        (
            "produk_hukum",
            "diundangkan-sebelum-ditetapkan",
            {"tgl_ditetapkan": "2026-01-02", "tgl_diundangkan": "2026-01-01"},
        ),
    ],
)
def test_what_is_amiss_is_found_and_projected(
    read: Read, entity: str, code: str, changed: dict[str, Any]
) -> None:
    reading = read(entity, **changed)
    assert code in [it.code for it in reading.findings]
    assert reading.record is not None


@pytest.mark.parametrize(
    ("entity", "field"),
    [
        ("lembaga", "nama"),
        ("anggota_lembaga", "id_lembaga"),
        ("suplemen", "nama"),
        ("suplemen_terdata", "id_suplemen"),
        ("potensi", "nama"),
        ("sarana", "nama"),
        ("produk_hukum", "jenis"),
    ],
)
def test_what_has_to_be_there(read: Read, entity: str, field: str) -> None:
    reading = read(entity, **{field: None})
    assert reading.record is None
    assert ("wajib-kosong", field) in {(it.code, it.field) for it in reading.findings}


@pytest.mark.parametrize(
    "changed",
    [
        {"tgl_sk_angkat": "2018-11-24"},
        {"jenis_jabatan": 2, "tgl_sk_angkat": "2001-01-01"},
        {"aktif": False, "tgl_sk_henti": "2026-01-01", "tgl_sk_angkat": "2010-01-01"},
        {"tgl_sk_henti": "2026-11-23"},
    ],
)
def test_terms_that_are_in_order(read: Read, changed: dict[str, Any]) -> None:
    assert read("aparatur", **changed).findings == ()


def test_of_an_official_only_name_office_and_photo_are_public() -> None:
    fields = ENTITIES["aparatur"].by_name
    public = {name for name, it in fields.items() if it.sensitivity == "A"}
    assert {"nama", "jabatan", "foto"} <= public
    assert not public & {"nik", "nip", "tanggal_lahir", "tempat_lahir", "agama_id", "id_pend"}


def test_whom_a_list_holds_is_for_a_stated_reason_only() -> None:
    terdata, household = ENTITIES["suplemen_terdata"].by_name, ENTITIES["rumah_tangga"].by_name
    assert terdata["id_terdata"].sensitivity == terdata["keterangan"].sensitivity == "D"
    assert household["dtks"].sensitivity == "D"
