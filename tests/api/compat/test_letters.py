"""A letter from OpenSID to the camat and back: who decided what on which PDF, and what OpenSID
is told."""

from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import DITANDATANGANI, Order, Wish
from tests.api.compat.conftest import Gate
from tests.api.compat.made import PDF, crowd, dump, form
from tests.api.markup import text
from tests.recorded import A, B

NOMOR = "470/1/2026"
NIK = "5203040101800001"
SIGNED = PDF + b"/Type /Sig /ByteRange [0 1 2 3]\n%%EOF\n"
ORDER = Order("permintaan subjek data", "UU 27/2022 pasal 43", "470/12/2026", "camat", "sekcam")


def sent(gate: Gate, data: bytes = PDF, nomor: str = NOMOR, **fields: str) -> TestResponse:
    facts = {"nomor": nomor, "nama": "Keterangan Usaha", "nik": NIK, "tanggal": "2026-11-20"}
    answer = gate.post("surat/kirim", data=form(data, "surat.pdf", **{**facts, **fields}))
    gate.follow()
    return answer


def listed(gate: Gate) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {gate.tokens_of[A]}"}
    answer = gate.client.get(f"/api/v1/surat?desa_id={A}", headers=headers)
    found: list[dict[str, Any]] = answer.get_json()["data"]
    return found


def stands(gate: Gate) -> tuple[int, str | None, str]:
    (row,) = listed(gate)
    return row["log_verifikasi"], row["keterangan"], row["pengurus"]["nama"]


def downloaded(gate: Gate, nomor: str = NOMOR) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {gate.tokens_of[A]}"}
    answer = gate.client.get(f"/api/v1/surat/download?desa_id={A}&nomor={nomor}", headers=headers)
    found = answer.status_code, answer.data
    answer.close()
    return found


def decide(
    client: FlaskClient, act: str, reason: str = "", data: bytes = PDF, kiriman: int = 2
) -> TestResponse:
    """Decide as the page of that PDF would."""
    fields = {"nomor": NOMOR, "sha256": sha256(data).hexdigest(), "kiriman": str(kiriman)}
    path = f"/desa/{A}/surat/keputusan"
    return client.post(path, data={**fields, "keputusan": act, "alasan": reason})


def sign(client: FlaskClient, data: bytes, way: str = "elektronik") -> TestResponse:
    fields = {"nomor": NOMOR, "sha256": sha256(PDF).hexdigest(), "kiriman": "2", "cara": way}
    made = form(data, "surat.pdf", **fields)
    made["berkas"] = made.pop("file")
    return client.post(f"/desa/{A}/surat/tanda-tangan", data=made)


def page(client: FlaskClient) -> str:
    return text(client.get(f"/desa/{A}/surat/lihat?nomor={NOMOR}"))


@pytest.fixture
def offices(gate: Gate) -> dict[str, FlaskClient]:
    """One person of the desa, a letter for them, and a client of each role."""
    gate.post("penduduk/storedata", data=form(dump(crowd(1, 1, nomor_nik=NIK))))
    assert sent(gate).status_code == 201
    roles = ("staf", "camat", "auditor", "administrator")
    return {role: gate.log_in(gate.kode, role) for role in roles}


def test_a_letter_is_checked_approved_signed_and_fetched(
    gate: Gate, offices: dict[str, FlaskClient]
) -> None:
    staf, camat = offices["staf"], offices["camat"]
    assert stands(gate) == (1, None, "Camat")
    assert "1 surat" in text(staf.get("/surat?keadaan=saya"))
    assert "0 surat" in text(camat.get("/surat?keadaan=saya"))
    first = page(staf)
    assert "WARGA 1" in first
    assert NIK not in first
    assert "NIK pemohon" not in first
    assert "Setujui" not in first

    # Not before it was checked, and not by whoever only looks.
    assert "keadaannya sudah berubah" in text(decide(camat, "setujui"), 422)
    assert decide(offices["auditor"], "periksa").status_code == 403
    assert decide(staf, "periksa", "agenda 503/27").status_code == 302
    assert stands(gate)[0] == 3
    assert decide(camat, "setujui").status_code == 302
    assert stands(gate) == (4, None, "Siti Aminah")
    assert downloaded(gate) == (200, PDF)

    assert "tidak memuat tanda tangan elektronik" in text(sign(staf, PDF + b"%"), 422)
    assert "sama persis" in text(sign(staf, PDF, "basah"), 422)
    assert "bukan PDF" in text(sign(staf, b"x"), 422)
    assert sign(staf, SIGNED).status_code == 302
    assert stands(gate)[0] == 5
    assert downloaded(gate) == (200, SIGNED)
    # Some OpenSID write hyphens in the address.
    assert downloaded(gate, NOMOR.replace("/", "-")) == (200, SIGNED)
    assert "sudah ditandatangani" in gate.messages.after(A)[-1].judul

    # The original stays beside it, and every act says which PDF it was on.
    acts = gate.letters.acts(A, NOMOR)
    assert {it.sha256 for it in acts} == {sha256(PDF).hexdigest()}
    assert acts[-1].signed == sha256(SIGNED).hexdigest()
    assert [it.reason for it in acts] == ["agenda 503/27", "", ""]
    for which, data in (("", PDF), ("&ditandatangani", SIGNED)):
        path = f"/desa/{A}/surat/berkas?nomor={NOMOR}&keputusan={acts[-1].id}{which}"
        got = offices["auditor"].get(path)
        assert (got.mimetype, got.data) == ("application/pdf", data)
        got.close()
    office = gate.logged(gate.kode)
    (act,) = office[acts[-1].office_position - 1]
    assert (act.entity, act.id) == ("keputusan_surat", str(acts[-1].id))
    assert sha256(SIGNED).hexdigest().encode() in bytes(act.data)  # type: ignore[arg-type]

    assert decide(staf, "cabut", "salah nama pemohon").status_code == 422
    assert decide(camat, "cabut", "salah nama pemohon").status_code == 302
    number, words, _ = stands(gate)
    assert (number, words) == (6, "Sudah ditandatangani, lalu dicabut: salah nama pemohon")
    assert downloaded(gate) == (200, PDF)


