"""A line of a budget: what is amiss with it, and the ways in which its codes are written."""

from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.catalogue import ENTITIES, account_name, activity_name
from ledger.catalogue.fields import Kind, KodeKegiatan, KodeRekening
from tests.ledger.catalogue.records import KODE_DESA, Read

INCOME: dict[str, Any] = {
    "kode_rekening": "4.2.1",
    "kode_kegiatan": None,
    "sumber_dana": "DD",
    "realisasi": None,
}


def codes(read: Read, **changed: object) -> list[str]:
    reading = read("apbdes", **changed)
    assert reading.record is not None
    return [it.code for it in reading.findings]


def test_nothing_is_amiss_with_a_sound_line(read: Read) -> None:
    reading = read("apbdes")
    assert (reading.findings, reading.record is None) == ((), False)


def test_amounts_are_exact(read: Read) -> None:
    record = read("apbdes", anggaran="900000000000000.01", realisasi=0.1).record
    assert record.anggaran - record.realisasi == Decimal("899999999999999.91")


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("tahun-anggaran-di-masa-depan", {"tahun": 2028}),
        ("rekening-tidak-dikenal", {"kode_rekening": "5.8.1"}),
        ("rekening-tidak-dikenal", {"kode_rekening": "5.9"}),
        ("rekening-setempat", {"kode_rekening": "5.1.2.07"}),
        ("belanja-tanpa-kegiatan", {"kode_kegiatan": None}),
        ("kegiatan-bukan-belanja", {**INCOME, "kode_kegiatan": "01"}),
        ("bidang-tidak-dikenal", {"kode_kegiatan": "06.01.01"}),
        ("kegiatan-tidak-dikenal", {"kode_kegiatan": "01.09"}),
        ("kegiatan-tidak-dikenal", {"kode_kegiatan": "01.01.89"}),
        ("anggaran-negatif", {**INCOME, "anggaran": "-1"}),
        ("realisasi-melebihi-anggaran", {"realisasi": "24000000.51"}),
        ("belum-mengisi", {"sumber_dana": None}),
        ("kosong", {"anggaran": None}),
        ("periode-anggaran-tidak-sah", {"periode": "semester-3"}),
        ("periode-anggaran-tidak-sah", {"periode": "2026-13-01"}),
        ("kode-kegiatan-tidak-sah", {**INCOME, "kode_kegiatan": "bidang satu"}),
        ("angka-tidak-sah", {"realisasi": "12,5"}),
    ],
)
def test_what_is_amiss_is_found_and_projected(
    read: Read, code: str, changed: dict[str, Any]
) -> None:
    assert codes(read, **changed) == [code]


@pytest.mark.parametrize(
    "changed",
    [
        {"kode_rekening": "5.1.2.93"},
        {"kode_kegiatan": "01.01.97"},
        {"tahun": 2027},
        {**INCOME, "realisasi": "-250000"},
        {**INCOME, "anggaran": "1", "realisasi": "2"},
        {"periode": "2026-09-30"},
        {"periode": None},
        {**INCOME, "kode_rekening": "6.1.1"},
        {**INCOME, "kode_rekening": "7.1"},
    ],
)
def test_what_a_budget_may_well_be(read: Read, changed: dict[str, Any]) -> None:
    assert codes(read, **changed) == []


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("kode-rekening-tidak-sah", {"kode_rekening": "1.1.1"}),
        ("kode-rekening-tidak-sah", {"kode_rekening": "8"}),
        ("kode-rekening-tidak-sah", {"kode_rekening": "Dana Desa"}),
        ("wajib-kosong", {"kode_rekening": None}),
        ("wajib-kosong", {"tahun": None}),
        ("wajib-kosong", {"jenis_anggaran": None}),
        ("tahun-anggaran-tidak-sah", {"tahun": 2014}),
        ("tahun-anggaran-tidak-sah", {"tahun": 26}),
        ("tahun-anggaran-tidak-sah", {"tahun": 2101}),
        ("id-beda", {"id": "another"}),
    ],
)
def test_what_has_no_place_in_a_budget_is_not_projected(
    read: Read, code: str, changed: dict[str, Any]
) -> None:
    reading = read("apbdes", **changed)
    assert reading.record is None
    assert code in [it.code for it in reading.findings]


@pytest.mark.parametrize("written", ['"id":7,', '"id":"7",', ""], ids=["number", "text", "none"])
def test_a_lines_key_may_be_a_number(written: str) -> None:
    data = f'{{{written}"tahun":2026}}'.encode()
    findings = ENTITIES["apbdes"].findings(data, date(2026, 1, 1), KODE_DESA, "7")
    assert not {it.code for it in findings} & {"id-beda", "teks-berupa-angka"}


# --- codes ---------------------------------------------------------------------------------------


