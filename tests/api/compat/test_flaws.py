"""The flaws of the server that we replace (F-01 to F-12), each tried against us.

What the other one does is in each test's docstring; none of it happens here.
"""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ledger import media_type
from projections.queries import catatan
from tests import recorded
from tests.api.compat.conftest import Gate
from tests.api.compat.made import (
    JPEG,
    PARTICIPANTS,
    PDF,
    PROGRAMMES,
    WORKS,
    crowd,
    csv_zip,
    dump,
    form,
    participant,
    people,
    work,
)
from tests.recorded import A, B


def now_stated(gate: Gate, entity: str, kode_desa: str = A) -> dict[str, dict[str, Any]]:
    """What a log says of an entity, read from its lines."""
    found: dict[str, dict[str, Any]] = {}
    for batch in gate.logged(kode_desa):
        for it in batch:
            if it.entity == entity:
                found.pop(it.id, None)
                if it.data:
                    found[it.id] = json.loads(bytes(it.data))
    return found


def test_f01_a_token_writes_for_its_own_desa_only(gate: Gate) -> None:
    """One token for all; whoever has it may write, delete and rename in every desa."""
    gate.play("a0_penduduk", A)
    before = gate.size(A)
    renamed = dump(people({"id": "1", "nama": "DIRUSAK"}))
    told = gate.post("penduduk/storedata", B, data=form(renamed)).get_json()
    assert told["status"] == "danger"
    assert f"milik desa {A}, bukan desa {B}" in told["message"]
    mixed = dump([*people({"id": "1"}), *crowd(7, 8, B)])
    told = gate.post("penduduk/storedata", B, data=form(mixed)).get_json()
    assert "2 baru" in told["message"]
    assert "1 tidak dibaca: baris 2 milik desa lain" in told["message"]
    deletions = {"hapus_penduduk": [{"desa_id": A, "id_pend_desa": "1"}]}
    assert "milik desa lain" in gate.post("penduduk", B, json=deletions).get_json()["message"]
    identity = {"kode_desa": A, "sebutan_desa": "nagari", "website": "https://jahat.example"}
    told = gate.post("identitas-desa", B, data=identity).get_json()
    assert told["status"] == "danger"
    report = {"desa_id": A, "laporan_apbdes": [{"id": 1, "file": base64.b64encode(PDF).decode()}]}
    assert gate.post("laporan-apbdes", B, json=report).status_code == 422
    said = gate.post("pesan", B, data={"kode_desa": A, "pesan": "x", "judul": "x"}).get_json()
    assert said["status"] is False
    letter = form(PDF, desa_id=A, nomor="1", nama="x", nik="1", tanggal="2026-11-20")
    assert gate.post("surat/kirim", B, data=letter).status_code == 422
    assert gate.size(A) == before
    assert set(now_stated(gate, "penduduk", B)) == {"7", "8"}


def test_f02_one_desas_log_out_never_touches_another(gate: Gate) -> None:
    """Anybody who holds the shared token can blacklist it for everybody."""
    answer = gate.post("auth/logout", B)
    assert answer.get_json() == {"message": "Successfully logged out"}
    assert gate.post("penduduk", B, json={"hapus_penduduk": []}).status_code == 401
    assert gate.play("a0_penduduk", A)[1].get_json()["status"] == "success"


def test_f03_the_same_id_in_two_desa_is_two_works(gate: Gate) -> None:
    """Eloquent saves by id alone: both rows then carry A's title and budget."""
    for kode_desa, title in ((A, "Jalan"), (B, "Jembatan"), (A, "Jalan Raya")):
        data = csv_zip(WORKS + work(kode_desa, 5, title))
        gate.post("pembangunan", kode_desa, data=form(data, desa_id=kode_desa))
    gate.follow()
    with gate.databases.reader.connect() as tx:
        titles = [
            (catatan.record(tx, "pembangunan", kode_desa, "5") or {})["judul"]
            for kode_desa in (A, B)
        ]
    assert titles == ["Jalan Raya", "Jembatan"]


def test_f04_no_field_of_a_work_is_dropped(gate: Gate) -> None:
    """manfaat, waktu, status, foto and the sources of money never reach the table."""
    data = csv_zip(WORKS + work(A, 1, "Embung", foto="embung.jpg"), **{"embung.jpg": JPEG})
    gate.post("pembangunan", data=form(data, desa_id=A))
    gate.follow()
    with gate.databases.reader.connect() as tx:
        found = catatan.record(tx, "pembangunan", A, "1")
    assert found
    assert (found["manfaat"], found["waktu"], found["status"]) == ("Banyak", 90, True)
    assert found["foto"].startswith("sha256:")


