"""Every recorded request of a real OpenSID, and what the log holds afterwards.

What it should hold is read from the recorded bodies by other means: csv, json, zipfile, urllib.
"""

import base64
import csv
import io
import json
import zipfile
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from ledger import Change, read_entries
from projections.queries import catatan
from tests import recorded
from tests.api.compat.conftest import Gate
from tests.ledger.opensid import independent
from tests.recorded import A, B

Records = dict[str, dict[str, Any]]


def stated(changes: list[Change], entity: str) -> Records:
    """The records that changes state, by id."""
    return {
        it.id: json.loads(bytes(it.data))
        for it in changes
        if it.entity == entity and isinstance(it.data, msgspec.Raw)
    }


def deleted(changes: list[Change], entity: str) -> set[str]:
    return {it.id for it in changes if it.entity == entity and it.op == "delete"}


def table(name: str) -> list[list[str]]:
    """The rows of the CSV in a recorded upload, by position."""
    with zipfile.ZipFile(io.BytesIO(recorded.archive(name))) as archive:
        (file,) = [it for it in archive.namelist() if it.endswith(".csv")]
        text = archive.read(file).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def pictures(name: str) -> dict[str, str]:
    """The pictures beside it: file name → reference."""
    with zipfile.ZipFile(io.BytesIO(recorded.archive(name))) as archive:
        return {
            it: f"sha256:{sha256(archive.read(it)).hexdigest()}"
            for it in archive.namelist()
            if it.endswith((".jpg", ".png"))
        }


def with_photos(people: Records, name: str) -> Records:
    photos = pictures(name)
    return {
        id_: {**person, "foto": photos.get(f"kecil_{person['foto']}", person["foto"])}
        for id_, person in people.items()
    }


@pytest.mark.parametrize("scenario", recorded.scenarios())
def test_every_answer_is_of_a_kind_that_opensid_understands(gate: Gate, scenario: str) -> None:
    for request in recorded.scenario(scenario):
        answer = gate.send(request, B if b"52.03.04.2002" in request.body else A)
        assert answer.status_code < 300 or answer.status_code in {401, 404, 422}
        assert "Location" not in answer.headers
        if request.method == "OPTIONS":
            continue
        body = answer.get_json()
        assert isinstance(body, dict)
        assert "errors" not in body
        assert "message" in body or "data" in body


# --- penduduk ------------------------------------------------------------------------------------


def test_the_first_day_everybody_is_new(gate: Gate) -> None:
    first, second = gate.play("a0_penduduk")
    assert second.get_json() == {
        "status": "success",
        "message": "Data penduduk diterima: 598 baru. Dicatat sebagai kiriman ke-1.",
    }
    assert first.get_json() == second.get_json()
    (batch,) = gate.logged()
    upload, *people = batch
    assert upload.entity == "upload"
    assert stated(people, "penduduk") == with_photos(
        independent.records("first.zip"), "a0_penduduk/001"
    )


def test_the_upload_itself_is_kept_and_named_in_the_first_line(gate: Gate) -> None:
    gate.play("a0_penduduk")
    ((upload, *_),) = gate.logged()
    facts = json.loads(bytes(upload.data)) if upload.data else {}
    archive = recorded.archive("a0_penduduk/001")
    assert facts["sha256"] == sha256(archive).hexdigest()
    assert facts["endpoint"] == "penduduk/storedata"
    (token,) = gate.tokens.of(A)
    assert facts["token"] == token.id
    found = gate.blobs.open(A, f"sha256:{facts['sha256']}")
    assert found
    assert found[1].read_bytes() == archive


def test_the_same_people_again_append_nothing(gate: Gate) -> None:
    gate.play("a0_penduduk")
    _, told = gate.play("a0_penduduk_repush")
    assert told.get_json() == {
        "status": "success",
        "message": "Data penduduk diterima: 598 tetap.",
    }
    assert gate.size() == 1


def test_three_days_later_exactly_what_changed_is_appended(gate: Gate) -> None:
    gate.play("a0_penduduk")
    _, told = gate.play("a3_penduduk")
    assert told.get_json()["message"] == (
        "Data penduduk diterima: 3 baru, 38 berubah, 6 dihapus, 554 tetap. "
        "Dicatat sebagai kiriman ke-2."
    )
    before = with_photos(independent.records("first.zip"), "a0_penduduk/001")
    after = with_photos(independent.records("three_days_later.zip"), "a3_penduduk/001")
    _, changes = gate.logged()
    assert stated(changes, "penduduk") == {
        id_: person for id_, person in after.items() if before.get(id_) != person
    }
    assert deleted(changes, "penduduk") == before.keys() - after.keys()
    assert {it.derived for it in changes if it.op == "delete"} == {"absent"}


