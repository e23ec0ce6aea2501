"""What staff see of the old protocol: uploads, messages, files."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.api.compat.conftest import Gate
from tests.api.compat.made import JPEG, PDF, WORKS, crowd, csv_zip, dump, form, work
from tests.api.markup import text
from tests.ledger.opensid import independent
from tests.recorded import A, B


@pytest.fixture
def client(gate: Gate) -> FlaskClient:
    return gate.log_in(gate.kode)


def test_a_village_that_never_uploaded(gate: Gate, client: FlaskClient) -> None:
    assert f"opendk-ledger desa token {A}" in text(client.get(f"/desa/{A}/unggahan"))
    assert "Belum ada pesan." in text(client.get(f"/desa/{A}/pesan"))


def test_uploads_say_what_became_of_them(gate: Gate, client: FlaskClient) -> None:
    gate.play("a0_penduduk")
    gate.post("penduduk/storedata", data=form(b"rusak"))
    said = text(client.get(f"/desa/{A}/unggahan"))
    assert "598" in said
    assert "tidak diterima" in said
    failed, _, _ = gate.gateway.uploads(A)
    said = text(client.get(f"/desa/{A}/unggahan/{failed.id}"))
    assert "Berkas ini bukan ZIP" in said
    assert "export-not-zip" in said


def test_nothing_is_held_against_a_village_that_opensid_cannot_send(
    gate: Gate, client: FlaskClient
) -> None:
    """Neither the village's name nor the pictures of cards; what it left empty is told."""
    gate.play("a0_identitas")
    gate.play("a0_bantuan")
    gate.follow()
    page = client.get(f"/desa/{A}/mutu")
    assert "Nama desa" not in text(page)
    assert "Foto kartu" not in text(page)
    assert f"Desa 2001 {A}" in text(page)
    gate.play("a0_penduduk")
    gate.follow()
    assert "Nama belum diisi." in text(client.get(f"/desa/{A}/mutu"))


def test_families_are_there_though_only_people_came(gate: Gate, client: FlaskClient) -> None:
    gate.play("a0_penduduk")
    gate.follow()
    families: dict[Any, list[dict[str, Any]]] = {}
    for it in independent.records("first.zip").values():
        if it["no_kk"] and it["status_dasar"] == 1:
            families.setdefault(it["no_kk"], []).append(it)
    said = text(client.get("/data/keluarga"))
    assert f"{len(families)} catatan" in said
    heads = [it for card in families.values() for it in card if it["kk_level"] == 1]
    assert f"{len(heads)} catatan" in text(client.get("/data/keluarga?kepala_hidup=1"))
    head = min(heads, key=lambda it: int(it["id"]))
    people = families[head["no_kk"]]
    said = text(client.get(f"/desa/{A}/data/keluarga/orang-{head['id']}"))
    assert f"Keluarga {head['nama']}" in said
    assert "tidak dinyatakan desa" in said
    assert all(it["nama"] in said for it in people)
    assert f"{len(people)} anggota hidup" in said
    # Anybody in it leads to it; nobody's number stands in an address.
    other = next(it for card in families.values() for it in card if len(card) > 1)
    answer = client.get(f"/desa/{A}/data/keluarga/orang-{families[other['no_kk']][-1]['id']}")
    assert answer.status_code in {200, 302}
    taken = client.get("/data/keluarga?format=csv").text
    assert not any(it in taken or it in client.get("/data/keluarga").text for it in families)
    assert client.get(f"/desa/{A}/data/keluarga/orang-99999").status_code == 404


def test_rows_that_were_left_out_are_listed(gate: Gate, client: FlaskClient) -> None:
    rows = [*crowd(1, 2), *crowd(3, 3, id="tiga"), *crowd(4, 4, B)]
    gate.post("penduduk/storedata", data=form(dump(rows)))
    (upload,) = gate.gateway.uploads(A)
    page = client.get(f"/desa/{A}/unggahan/{upload.id}").text
    row = r'<tr><th scope="row" class="a">(.*?)</th><td class="m">.*?</td><td>(.*?)</td>'
    assert re.findall(row, page) == [
        ("4", "id bukan bilangan"),
        ("5", "milik desa lain"),
    ]


