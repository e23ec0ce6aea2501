"""Pages of budgets: the report of a village, the recap of a region."""

import json

import pytest

from ledger import Draft
from tests.api.conftest import Web
from tests.api.markup import text
from tests.simulator import KODE, KODE_DESA, START

LINES = [
    ("4.1.1.01", "", "1000000.50", "900000"),
    ("4.2.1.01", "", "800000000", "400000000"),
    ("5.1.1.01", "01.01.01", "300000000", "150000000"),
    ("5.3.5.02", "02.03.10", "501000000.50", "1"),
    ("6.1.1.01", "", "5000000", "5000000"),
    ("6.2.2.01", "", "5000000", "0"),
]


def budget(tahun: int = 2026) -> list[Draft]:
    drafts = []
    for rekening, kegiatan, anggaran, realisasi in LINES:
        record = {
            "tahun": tahun,
            "jenis_anggaran": "murni",
            "kode_rekening": rekening,
            "kode_kegiatan": kegiatan or None,
            "anggaran": anggaran,
            "realisasi": realisasi,
            "sumber_dana": "DD",
        }
        id_ = f"{tahun}-murni-{kegiatan}-{rekening}"
        drafts.append(Draft("apbdes", id_, "put", START, {"id": id_, **record}))
    return drafts


@pytest.fixture
def filled(web: Web) -> Web:
    for kode in (KODE_DESA, f"{KODE}.2002"):
        village = web.village(kode)
        web.push(village, budget())
    web.village(f"{KODE}.2003")
    web.follow()
    return web


def test_the_report_ends_in_what_the_year_leaves(filled: Web) -> None:
    said = text(filled.log_in().get(f"/desa/{KODE_DESA}/apbdes"))
    assert "JUMLAH PENDAPATAN 801.000.000,50 400.900.000,00 400.100.000,50 50,05%" in said
    assert "JUMLAH BELANJA 801.000.000,50 150.000.001,00" in said
    assert "SURPLUS / (DEFISIT) 0,00 250.899.999,00 (250.899.999,00)" in said
    assert "PEMBIAYAAN NETTO 0,00 5.000.000,00" in said
    assert "SiLPA TAHUN BERJALAN 0,00 255.899.999,00" in said
    assert "tidak seimbang" not in said
    by_kind = text(filled.log_in().get(f"/desa/{KODE_DESA}/apbdes?belanja=jenis"))
    assert "5.3 " in by_kind
    assert "01.01.01" not in by_kind


def test_a_budget_that_does_not_balance_says_so(filled: Web) -> None:
    village = filled.village(KODE_DESA, "kaur")
    more = {"id": "x", "tahun": 2026, "jenis_anggaran": "murni", "kode_rekening": "4.3.9.01",
            "anggaran": "7", "realisasi": "0"}  # fmt: skip
    filled.push(village, [Draft("apbdes", "x", "put", START, more)])
    filled.follow()
    said = text(filled.log_in().get(f"/desa/{KODE_DESA}/apbdes"))
    assert "seharusnya 0, tetapi 7,00" in said
    assert "seharusnya 0" not in text(filled.log_in().get(f"/desa/{KODE_DESA}/apbdes?per=1"))


def test_the_recap_adds_up_and_names_who_is_missing(filled: Web) -> None:
    client = filled.log_in()
    said = text(client.get("/apbdes"))
    assert "Rekap 2 dari 3 desa" in said
    taken = json.loads(client.get("/apbdes?format=json").text)
    total = dict(zip(taken["kolom"], taken["baris"][-1], strict=True))
    assert total["Jumlah pendapatan, anggaran"] == "1602000001.00"
    assert total["Desa"] == "JUMLAH"
    assert len(taken["baris"]) == 3


def test_what_is_not_there_is_not_there(filled: Web) -> None:
    client = filled.log_in()
    empty = text(client.get(f"/desa/{KODE}.2003/apbdes"))
    assert "belum mengirim baris APBDes" in empty
    assert client.get(f"/desa/{KODE_DESA}/apbdes?tahun=1999").status_code == 404
    assert client.get(f"/desa/{KODE_DESA}/apbdes?belanja=x").status_code == 404
    assert client.get("/apbdes?jenis=perubahan").status_code == 404