def read_as(kind: Kind, value: object) -> tuple[object, list[str]]:
    noted: list[str] = []
    return kind.read(value, lambda code, _: noted.append(code)), noted


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("4.2.1. Dana Desa", "4.2.1"),
        ("4.PENDAPATAN", "4"),
        ("5.0.0", "5"),
        ("5.1.2.1", "5.1.2.01"),
        ("05.01.02.01", "5.1.2.01"),
        ("5.2.1.10.", "5.2.1.10"),
        (" 6.1 ", "6.1"),
    ],
)
def test_a_rekening_is_taken_out_of_its_spellings(written: str, code: str) -> None:
    assert read_as(KodeRekening(), written) == (code, [])


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("00.0000.01 BIDANG PENYELENGGARAN PEMERINTAHAN DESA", "01"),
        ("53.14.01.01.02", "01.01.02"),
        ("01.01.02.", "01.01.02"),
        ("1.1.2", "01.01.02"),
        ("02.00.00", "02"),
    ],
)
def test_a_kegiatan_is_taken_out_of_its_spellings(written: str, code: str) -> None:
    assert read_as(KodeKegiatan(), written) == (code, [])


def test_what_opensid_offers_for_hand_entry_is_understood(read: Read) -> None:
    """The 28 rows in the exact spelling that arrives from a desa."""
    rows = TEMPLATE.strip().splitlines()
    assert len(rows) == 28
    for row in rows:
        kegiatan, _, rincian = row.partition("|")
        found = codes(read, kode_rekening=rincian, kode_kegiatan=kegiatan, sumber_dana="DD")
        assert found == [], row


TEMPLATE = """
|4.1.1. Hasil Usaha Desa
|4.1.2. Hasil Aset Desa
|4.1.3. Swadaya, Partisipasi dan Gotong Royong
|4.1.4. Lain-Lain Pendapatan Asli Desa
|4.2.1. Dana Desa
|4.2.2. Bagi Hasil Pajak dan Retribusi
|4.2.3. Alokasi Dana Desa
|4.2.4. Bantuan Keuangan Provinsi
|4.2.5. Bantuan Keuangan Kabupaten/Kota
|4.3.1. Penerimaan dari Hasil Kerjasama Antar Desa
|4.3.2. Penerimaan dari Hasil Kerjasama dengan Pihak Ketiga
|4.3.3. Penerimaan Bantuan dari Perusahaan yang Berlokasi di Desa
|4.3.4. Hibah dan Sumbangan dari Pihak Ketiga
|4.3.5. Koreksi Kesalahan Belanja Tahun-tahun Sebelumnya
|4.3.6. Bunga Bank
|4.3.9. Lain-lain Pendapatan Desa Yang Sah
00.0000.01 BIDANG PENYELENGGARAN PEMERINTAHAN DESA|5.0.0
00.0000.02 BIDANG PELAKSANAAN PEMBANGUNAN DESA|5.0.0
00.0000.03 BIDANG PEMBINAAN KEMASYARAKATAN DESA|5.0.0
00.0000.04 BIDANG PEMBERDAYAAN MASYARAKAT DESA|5.0.0
00.0000.05 BIDANG PENANGGULANGAN BENCANA, DARURAT DAN MENDESAK DESA|5.0.0
|6.1.1. SILPA Tahun Sebelumnya
|6.1.2. Pencairan Dana Cadangan
|6.1.3. Hasil Penjualan Kekayaan Desa Yang Dipisahkan
|6.1.9. Penerimaan Pembiayaan Lainnya
|6.2.1. Pembentukan Dana Cadangan
|6.2.2. Penyertaan Modal Desa
|6.2.9. Pengeluaran Pembiayaan Lainnya
"""


@given(st.sampled_from([KodeRekening(), KodeKegiatan()]), st.text("0123456789. Da", max_size=12))
def test_what_was_read_once_is_in_normal_form(kind: Kind, written: str) -> None:
    code, noted = read_as(kind, written)
    assert (code is None) == bool(noted)
    if code is not None:
        assert read_as(kind, code) == (code, [])


def test_names_are_those_of_the_tables() -> None:
    assert account_name("4.2.1") == "Dana Desa"
    assert account_name("5.1.2.93") == "Penerimaan Lain Perangkat Desa yang Sah"
    assert account_name("5.1.2.07") is None
    assert activity_name("02") == "BIDANG PELAKSANAAN PEMBANGUNAN DESA"
    assert activity_name("09") is None


def test_every_code_of_the_tables_is_in_normal_form() -> None:
    folder = resources.files("ledger.catalogue") / "tables"
    kinds: dict[str, Kind] = {
        "apbdes_akun": KodeRekening(),
        "apbdes_bidang_kegiatan": KodeKegiatan(),
    }
    for table, kind in kinds.items():
        for row in (folder / f"{table}.csv").read_text().splitlines()[1:]:
            code = row.partition(",")[0]
            if code[0] not in "123" or table != "apbdes_akun":
                expected = code.removesuffix("-99")
                assert read_as(kind, code) == (expected, [])
