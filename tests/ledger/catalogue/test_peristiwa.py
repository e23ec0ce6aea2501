from typing import Any

import pytest

from ledger.catalogue.peristiwa import JENIS
from tests.ledger.catalogue.records import Read


def codes(read: Read, entity: str = "peristiwa", **changed: object) -> list[str]:
    return [finding.code for finding in read(entity, **changed).findings]


def test_nothing_is_amiss_with_a_sound_record(read: Read) -> None:
    assert codes(read) == []


@pytest.mark.parametrize(("kode", "jenis"), JENIS.items())
def test_the_word_follows_from_the_code(read: Read, kode: int, jenis: str) -> None:
    assert read("peristiwa", kode=kode, jenis=None).record.jenis == jenis


@pytest.mark.parametrize(("kode", "jenis"), JENIS.items())
def test_the_code_follows_from_the_word(read: Read, kode: int, jenis: str) -> None:
    assert read("peristiwa", kode=None, jenis=jenis).record.kode == kode


@pytest.mark.parametrize(
    "changed",
    [
        {"kode": None, "jenis": None},
        {"kode": 7, "jenis": None},
        {"kode": 2, "jenis": "lahir"},
        {"kode": None, "jenis": "dikoreksi"},
    ],
)
def test_without_a_known_kind_it_cannot_be_projected(read: Read, changed: dict[str, Any]) -> None:
    reading = read("peristiwa", **changed)
    assert reading.record is None
    assert "jenis-peristiwa-tidak-jelas" in {finding.code for finding in reading.findings}


def test_a_correction_keeps_the_code_of_what_happened(read: Read) -> None:
    record = read("peristiwa", jenis="dikoreksi").record
    assert (record.kode, record.jenis) == (5, "dikoreksi")


def test_a_cancellation_needs_no_dates(read: Read) -> None:
    cancelled: dict[str, Any] = {
        "jenis": "dibatalkan",
        "kode": None,
        "tgl_lapor": None,
        "tgl_peristiwa": None,
    }
    assert codes(read, **cancelled, alasan="SALAH PILIH PENDUDUK") == []


@pytest.mark.parametrize("missing", ["id_pend", "tgl_lapor"])
def test_what_a_report_counts_by_must_be_there(read: Read, missing: str) -> None:
    reading = read("peristiwa", **{missing: None})
    assert reading.record is None
    assert [(it.code, it.field) for it in reading.findings] == [("wajib-kosong", missing)]


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("kosong", {"tgl_peristiwa": None}),
        ("peristiwa-setelah-lapor", {"tgl_peristiwa": "2026-11-22"}),
        ("lapor-di-masa-depan", {"tgl_lapor": "2026-11-24"}),
        ("lapor-terlambat", {"tgl_lapor": "2025-11-21", "tgl_peristiwa": "2025-11-21"}),
        ("belum-mengisi", {"kode": 3, "jenis": None}),
        ("kode-tidak-dikenal", {"kode": 3, "jenis": None, "ref_pindah": 5}),
        ("jam-tidak-sah", {"kode": 2, "jenis": None, "jam_mati": "pagi"}),
    ],
)
def test_what_is_amiss_is_found_and_projected(
    read: Read, code: str, changed: dict[str, Any]
) -> None:
    reading = read("peristiwa", **changed)
    assert code in {finding.code for finding in reading.findings}
    assert reading.record is not None


def test_rows_of_an_import_are_not_late(read: Read) -> None:
    old = {"tgl_lapor": "2020-01-01", "tgl_peristiwa": "2020-01-01"}
    assert codes(read, **old, saldo_awal=True) == []


def test_what_happened_to_a_family_is_read(read: Read) -> None:
    assert read("peristiwa_keluarga").record.id_kk == 1


@pytest.mark.parametrize("missing", ["id_kk", "kode"])
def test_what_happened_to_a_family_names_it_and_its_kind(read: Read, missing: str) -> None:
    assert codes(read, "peristiwa_keluarga", **{missing: None}) == ["wajib-kosong"]