def test_f05_money_is_exact(gate: Gate) -> None:
    """A 4-byte float makes 123456789 into 123457000, and every sync a change."""
    data = csv_zip(WORKS + work(A, 1, "Jalan", 123_456_789))
    gate.post("pembangunan", data=form(data, desa_id=A))
    again = gate.post("pembangunan", data=form(data, desa_id=A)).get_json()
    assert again["message"] == "Pembangunan diterima: 1 tetap."
    gate.follow()
    with gate.databases.reader.connect() as tx:
        found = catatan.record(tx, "pembangunan", A, "1")
    assert found
    assert found["anggaran"] == 123_456_789


def test_f06_families_are_known_from_their_members(gate: Gate) -> None:
    """Nothing that comes by the API fills the table of families: the count is 0."""
    gate.play("a0_penduduk")
    gate.follow()
    page = gate.log_in(gate.kode).get("/").text
    counted = [line for line in page.splitlines() if 'data-k="KK"' in line]
    assert counted
    assert ">0<" not in counted[0]


def test_f07_deletions_are_of_one_desa_kept_and_harm_no_file(gate: Gate) -> None:
    """A cross product of desa and ids is deleted for good; `foto` deletes any public file."""
    for kode_desa in (A, B):
        gate.post("penduduk/storedata", kode_desa, data=form(dump(crowd(1, 2, kode_desa))))
    gate.post("penduduk/storedata", A, data=form(b"bukan zip"))
    items = [
        {"desa_id": A, "id_pend_desa": "1", "foto": "../../../../etc/passwd"},
        {"desa_id": B, "id_pend_desa": "2", "foto": "a/../../surat/x.pdf"},
    ]
    told = gate.post("penduduk", A, json={"hapus_penduduk": items}).get_json()
    assert "Daftar hapus: 1 dihapus." in told["message"]
    assert set(now_stated(gate, "penduduk", A)) == {"2"}
    assert set(now_stated(gate, "penduduk", B)) == {"1", "2"}
    gate.follow()
    with gate.databases.reader.connect() as tx:
        assert catatan.record(tx, "penduduk", A, "1") is None
        past = catatan.record(tx, "penduduk", A, "1", as_of=1)
    assert past
    assert past["nama"] == "WARGA 1"


def test_f07_an_empty_list_and_no_list_are_no_errors(gate: Gate) -> None:
    """`hapus_penduduk: []` fails inside, and the answer is success."""
    gate.play("a0_penduduk")
    lists: list[dict[str, Any]] = [{"hapus_penduduk": []}, {}]
    for body in lists:
        assert gate.post("penduduk", json=body).get_json()["status"] == "success"
    assert gate.post("penduduk", json=[]).get_json()["status"] == "danger"


def test_f08_a_failed_dump_is_told_where_the_operator_looks(gate: Gate) -> None:
    """A failure is a redirect that nobody reads, and the upload stays on the public disk."""
    gate.play("a0_penduduk")
    failed = gate.post("penduduk/storedata", data=form(b"PK\x03\x04 terputus"))
    assert (failed.status_code, failed.get_json()["status"]) == (200, "danger")
    told = gate.post("penduduk", json={"hapus_penduduk": []}).get_json()
    assert told["status"] == "danger"
    assert "Data penduduk tidak diterima. Berkas ini bukan ZIP" in told["message"]
    without = gate.post("penduduk/storedata", data={}).get_json()
    assert "tidak memuat berkas" in without["message"]
    assert gate.size() == 1
    gate.play("a0_penduduk_repush")
    assert gate.post("penduduk", json={"hapus_penduduk": []}).get_json()["status"] == "success"


def test_f08_a_dump_that_never_arrived_is_told_too(gate: Gate) -> None:
    told = gate.post("penduduk", json={"hapus_penduduk": []}).get_json()
    assert told["status"] == "danger"
    assert "tidak sampai" in told["message"]


def test_f08_nothing_uploaded_has_a_public_address(gate: Gate) -> None:
    gate.play("a0_penduduk")
    upload = gate.gateway.uploads(A)[1].upload
    for path in (f"/{upload.sha256}", f"/storage/{upload.sha256}.zip", "/storage/penduduk/foto/"):
        assert gate.client.get(path).status_code in {302, 404}
    client = gate.log_in(gate.kode)
    address = f"/desa/{A}/berkas/penduduk/foto/28"
    assert client.get(address).status_code == 404  # a photo needs a stated reason