def test_a_new_version_begins_anew_and_nobody_decides_on_the_old_one(
    gate: Gate, offices: dict[str, FlaskClient]
) -> None:
    staf = offices["staf"]
    assert "tuliskan alasannya" in text(decide(staf, "kembalikan", "kurang"), 422)
    kept = text(decide(staf, "kembalikan", f"NIK {NIK} tidak cocok"), 422)
    assert "jangan menulis NIK" in kept
    reason = "Tanggal lahir <b>belum</b> cocok"
    assert decide(staf, "kembalikan", reason).status_code == 302
    number, words, _ = stands(gate)
    assert number == 6
    assert words is not None
    assert words.startswith("Dikembalikan untuk diperbaiki")
    assert words.endswith("Tanggal lahir &lt;b&gt;belum&lt;/b&gt; cocok")
    assert reason in gate.messages.after(A)[-1].isi
    # The same again is no new version.
    sent(gate)
    assert stands(gate)[0] == 6

    second = PDF + b"% diperbaiki\n"
    sent(gate, second)
    assert stands(gate) == (1, None, "Camat")
    assert "versi lama" in page(staf)
    for data, kiriman in ((PDF, 2), (second, 2), (PDF, 3)):
        answer = decide(staf, "periksa", data=data, kiriman=kiriman)
        assert "dikirim ulang" in text(answer, 422)
    assert decide(staf, "periksa", data=second, kiriman=3).status_code == 302
    # Back to the first file: what was decided on it once does not count again.
    sent(gate)
    assert stands(gate)[0] == 1


def test_a_letter_that_came_while_the_page_was_open(
    gate: Gate, offices: dict[str, FlaskClient]
) -> None:
    facts = {"nomor": NOMOR, "nama": "Keterangan Usaha", "nik": NIK, "tanggal": "2026-11-20"}
    # Appended, but not in the read models yet.
    gate.post("surat/kirim", data=form(PDF + b"%", "surat.pdf", **facts))
    assert "dikirim ulang" in text(decide(offices["staf"], "periksa"), 422)
    assert gate.letters.acts(A, NOMOR) == []


def test_who_sees_letters(gate: Gate, offices: dict[str, FlaskClient]) -> None:
    assert offices["administrator"].get("/surat").status_code == 403
    neighbour = gate.log_in(B, "operator")
    assert NOMOR not in neighbour.get("/surat").text
    assert neighbour.get(f"/desa/{A}/surat/lihat?nomor={NOMOR}").status_code == 404
    operator = gate.log_in(A, "operator")
    assert "<textarea" not in operator.get(f"/desa/{A}/surat/lihat?nomor={NOMOR}").text
    assert "1 surat" in text(operator.get(f"/desa/{A}/surat?keadaan=diajukan"))
    assert operator.get("/surat?keadaan=x").status_code == 404
    sent(gate, nomor="470/2/2026", nik="5203040101800009")
    other = operator.get(f"/desa/{A}/surat/lihat?nomor=470/2/2026")
    assert "NIK pemohon tidak ada" in text(other)


def test_a_redaction_takes_the_signed_file_and_the_reasons_that_are_named(
    gate: Gate, offices: dict[str, FlaskClient]
) -> None:
    decide(offices["staf"], "periksa", "warga 1 datang sendiri")
    decide(offices["camat"], "setujui")
    sign(offices["camat"], SIGNED)
    wish = Wish(A, "penduduk", "1")
    (mention,) = [
        it for it in gate.redactions.plan(wish).mentions if it.entity == "keputusan_surat"
    ]
    assert mention.members == ("alasan",)
    wish = Wish(A, "penduduk", "1", records=frozenset({(mention.entity, mention.id)}))
    plan = gate.redactions.redact(wish, ORDER)
    assert sha256(SIGNED).hexdigest() in plan.files
    first, *_, last = gate.letters.acts(A, NOMOR)
    assert (first.reason, last.state) == ("(dihapus)", DITANDATANGANI)
    assert gate.blobs.read(A, last.signed) is None
    gate.follow()
    assert listed(gate) == []
    assert "ditarik desa" in page(offices["staf"])