def test_an_upload_leads_to_its_batch_and_back(gate: Gate, client: FlaskClient) -> None:
    gate.play("a0_identitas")
    (upload,) = gate.gateway.uploads(A)
    page = client.get(f"/desa/{A}/unggahan/{upload.id}").text
    assert f'href="/desa/{A}/kiriman/1"' in page
    batch = client.get(f"/desa/{A}/kiriman/1")
    assert f'href="/desa/{A}/unggahan/{upload.id}"' in batch.text
    assert "dicatat kecamatan" in text(batch)
    assert "Tanda tangan sah" in text(batch)


def test_the_uploads_of_another_desa_are_not_there(gate: Gate) -> None:
    gate.play("a0_identitas")
    (upload,) = gate.gateway.uploads(A)
    client = gate.log_in(B)
    for path in (
        f"/desa/{A}/unggahan",
        f"/desa/{A}/unggahan/{upload.id}",
        f"/desa/{B}/unggahan/{upload.id}",
        f"/desa/{A}/pesan",
        f"/desa/{A}/berkas/pembangunan/foto/1",
    ):
        assert client.get(path).status_code == 404


def test_the_list_of_villages_says_what_to_look_at(gate: Gate, client: FlaskClient) -> None:
    gate.post("penduduk/storedata", data=form(dump(crowd(1, 60))))
    gate.follow()
    assert "terkini" in text(client.get("/"))
    gate.now.time += timedelta(days=15)
    assert "terlambat 15 hari" in text(client.get("/"))
    gate.post("penduduk/storedata", data=form(dump(crowd(1, 60))))
    assert gate.size() == 1
    assert "terkini" in text(client.get("/"))
    gate.post("penduduk/storedata", data=form(dump(crowd(1, 30))))
    assert "30 menunggu dihapus" in text(client.get("/"))
    gate.post("penduduk/storedata", data=form(b"rusak"))
    page = client.get("/")
    assert "unggahan ditolak" in text(page)
    assert f'href="/desa/{A}/unggahan"' in page.text


# --- messages ------------------------------------------------------------------------------------


def test_a_conversation_begun_by_the_desa_is_answered(gate: Gate, client: FlaskClient) -> None:
    gate.post("pesan", data={"pesan": "<p>Mohon &amp; data</p><p>baris 2</p>", "judul": "Data"})
    said = text(client.get(f"/desa/{A}/pesan"))
    assert "Mohon & data baris 2" in said
    answer = client.post(
        f"/desa/{A}/pesan",
        data={"percakapan": "1", "isi": "Segera <b>dikirim</b>\nbesok"},
        follow_redirects=True,
    )
    assert "Pesan tersimpan" in text(answer)
    found = gate.post("pesan/getpesan", data={"kode_desa": A, "id": "1"}).get_json()["data"]
    ((detail,),) = (it["detail_pesan"] for it in found)
    assert (detail["id"], detail["pesan_id"], detail["pengirim"]) == (2, 1, "kecamatan")
    assert detail["text"] == "Segera &lt;b&gt;dikirim&lt;/b&gt;<br>besok"


def test_a_conversation_begun_by_the_office_reaches_its_desa_only(
    gate: Gate, client: FlaskClient
) -> None:
    client.post(f"/desa/{A}/pesan", data={"judul": "Undangan", "isi": "Mohon hadir"})
    for kode_desa, titles in ((A, ["Undangan"]), (B, [])):
        found = gate.post("pesan/getpesan", kode_desa, data={"id": "0"}).get_json()["data"]
        assert [it["judul"] for it in found] == titles
        headers = {"Authorization": f"Bearer {gate.tokens_of[kode_desa]}"}
        detail = gate.client.get("/api/v1/pesan/detail?id=1", headers=headers).get_json()
        assert (detail["data"] is not None) is bool(titles)


@pytest.mark.parametrize(
    "data",
    [
        {"judul": "", "isi": "x"},
        {"judul": "x", "isi": " "},
        {"judul": "x" * 201, "isi": "x"},
        {"judul": "x", "isi": "x" * 20_001},
        {"percakapan": "7", "isi": "x"},
    ],
)
def test_a_message_that_will_not_do_is_told(
    gate: Gate, client: FlaskClient, data: dict[str, str]
) -> None:
    answer = client.post(f"/desa/{A}/pesan", data=data, follow_redirects=True)
    assert "Belum ada pesan." in text(answer)
    assert 'class="kabar"' in answer.text


