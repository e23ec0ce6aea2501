"""The auditor's pages: logs, a verification in the page, and what changed between two batches."""

import pytest
from sqlalchemy import text as sql

from ledger import Draft
from ledger.database import Databases
from tests.api.conftest import Web
from tests.api.markup import text
from tests.simulator import KODE, KODE_DESA, START, deleted, penduduk

AUDIT = f"/desa/{KODE_DESA}/audit"
_SWAPPED = sql("""
    UPDATE ledger.batch
    SET packed = (SELECT packed FROM ledger.batch WHERE kode_desa = :kode AND position = 1)
    WHERE kode_desa = :kode AND position = 2
""")


@pytest.fixture
def filled(web: Web) -> Web:
    village = web.village()
    web.push(village, [penduduk(1, "ANA", nik="5306145001800001"), penduduk(2, "BUDI")])
    web.push(village, [penduduk(1, "ANA MARIA", nik="5306145001800001", agama_id=1), deleted(2)])
    web.push(
        village, [penduduk(3, "CITRA"), Draft("entah", "9", "put", START, {"apa": "rahasia"})]
    )
    web.follow()
    return web


def test_logs_and_the_key_that_an_auditor_takes_home(filled: Web) -> None:
    client = filled.log_in(KODE, "auditor")
    said = text(client.get("/audit"))
    assert KODE_DESA in said
    assert filled.office.log_key(KODE).verifier.to_vkey() in said
    assert filled.ledger.head(KODE_DESA).root.hex()[:16] in said
    said = text(client.get(AUDIT))
    assert f"desa/{KODE_DESA}/sekdes-1" in said
    assert "Belum ada saksi" in said


def test_a_sound_log_is_verified_in_the_page(filled: Web) -> None:
    said = text(filled.log_in(KODE, "auditor").post(AUDIT))
    assert "Semuanya sah" in said
    assert "3 kiriman, 6 perubahan diperiksa bita demi bita" in said
    assert f"1 kunci menandatangani desa/{KODE_DESA}/sekdes-1" in said


def test_a_damaged_log_is_named_in_the_page(filled: Web, superuser_databases: Databases) -> None:
    with superuser_databases.owner.begin() as tx:
        tx.execute(sql("ALTER TABLE ledger.batch DISABLE TRIGGER ALL"))
        tx.execute(_SWAPPED, {"kode": KODE_DESA})
    said = text(filled.log_in(KODE, "auditor").post(AUDIT))
    assert "Semuanya sah" not in said
    assert f"{KODE_DESA}, kiriman 2" in said


def test_differences_are_told_field_by_field_and_masked(filled: Web) -> None:
    client = filled.log_in(KODE, "auditor")
    said = text(client.get(f"{AUDIT}/beda?dari=1&sampai=3"))
    assert "4 catatan berbeda" in said
    assert "ANA → ANA MARIA" in said
    assert "disembunyikan → disembunyikan" in said  # agama
    assert "5306145001800001" not in said
    assert "rahasia" not in said
    assert "Tidak ada yang berbeda" in text(client.get(f"{AUDIT}/beda?dari=3&sampai=3"))


@pytest.mark.parametrize("query", ["dari=4", "dari=2&sampai=1", "sampai=99", "dari=x", "dari=-1"])
def test_positions_that_are_not_there(filled: Web, query: str) -> None:
    client = filled.log_in(KODE, "auditor")
    assert client.get(f"{AUDIT}/beda?{query}").status_code == 404


def test_who_may_not_audit(filled: Web) -> None:
    for role in ("staf", "operator", "administrator"):
        client = filled.log_in(KODE_DESA if role == "operator" else KODE, role)
        assert client.get("/audit").status_code == 403
        assert client.post(AUDIT).status_code == 403
    filled.village(f"{KODE}.2002")
    other = filled.log_in(f"{KODE}.2002", "auditor")
    assert other.get(AUDIT).status_code == 404
    assert KODE_DESA not in other.get("/audit").text
