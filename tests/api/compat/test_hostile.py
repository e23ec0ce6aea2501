"""Files made to harm: each is refused in one sentence, and leaves nothing behind."""

import io
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.compat.conftest import Gate
from tests.api.compat.made import JPEG, PDF, WORKS, csv_zip, dump, form, people, work
from tests.ledger.opensid.workbooks import packed, sheet, xlsx
from tests.recorded import A

SOUND = dump(people({"id": "1"}))
BOMB = b"\0" * (300 * 1024 * 1024)


def zip_bomb() -> bytes:
    return packed({"x_opendk.xlsx": BOMB})


def sheet_bomb() -> bytes:
    return packed({"x_opendk.xlsx": xlsx(sheet([]) + " " * len(BOMB))})


def many_entries(count: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"{number}.jpg"), b"")
    return buffer.getvalue()


def endless_directory() -> bytes:
    """The end record claims a table of contents longer than the file."""
    at = SOUND.rindex(b"PK\x05\x06")
    return SOUND[: at + 12] + struct.pack("<L", 0x7FFFFFFF) + SOUND[at + 16 :]


def symlink() -> bytes:
    info = zipfile.ZipInfo("x_opendk.xlsx")
    info.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def entity_bomb() -> bytes:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    xml = sheet(people({"id": "1"})).replace("<worksheet", f"{bomb}]><worksheet", 1)
    return packed({"x_opendk.xlsx": xlsx(xml)})


def outside_entity() -> bytes:
    doctype = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet'
    xml = sheet(people({"id": "1"})).replace("<worksheet", doctype, 1)
    return packed({"x_opendk.xlsx": xlsx(xml)})


def picture_bomb() -> bytes:
    """Few bytes that are hundreds of megabytes of pictures, each named by a person."""
    photos = {f"kecil_{it}.jpg": b"\xff\xd8\xff%d" % it + bytes(8_000_000) for it in range(40)}
    return dump(people(*({"id": str(it), "foto": f"{it}.jpg"} for it in range(1, 40))), **photos)