def test_f09_programmes_come_without_their_participants_and_nothing_is_lost(gate: Gate) -> None:
    """Programmes delete all participants first; one bad NIK in the next call loses them all."""
    gate.play("a0_bantuan")
    data = csv_zip(PROGRAMMES + f"{A},1,BLT,3,,2026-01-01,2026-12-31,1,APBDes\n")
    told = gate.post("program-bantuan", data=form(data, desa_id=A)).get_json()
    assert told["message"].startswith("Program bantuan diterima: 1 berubah, 2 dihapus.")
    assert len(now_stated(gate, "peserta_bantuan")) == 120


def test_f09_a_participant_nobody_knows_spoils_none(gate: Gate) -> None:
    """A NIK that is not in the table, or sasaran 2 to 4, aborts the chunk."""
    rows = [participant(A, id_, f"520304010180000{id_}", 1, id_) for id_ in (1, 2, 3, 4)]
    told = gate.post("program-bantuan/peserta", data=form(csv_zip(PARTICIPANTS + "".join(rows))))
    assert told.get_json()["message"].startswith("Peserta bantuan diterima: 4 baru.")


def test_f09_whoever_was_removed_is_removed(gate: Gate) -> None:
    """The call for participants never deletes anybody."""
    rows = [participant(A, id_, "5203040101800001") for id_ in (1, 2, 3)]
    gate.post("program-bantuan/peserta", data=form(csv_zip(PARTICIPANTS + "".join(rows))))
    told = gate.post("program-bantuan/peserta", data=form(csv_zip(PARTICIPANTS + rows[0])))
    assert "2 dihapus, 1 tetap" in told.get_json()["message"]


def test_f10_two_villages_upload_at_once_under_one_name(gate: Gate) -> None:
    """Both extract to one folder: A's request imports B's data, and their photos mix."""
    photos = {A: JPEG + b"A", B: JPEG + b"B"}

    def push(kode_desa: str) -> None:
        for round_ in range(4):
            rows = crowd(1, 30, kode_desa, foto="sama.jpg", dusun=f"{kode_desa} {round_}")
            data = dump(rows, **{"kecil_sama.jpg": photos[kode_desa]})
            with gate.app.test_client() as client:
                answer = client.post(
                    "/api/v1/penduduk/storedata",
                    data=form(data),
                    headers={"Authorization": f"Bearer {gate.tokens_of[kode_desa]}"},
                )
                assert answer.get_json()["status"] == "success"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(push, [A, B] * 4))
    for kode_desa in (A, B):
        found = now_stated(gate, "penduduk", kode_desa)
        assert len(found) == 30
        for it in found.values():
            assert it["dusun"].startswith(kode_desa)
            kept = gate.blobs.open(kode_desa, it["foto"])
            assert kept
            assert kept[1].read_bytes() == photos[kode_desa]


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.php", "../../x.jpg", "/etc/x.jpg"])
def test_f11_nothing_but_pictures_is_kept_of_a_zip(gate: Gate, name: str) -> None:
    """Everything is extracted into the web root, also HTML, SVG and PHP."""
    data = dump(people({"id": "1", "foto": name}), **{name: b"<script>alert(1)</script>"})
    told = gate.post("penduduk/storedata", data=form(data)).get_json()
    assert told["status"] == "success"
    files = [it for it in gate.folder.rglob("*") if it.is_file()]
    assert [it.read_bytes() for it in files] == [data]


def test_f11_a_picture_that_is_none_is_told(gate: Gate) -> None:
    rows = people({"id": "1", "foto": "a.jpg"}, {"id": "2", "foto": "b.jpg"})
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    data = dump(rows, **{"kecil_a.jpg": svg, "kecil_b.jpg": JPEG})
    told = gate.post("penduduk/storedata", data=form(data)).get_json()
    assert "1 berkas foto bukan gambar: tidak disimpan." in told["message"]
    found = now_stated(gate, "penduduk")
    assert found["1"]["foto"] == "a.jpg"
    assert found["2"]["foto"].startswith("sha256:")
    types = {media_type(it.read_bytes()) for it in gate.folder.rglob("*") if it.is_file()}
    assert types == {"image/jpeg", None}  # the upload itself is kept as it came