def test_the_batch_is_signed_by_the_office_in_a_chain_of_its_own(gate: Gate) -> None:
    gate.play("a0_penduduk")
    with gate.databases.reader.connect() as tx:
        (entry,) = read_entries(tx, A, 0, 10)
    assert entry.manifest.chain == "server/kecamatan.example/opendk-v1"
    assert entry.intact


def test_read_models_follow(gate: Gate) -> None:
    gate.play("a0_penduduk")
    gate.follow()
    with gate.databases.reader.connect() as tx:
        found = catatan.record(tx, "penduduk", A, "28")
    assert found
    assert found["nama"] == independent.records("first.zip")["28"]["nama"]


def test_deletions_that_the_dump_told_already_are_known(gate: Gate) -> None:
    gate.play("a0_penduduk")
    _, told, _ = gate.play("a3_hapus_ids")
    assert told.get_json()["message"].endswith("Daftar hapus: 3 sudah tidak ada sebelumnya.")
    _, changes = gate.logged()
    assert {"28", "30", "200"} <= deleted(changes, "penduduk")


def test_a_list_whose_ids_are_null_says_nothing(gate: Gate) -> None:
    gate.play("a0_penduduk")
    size = gate.size()
    request = recorded.request("a3_hapus_null/002")
    told = gate.send(request).get_json()
    assert told["status"] == "success"
    assert "Daftar hapus" not in told["message"]
    assert gate.size() == size


def test_odd_values_are_kept_as_they_were_stated(gate: Gate) -> None:
    gate.play("x_odd_values", B)
    ((_, *people),) = gate.logged(B)
    assert stated(people, "penduduk") == with_photos(
        independent.records("odd_values.zip"), "x_odd_values/001"
    )


# --- bantuan -------------------------------------------------------------------------------------


def test_programmes_are_read_by_position(gate: Gate) -> None:
    """Their rows have a value more than their header."""
    gate.play("a0_bantuan")
    header, *rows = table("a0_bantuan/001")
    assert {len(row) - len(header) for row in rows} == {1}
    programmes, participants = gate.logged()
    assert stated(programmes, "program_bantuan") == {
        id_: {
            "id": int(id_),
            "nama": nama,
            "sasaran": int(sasaran),
            "keterangan": ndesc or None,
            "tgl_mulai": sdate,
            "tgl_selesai": edate,
            "status": int(status) if status else None,
            "asal_dana": asaldana or None,
        }
        for _, id_, nama, sasaran, ndesc, sdate, edate, _, status, asaldana in rows
    }
    header, *rows = table("a0_bantuan/002")
    people = stated(participants, "peserta_bantuan")
    assert len(people) == len(rows) == 120
    for row in rows:
        sent = dict(zip(header, row, strict=True))
        ours = people[sent["id"]]
        for name in ("peserta", "kartu_nik", "kartu_nama", "kartu_alamat", "no_id_kartu"):
            assert ours[name] == (sent[name] or None)
        assert ours["program_id"] == int(sent["program_id"])


def test_programmes_of_another_village_cannot_be_told_from_ours(gate: Gate) -> None:
    """OpenSID puts our code on every row of a shared database; what it says is what is kept."""
    gate.play("x_bantuan_two_villages_one_db", B)
    programmes, _ = gate.logged(B)
    assert len(stated(programmes, "program_bantuan")) == 5


# --- pembangunan ---------------------------------------------------------------------------------


def test_pages_of_works_and_their_photos(gate: Gate) -> None:
    gate.play("a0_pembangunan")
    works: Records = {}
    photos: Records = {}
    for batch in gate.logged():
        works |= stated(batch, "pembangunan")
        photos |= stated(batch, "dokumentasi_pembangunan")
    sent = [
        (name, table(f"a0_pembangunan/{name}")) for name in ("001", "002", "003", "004", "005")
    ]
    rows = {
        dict(zip(header, row, strict=True))["id"]: (name, dict(zip(header, row, strict=True)))
        for name, (header, *table_rows) in sent[:2]
        for row in table_rows
    }
    assert works.keys() == rows.keys()
    assert len(works) == 130
    for id_, (name, row) in rows.items():
        kept = pictures(f"a0_pembangunan/{name}")
        for column in set(row) - {"desa_id", "foto"}:
            ours = works[id_][column]
            assert ("" if ours is None else str(ours)) == row[column], column
        assert works[id_]["foto"] == (kept.get(row["foto"], row["foto"]) or None)
    assert len(photos) == 204
    assert sum(str(it["gambar"]).startswith("sha256:") for it in photos.values()) == sum(
        len(pictures(f"a0_pembangunan/{name}")) for name in ("003", "004", "005")
    )


def test_the_same_increment_again_appends_nothing(gate: Gate) -> None:
    gate.play("a0_pembangunan")
    size = gate.size()
    told = gate.send(recorded.request("a0_pembangunan/001")).get_json()
    assert told["message"] == "Pembangunan diterima: 100 tetap."
    assert gate.size() == size