def empty_texts() -> bytes:
    """A table of texts that no cell points to."""
    book = io.BytesIO(xlsx(sheet(people({"id": "1"}))))
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst>{'<si/>' * 6_000_000}</sst>")
    return packed({"x_opendk.xlsx": book.getvalue()})


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip bomb": (zip_bomb, "terlalu besar"),
    "sheet bomb": (sheet_bomb, "terlalu besar"),
    "picture bomb": (picture_bomb, "terlalu besar"),
    "empty texts": (empty_texts, "terlalu besar"),
    "100,000 entries": (lambda: many_entries(100_000), "ZIP64"),
    "60,000 entries": (lambda: many_entries(60_000), "terlalu besar"),
    "endless directory": (endless_directory, "bukan ZIP"),
    "symlink": (symlink, "bukan ZIP"),
    "entity bomb": (entity_bomb, "DOCTYPE"),
    "entity from outside": (outside_entity, "DOCTYPE"),
    "table in a folder": (lambda: packed({"a/x.xlsx": b""}), "tidak memuat"),
    "table above": (lambda: packed({"../x.xlsx": b""}), "tidak memuat"),
    "table at the root": (lambda: packed({"/x.xlsx": b""}), "tidak memuat"),
    "no table": (lambda: packed({"x.jpg": JPEG}), "tidak memuat"),
    "two tables": (lambda: packed({"a.xlsx": b"", "b.csv": b""}), "2 tabel"),
    "HTML": (lambda: b"<html><script>alert(1)</script></html>", "bukan ZIP"),
    "PDF": (lambda: PDF, "bukan ZIP"),
    "nothing": (lambda: b"", "bukan ZIP"),
    "cut off": (lambda: SOUND[: len(SOUND) // 2], "bukan ZIP"),
    "another table": (lambda: csv_zip(WORKS + work(A, 1, "x")), "Kolom tidak ada"),
    "no UTF-8": (lambda: packed({"x.csv": b"\xef\xbb\xbfdesa_id,id\xff\n"}), "UTF-8"),
    "quotes without end": (lambda: packed({"x.csv": b'\xef\xbb\xbf"desa_id'}), "CSV"),
    "a line without end": (lambda: packed({"x.csv": b"a" * 3_000_000}), "terlalu panjang"),
}


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder around those in which the application stands and keeps what is temporary."""
    for name in ("here", "temporary"):
        (tmp_path / "a/b/c" / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b/c/here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "a/b/c/temporary"))
    return tmp_path


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_dump_is_refused_and_leaves_nothing(gate: Gate, around: Path, name: str) -> None:
    make, said = HOSTILE[name]
    before = set(around.rglob("*"))
    answer = gate.post("penduduk/storedata", data=form(make(), "../../../x_opendk.zip"))
    told = answer.get_json()
    assert (answer.status_code, told["status"]) == (200, "danger")
    assert said in told["message"]
    assert "Traceback" not in told["message"]
    assert gate.size() == 0
    assert not gate.folder.exists()
    assert set(around.rglob("*")) == before
    (upload,) = gate.gateway.uploads(A)
    assert upload.refusal
    assert "<" not in told["message"]


def test_a_body_over_the_limit_is_not_read(gate: Gate) -> None:
    long = {"CONTENT_LENGTH": str(100 * 1024 * 1024)}
    answer = gate.post(
        "penduduk/storedata",
        content_type="multipart/form-data; boundary=x",
        environ_overrides=long,
    )
    assert answer.get_json()["status"] == "danger"
    assert "64 MiB" in answer.get_json()["message"]
    told = gate.post("penduduk", json={"hapus_penduduk": []}).get_json()
    assert "64 MiB" in told["message"]


@pytest.mark.parametrize("content", [b"<html></html>", b"", b"PK\x03\x04", b"MZ"])
def test_a_letter_that_is_no_pdf_is_refused(gate: Gate, content: bytes) -> None:
    data = form(content, "surat.pdf", nomor="1", nama="x", nik="1", tanggal="2026-11-20")
    answer = gate.post("surat/kirim", data=data)
    assert answer.status_code == 422
    assert answer.get_json()["success"] is False
    assert gate.size() == 0


def test_a_letter_too_long_is_refused(gate: Gate) -> None:
    data = form(PDF.ljust(2 * 1024 * 1024 + 1, b"\0"), "surat.pdf", nomor="1", nama="x")
    assert "2048 KiB" in gate.post("surat/kirim", data=data).get_json()["message"]


@pytest.mark.parametrize("nomor", ["", "x" * 65])
def test_a_letter_needs_a_number(gate: Gate, nomor: str) -> None:
    answer = gate.post("surat/kirim", data=form(PDF, "surat.pdf", nomor=nomor, nama="x"))
    assert (answer.status_code, gate.size()) == (422, 0)


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "sha256:" + 64 * "0", "%00", "a" * 300],
)
def test_no_file_is_served_by_its_name(gate: Gate, path: str) -> None:
    headers = {"Authorization": f"Bearer {gate.tokens_of[A]}"}
    address = f"/api/v1/surat/download?nomor={path}"
    assert gate.client.get(address, headers=headers).status_code == 404


def test_a_letter_of_another_desa_is_not_there(gate: Gate) -> None:
    data = form(PDF, "surat.pdf", nomor="1/A", nama="x", nik="1", tanggal="2026-11-20")
    assert gate.post("surat/kirim", A, data=data).status_code == 201
    gate.follow()
    for kode_desa, status in ((A, 200), ("52.03.04.2002", 404)):
        headers = {"Authorization": f"Bearer {gate.tokens_of[kode_desa]}"}
        answer = gate.client.get("/api/v1/surat/download?nomor=1/A", headers=headers)
        assert answer.status_code == status
        answer.close()


def test_text_from_an_upload_is_never_markup_in_an_answer(gate: Gate) -> None:
    """OpenSID shows a message as HTML."""
    evil = "<img src=x onerror=alert(1)>"
    rows = people({"id": evil, "nama": evil}, {"id": "2", "nama": evil, "desa_id": evil})
    for data in (dump(rows), dump(rows[1:])):
        told = gate.post("penduduk/storedata", data=form(data)).get_json()
        assert "<" not in told["message"]


def test_a_sheet_of_numbers_is_read_as_a_spreadsheet_saves_it(gate: Gate) -> None:
    """Ids as floats, days as serials; a NIK that lost digits stays what it became."""
    xml = sheet(people({"id": "ID", "nomor_nik": "NIK", "tanggal_lahir": "TGL", "agama": "AG"}))
    for word, number in (("ID", "7.0"), ("NIK", "5.2030E+15"), ("TGL", "30000"), ("AG", "1.0")):
        cell = f't="inlineStr"><is><t>{word}</t></is></c>'
        assert cell in xml
        xml = xml.replace(cell, f"><v>{number}</v></c>")
    told = gate.post("penduduk/storedata", data=form(packed({"x.xlsx": xlsx(xml)}))).get_json()
    assert told["message"].startswith("Data penduduk diterima: 1 baru.")
    gate.follow()
    page = gate.log_in(gate.kode).get(f"/desa/{A}/penduduk/7").text
    assert "18 Feb 1982" in page