def test_f12_a_bad_report_does_not_spoil_the_others(gate: Gate) -> None:
    """One file name without a dot rolls all of them back, and the answer is success."""
    good = base64.b64encode(PDF).decode()
    html = base64.b64encode(b"<html>%PDF-</html>").decode()
    items = [
        {"id": 1, "judul": "Satu", "bulan": 1, "tahun": 2026, "file": good},
        {"id": 2, "judul": "Dua", "bulan": 2, "tahun": 2026, "nama_file": "x.pdf", "file": html},
        {"id": 3, "judul": "Tiga", "bulan": 3, "tahun": 2026, "file": "bukan base64!"},
        {"id": 4, "judul": "Empat", "bulan": 4, "tahun": 2026},
        {"id": None, "file": good},
    ]
    told = gate.post("laporan-penduduk", json={"desa_id": A, "laporan_penduduk": items})
    assert told.status_code == 200
    message = told.get_json()["message"]
    assert message.startswith("Laporan diterima: 1 baru.")
    for said in (
        "baris 2 berkasnya bukan PDF",
        "baris 3 berkasnya rusak",
        "baris 4 tanpa berkas",
        "baris 5 tanpa id",
    ):
        assert said in message
    assert set(now_stated(gate, "laporan")) == {"1"}


def test_f12_when_no_report_is_good_opensid_must_not_mark_it_as_sent(gate: Gate) -> None:
    """Whatever else than 422 it is answered, it does."""
    html = {"desa_id": A, "laporan_apbdes": [{"id": 1, "file": "PGh0bWw+"}]}
    bodies: list[Any] = [html, {}, []]
    for body in bodies:
        answer = gate.post("laporan-apbdes", json=body)
        assert (answer.status_code, answer.get_json()["status"]) == (422, "danger")
        assert "errors" not in answer.get_json()
    assert gate.size() == 0


def test_f12_a_revised_report_does_not_overwrite_the_first(gate: Gate) -> None:
    for content in (PDF, PDF + b"% revisi"):
        item = {"id": 1, "judul": "Semester 1", "semester": 1, "tahun": 2026}
        item["file"] = base64.b64encode(content).decode()
        gate.post("laporan-apbdes", json={"desa_id": A, "laporan_apbdes": [item]})
    gate.follow()
    with gate.databases.reader.connect() as tx:
        both = [catatan.record(tx, "laporan", A, "1", as_of=batch) for batch in (1, None)]
    assert all(both)
    contents = []
    for it in both:
        kept = gate.blobs.open(A, (it or {})["berkas"])
        assert kept
        contents.append(kept[1].read_bytes())
    assert contents == [PDF, PDF + b"% revisi"]


def test_everything_at_once_from_eight_threads(gate: Gate) -> None:
    """Two villages push all they have, each four times at the same time."""
    names = ("a0_penduduk/001", "a0_bantuan/001", "a0_bantuan/002", "a0_pembangunan/001")
    requests = {A: [recorded.request(name) for name in names]}
    requests[B] = [
        recorded.request(name)
        for name in ("x_odd_values/001", "x_bantuan_two_villages_one_db/001",
                     "x_bantuan_two_villages_one_db/002", "x_server_trailing_slash/001")
    ]  # fmt: skip

    def push(turn: int) -> None:
        kode_desa = (A, B)[turn % 2]
        mine = requests[kode_desa]
        for request in mine[turn % len(mine) :] + mine[: turn % len(mine)]:
            with gate.app.test_client() as client:
                answer = client.open(
                    request.target,
                    method=request.method,
                    headers=request.shown(gate.tokens_of[kode_desa]),
                    data=request.body,
                    environ_overrides={"PATH_INFO": request.target},
                )
                assert answer.get_json()["status"] == "success"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(push, range(8)))
    assert (gate.size(A), gate.size(B)) == (4, 4)
    assert {name: len(now_stated(gate, name, A)) for name in ("penduduk", "program_bantuan",
            "peserta_bantuan", "pembangunan")} == {"penduduk": 598, "program_bantuan": 3,
            "peserta_bantuan": 120, "pembangunan": 100}  # fmt: skip
    assert {name: len(now_stated(gate, name, B)) for name in ("penduduk", "program_bantuan",
            "peserta_bantuan", "desa")} == {"penduduk": 117, "program_bantuan": 5,
            "peserta_bantuan": 20, "desa": 1}  # fmt: skip