# --- laporan, identitas, pesan, surat ------------------------------------------------------------


def test_reports_are_kept_as_files(gate: Gate) -> None:
    gate.play("a0_laporan")
    found: Records = {}
    for batch in gate.logged():
        found |= stated(batch, "laporan")
    sent = {
        str(item["id"]): (jenis, item)
        for number, jenis in (("001", "laporan_apbdes"), ("002", "laporan_penduduk"))
        for item in json.loads(recorded.request(f"a0_laporan/{number}").body)[jenis]
    }
    assert found.keys() == sent.keys()
    for id_, (jenis, item) in sent.items():
        pdf = base64.b64decode(item["file"])
        assert found[id_] == {
            "id": item["id"],
            "jenis": jenis,
            "judul": item["judul"],
            "tahun": item["tahun"],
            "periode": item.get("semester", item.get("bulan")),
            "nama_file": item["nama_file"],
            "berkas": f"sha256:{sha256(pdf).hexdigest()}",
            "created_at": item["created_at"],
            "updated_at": item["updated_at"],
        }
        kept = gate.blobs.open(A, found[id_]["berkas"])
        assert kept
        assert kept[0].type == "application/pdf"
        assert kept[1].read_bytes() == pdf


def test_who_the_desa_is(gate: Gate) -> None:
    gate.play("a0_identitas")
    sent = dict(parse_qsl(recorded.request("a0_identitas/001").body.decode()))
    ((_, change),) = gate.logged()
    assert stated([change], "desa") == {A: sent}
    gate.follow()
    with gate.databases.reader.connect() as tx:
        found = catatan.record(tx, "desa", A, A)
    assert found
    assert found["path"] == json.loads(sent["path"])


def test_what_is_not_sent_is_not_stated(gate: Gate) -> None:
    """A village without a map sends no `path`; OpenDK refused it for that."""
    gate.send(recorded.request("x_server_trailing_slash/001"), B)
    ((_, change),) = gate.logged(B)
    assert stated([change], "desa")[B]["path"] is None


def test_messages_go_both_ways(gate: Gate) -> None:
    gate.log_in(gate.kode)
    (clerk,) = gate.accounts.all()
    for number in range(1, 12):
        gate.messages.from_office(A, clerk, "Mohon hadir", judul=f"Undangan {number}")
    sent, first, _, replied, _ = gate.play("a0_pesan")
    assert sent.get_json()["status"] is True
    assert replied.get_json()["status"] is True
    # The desa says that it has the messages up to 21; there are 13.
    assert first.get_json() == {"status": True, "data": []}
    found = gate.post("pesan/getpesan", data={"kode_desa": A, "id": "10"}).get_json()["data"]
    assert [(it["id"], it["judul"]) for it in found] == [
        (11, "Undangan 11"),
        (12, "Permohonan Data"),
    ]
    assert [it["pengirim"] for it in found[0]["detail_pesan"]] == ["kecamatan", "desa"]
    form = dict(parse_qsl(recorded.request("a0_pesan/001").body.decode()))
    assert found[1]["detail_pesan"][0]["text"] == form["pesan"]


def test_letters_arrive_and_are_listed(gate: Gate) -> None:
    first, *sent, missing, _, _ = gate.play("a0_surat")
    assert first.get_json()["data"] == []
    assert {it.status_code for it in sent} == {201}
    assert missing.status_code == 404
    gate.follow()
    listed = gate.send(recorded.request("a0_surat/001")).get_json()["data"]
    assert [it["nomor"] for it in listed] == [
        f"500/00{number}/5203042001/XI/2026" for number in (1, 2, 3)
    ]
    headers = {"Authorization": f"Bearer {gate.tokens_of[A]}"}
    got = gate.client.get(
        "/api/v1/surat/download?desa_id=x&nomor=500/002/5203042001/XI/2026", headers=headers
    )
    body = recorded.request("a0_surat/003").body
    assert got.mimetype == "application/pdf"
    assert got.data in body
    got.close()


def test_a_token_is_asked_for_by_the_operators_browser(gate: Gate) -> None:
    name, password = "desa_a@kecamatan-uji.example", "Rahasia#123"
    gate.accounts.add(name, "Operator", "operator", A, password)
    asked, told = recorded.scenario("login_browser_ok")
    allowed = gate.send(asked)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == "*"
    assert "content-type" in allowed.headers["Access-Control-Allow-Headers"].lower()
    answer = gate.send(told)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    gate.tokens_of[A] = answer.get_json()["access_token"]
    assert gate.play("a0_penduduk")[1].get_json()["status"] == "success"


def test_a_slash_too_many_in_the_address(gate: Gate) -> None:
    answers = gate.play("x_server_trailing_slash", B)
    assert [it.status_code for it in answers] == [200] * 5
    assert {it.get_json()["status"] for it in answers[:4]} == {"success"}