@pytest.mark.parametrize("role", ["auditor", "operator"])
def test_who_only_looks_does_not_write(gate: Gate, role: str) -> None:
    client = gate.log_in(A if role == "operator" else gate.kode, role)
    assert "<textarea" not in client.get(f"/desa/{A}/pesan").text
    answer = client.post(f"/desa/{A}/pesan", data={"judul": "x", "isi": "x"})
    assert answer.status_code == 403


def test_a_double_click_is_one_message(gate: Gate, client: FlaskClient) -> None:
    for _ in range(2):
        gate.post("pesan", data={"pesan": "Halo", "judul": "Salam"})
        client.post(f"/desa/{A}/pesan", data={"percakapan": "1", "isi": "Ya"})
    assert [it.isi for it in gate.messages.after(A)] == ["Halo", "Ya", "Halo", "Ya"]
    gate.post("pesan", data={"pesan": "Lagi", "judul": "Salam"})
    gate.post("pesan", data={"pesan": "Lagi", "judul": "Salam"})
    assert len(gate.messages.after(A)) == 5


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"pesan": "", "judul": "x"}, "isi pesan kosong"),
        ({"pesan": "x"}, "judul pesan kosong"),
        ({"pesan": "x", "pesan_id": "9"}, "Percakapan yang dibalas tidak ada"),
        ({"pesan": "x", "pesan_id": "abc"}, "tidak dikenal"),
        ({"pesan": "x" * 20_001, "judul": "x"}, "paling banyak"),
    ],
)
def test_a_message_of_a_desa_that_will_not_do(gate: Gate, data: dict[str, str], said: str) -> None:
    answer = gate.post("pesan", data=data)
    assert (answer.status_code, answer.get_json()["status"]) == (200, False)
    assert said in answer.get_json()["message"]
    assert gate.size() == 0


# --- files ---------------------------------------------------------------------------------------


def test_a_photo_of_a_work_is_served_as_what_it_is(gate: Gate, client: FlaskClient) -> None:
    data = csv_zip(WORKS + work(A, 1, "Embung", foto="embung.jpg"), **{"embung.jpg": JPEG})
    gate.post("pembangunan", data=form(data))
    gate.follow()
    answer = client.get(f"/desa/{A}/berkas/pembangunan/foto/1")
    assert (answer.mimetype, answer.data) == ("image/jpeg", JPEG)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    answer.close()


def test_a_letter_is_served_by_its_number(gate: Gate, client: FlaskClient) -> None:
    gate.post("surat/kirim", data=form(PDF, nomor="470/1/2026", nama="x", nik="1", tanggal="2026"))
    gate.follow()
    answer = client.get(f"/desa/{A}/berkas/surat/berkas/470/1/2026")
    assert (answer.mimetype, answer.data) == ("application/pdf", PDF)
    answer.close()


@pytest.mark.parametrize(
    "path",
    ["pembangunan/judul/1", "pembangunan/foto/9", "tidak_ada/foto/1", "penduduk/foto/1",
     "upload/sha256/1", "pembangunan/foto/../../1"],
)  # fmt: skip
def test_no_other_field_is_a_file(gate: Gate, client: FlaskClient, path: str) -> None:
    data = dump(crowd(1, 1, foto="a.jpg"), **{"kecil_a.jpg": JPEG})
    gate.post("penduduk/storedata", data=form(data))
    gate.post("pembangunan", data=form(csv_zip(WORKS + work(A, 1, "x", foto="tidak-ada.jpg"))))
    gate.follow()
    assert client.get(f"/desa/{A}/berkas/{path}").status_code == 404
    assert client.get(f"/desa/{A}/berkas/pembangunan/foto/1").status_code == 404


def test_whoever_is_not_logged_in_gets_no_file(gate: Gate) -> None:
    assert gate.client.get(f"/desa/{A}/berkas/pembangunan/foto/1").status_code == 302
