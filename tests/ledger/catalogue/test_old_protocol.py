"""The entities that the old protocol brings: aid, works, reports, letters, messages."""

from typing import Any

import pytest

from tests.ledger.catalogue.records import Read

ENTITIES = (
    "upload",
    "program_bantuan",
    "peserta_bantuan",
    "pembangunan",
    "dokumentasi_pembangunan",
    "laporan",
    "surat",
    "pesan",
)


@pytest.mark.parametrize("entity", ENTITIES)
def test_nothing_is_amiss_with_a_sound_record(read: Read, entity: str) -> None:
    reading = read(entity)
    assert (reading.findings, reading.record is None) == ((), False)


@pytest.mark.parametrize(
    ("entity", "code", "changed"),
    [
        (
            "program_bantuan",
            "selesai-sebelum-mulai",
            {"tgl_mulai": "2026-02-01", "tgl_selesai": "2026-01-31"},
        ),
        ("program_bantuan", "kode-tidak-dikenal", {"sasaran": 9}),
        ("peserta_bantuan", "kosong", {"peserta": None}),
        ("peserta_bantuan", "nik-panjang", {"peserta": "530608", "sasaran": 1}),
        ("peserta_bantuan", "nik-panjang", {"peserta": "530608", "sasaran": 2}),
        ("peserta_bantuan", "nik-panjang", {"peserta": "530608", "sasaran": None}),
        ("peserta_bantuan", "nik-bukan-angka", {"peserta": "5306O80301840001"}),
        (
            "pembangunan",
            "jumlah-biaya-beda",
            {"sumber_biaya_swadaya": 1, "sumber_biaya_jumlah": 2},
        ),
        ("dokumentasi_pembangunan", "persentase-lebih-100", {"persentase": 101}),
        ("laporan", "tahun-tidak-sah", {"tahun": 26}),
        ("laporan", "periode-tidak-sah", {"periode": 3}),
        ("laporan", "periode-tidak-sah", {"periode": None}),
        ("surat", "surat-di-masa-depan", {"tanggal": "2026-11-24 00:00:00"}),
        ("surat", "nik-kosong", {"nik": None}),
        ("pesan", "pilihan-tidak-dikenal", {"pengirim": "camat"}),
    ],
)
def test_what_is_amiss_is_found_and_projected(
    read: Read, entity: str, code: str, changed: dict[str, Any]
) -> None:
    reading = read(entity, **changed)
    assert [it.code for it in reading.findings] == [code]
    assert reading.record is not None


@pytest.mark.parametrize(
    ("entity", "field"),
    [
        ("program_bantuan", "nama"),
        ("peserta_bantuan", "program_id"),
        ("pembangunan", "judul"),
        ("dokumentasi_pembangunan", "id_pembangunan"),
        ("laporan", "jenis"),
        ("laporan", "tahun"),
        ("surat", "berkas"),
        ("pesan", "isi"),
    ],
)
def test_what_has_to_be_there(read: Read, entity: str, field: str) -> None:
    reading = read(entity, **{field: None})
    assert reading.record is None
    assert ("wajib-kosong", field) in {(it.code, it.field) for it in reading.findings}


def test_the_sum_of_the_sources_may_leave_blank_ones_out(read: Read) -> None:
    changed = {"sumber_biaya_pemerintah": "100.50", "sumber_biaya_jumlah": "100.5"}
    assert read("pembangunan", **changed).findings == ()


@pytest.mark.parametrize("sasaran", [3, 4])
def test_a_household_or_a_group_takes_part_by_its_own_number(read: Read, sasaran: int) -> None:
    reading = read("peserta_bantuan", sasaran=sasaran, peserta="12")
    assert (reading.findings, reading.record.peserta) == ((), "12")


def test_a_card_whose_picture_opensid_never_sends_lacks_nothing(read: Read) -> None:
    reading = read("peserta_bantuan", kartu_peserta="kartu_12.jpg")
    assert (reading.findings, reading.record.kartu_peserta) == ((), "kartu_12.jpg")


def test_a_month_is_a_period_of_a_report_of_people(read: Read) -> None:
    assert read("laporan", jenis="laporan_penduduk", periode=12).findings == ()


def test_a_letters_number_is_its_key_whatever_it_looks_like(read: Read) -> None:
    record = read("surat", nomor=None).record
    assert record.nomor == "470/1/2026"
