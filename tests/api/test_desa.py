"""What a desa brings with its own key, and what it is told: nobody else's, nothing twice."""

import base64
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ledger import (
    Account,
    Draft,
    LetterVersion,
    Order,
    Read,
    RefusalError,
    SigningKey,
    Ticket,
    Wish,
)
from ledger.settings import Settings
from tests.api.conftest import PASSWORD, Web
from tests.simulator import KODE, KODE_DESA, ORIGIN, START, Village, penduduk

OTHER = f"{KODE}.2002"
PHOTO = b"\xff\xd8\xff\xe0 photo"
PDF = b"%PDF-1.4\n"
SIGNED = PDF + b"/Type /Sig /ByteRange [0 1 2 3]\n%%EOF\n"
ORDER = Order("permintaan", "UU 27/2022 pasal 43", "470/12", "camat", "sekcam")


def named(data: bytes) -> str:
    return sha256(data).hexdigest()


def ticket(web: Web, village: Village, key: SigningKey | None = None) -> dict[str, str]:
    said = Ticket(f"{ORIGIN}/{village.kode_desa}", web.now() + timedelta(minutes=10))
    note = said.signed(key or village.key).to_bytes()
    return {"Authorization": f"Ticket {base64.b64encode(note).decode()}"}


def put(web: Web, village: Village, data: bytes, digest: str = "", desa: str = "") -> TestResponse:
    path = f"/v1/desa/{desa or village.kode_desa}/blobs/{digest or named(data)}"
    return web.client.put(path, data=data, headers=ticket(web, village))


def got(web: Web, village: Village, digest: str, desa: str = "") -> tuple[int, bytes]:
    path = f"/v1/desa/{desa or village.kode_desa}/blobs/{digest}"
    answer = web.client.get(path, headers=ticket(web, village))
    found = answer.status_code, answer.data
    answer.close()
    return found


def missing(web: Web, village: Village) -> list[str]:
    path = f"/v1/desa/{village.kode_desa}/blobs"
    answer = web.client.get(path, headers=ticket(web, village))
    assert answer.status_code == 200
    told: dict[str, Any] = answer.get_json()
    assert told["total"] == len(told["missing"])
    found: list[str] = told["missing"]
    return found


def lacking(web: Web, village: Village, *digests: str) -> list[str]:
    path = f"/v1/desa/{village.kode_desa}/blobs"
    answer = web.client.post(path, json={"sha256": digests}, headers=ticket(web, village))
    assert answer.status_code == 200
    found: list[str] = answer.get_json()["missing"]
    return found


def inbox(web: Web, village: Village, after: str = "") -> tuple[list[dict[str, Any]], str]:
    path = f"/v1/desa/{village.kode_desa}/inbox" + (f"?after={after}" if after else "")
    answer = web.client.get(path, headers=ticket(web, village))
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    return told["items"], told["next"]


def clerk(web: Web) -> Account:
    web.accounts.add("siti", "Siti", "staf", KODE, PASSWORD)
    found = web.accounts.get("siti")
    assert found
    return found


def code(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json()["code"]


def test_a_photo_is_brought_shown_and_fetched(web: Web, village: Village) -> None:
    digest = named(PHOTO)
    work = {"id": 1, "judul": "Jalan", "foto": f"sha256:{digest}"}
    web.push(village, [Draft("pembangunan", "1", "put", START, work)])
    web.follow()
    staff, shown = web.log_in(), f"/desa/{KODE_DESA}/berkas/pembangunan/foto/1"
    assert staff.get(shown).status_code == 404
    assert missing(web, village) == lacking(web, village, digest, digest) == [digest]
    answer = put(web, village, PHOTO)
    assert (answer.status_code, answer.get_json()) == (
        201,
        {"sha256": digest, "type": "image/jpeg", "bytes": len(PHOTO)},
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert put(web, village, PHOTO).status_code == 200
    assert missing(web, village) == lacking(web, village, digest) == []
    assert got(web, village, digest) == (200, PHOTO)
    seen = staff.get(shown)
    assert (seen.status_code, seen.mimetype, seen.data) == (200, "image/jpeg", PHOTO)
    seen.close()


def test_a_file_that_was_damaged_or_lost_is_put_right(web: Web, village: Village) -> None:
    put(web, village, PHOTO)
    path = web.blobs.where(named(PHOTO))
    path.write_bytes(b"x")
    assert put(web, village, PHOTO).status_code == 200
    assert path.read_bytes() == PHOTO
    path.unlink()
    assert lacking(web, village, named(PHOTO)) == [named(PHOTO)]
    assert put(web, village, PHOTO).status_code == 201
    assert path.read_bytes() == PHOTO


def test_a_file_is_only_its_own_desas(web: Web, village: Village) -> None:
    """Who knows the hash of a file has neither sent it nor may fetch it."""
    other = web.village(OTHER)
    put(web, village, PHOTO)
    assert got(web, other, named(PHOTO))[0] == 404
    assert lacking(web, other, named(PHOTO)) == [named(PHOTO)]
    assert code(put(web, other, b"%PDF-", named(PHOTO))) == (422, "file-hash")
    assert got(web, other, named(PHOTO))[0] == 404
    assert got(web, other, named(PHOTO), KODE_DESA)[0] == 422
    assert code(put(web, other, PHOTO, desa=KODE_DESA)) == (422, "wrong-log")
    assert put(web, other, PHOTO).status_code == 201


def test_what_cannot_be_taken_is_told_and_leaves_nothing(web: Web, village: Village) -> None:
    most = Settings(data=web.folder).max_file
    large = PDF.ljust(most + 1, b"x")
    refused = [
        code(put(web, village, b"<html>")),
        code(put(web, village, b"")),
        code(put(web, village, PHOTO, named(PDF))),
        code(put(web, village, PHOTO, named(PHOTO).upper())),
        code(put(web, village, PHOTO, "../../etc")),
        code(put(web, village, large)),
        code(put(web, village, large + large)),
    ]
    assert refused == [
        (422, "file-type"),
        (422, "file-type"),
        (422, "file-hash"),
        (422, "file-hash"),
        (404, "not-found"),
        (413, "file-too-large"),
        (413, "file-too-large"),
    ]
    assert [it for it in web.folder.rglob("*") if it.is_file()] == []
    assert put(web, village, large[:-1]).status_code == 201


def test_only_who_shows_a_good_ticket_is_let_in(web: Web, village: Village) -> None:
    base, digest = f"/v1/desa/{KODE_DESA}", named(PHOTO)
    stranger = SigningKey(village.key.verifier.name, bytes(32))
    good = ticket(web, village)["Authorization"]
    late = ticket(web, village)
    web.now.time += timedelta(minutes=11)
    asks: list[Callable[[dict[str, str]], TestResponse]] = [
        lambda headers: web.client.put(f"{base}/blobs/{digest}", data=PHOTO, headers=headers),
        lambda headers: web.client.get(f"{base}/blobs/{digest}", headers=headers),
        lambda headers: web.client.get(f"{base}/blobs", headers=headers),
        lambda headers: web.client.post(
            f"{base}/blobs", json={"sha256": [digest]}, headers=headers
        ),
        lambda headers: web.client.get(f"{base}/inbox", headers=headers),
    ]
    for ask in asks:
        for headers in (
            {},
            late,
            {"Authorization": good.replace("Ticket", "Bearer")},
            {"Authorization": good[:-1] + "!"},
            {"Authorization": "Ticket " + "A" * 3000},
        ):
            answer = ask(headers)
            assert code(answer) == (401, "ticket")
            assert answer.headers["WWW-Authenticate"] == "Ticket"
        assert code(ask(ticket(web, village, stranger))) == (403, "signature")
    web.registry.desa_keys.revoke(KODE_DESA, village.key.verifier.name)
    for ask in asks:
        assert code(ask(ticket(web, village))) == (403, "key-not-valid")
    unknown = web.client.get(f"/v1/desa/{KODE}.2999/inbox", headers=ticket(web, village))
    assert code(unknown) == (404, "desa-unknown")
    own = web.client.get(f"/v1/desa/{KODE}/inbox", headers=ticket(web, village))
    assert code(own) == (404, "desa-unknown")


def test_what_was_forgotten_is_not_asked_for_again(web: Web, village: Village) -> None:
    digest = named(PHOTO)
    web.push(village, [penduduk(1), penduduk(8271, "MARIA GORETI", foto=f"sha256:{digest}")])
    put(web, village, PHOTO)
    web.follow()
    web.redactions.redact(Wish(KODE_DESA, "penduduk", "8271"), ORDER)
    web.follow()
    assert not web.blobs.where(digest).exists()
    assert missing(web, village) == []
    assert got(web, village, digest)[0] == 404


def test_a_letter_goes_to_the_camat_and_back(web: Web, village: Village) -> None:
    """All of it by signed batches, files and the inbox: no old protocol."""
    put(web, village, PDF)
    letter = {
        "nomor": "470/1/2026",
        "nama": "Keterangan Usaha",
        "nik": "5306140101800001",
        "tanggal": "2026-11-20",
        "berkas": f"sha256:{named(PDF)}",
    }
    receipt = web.push(village, [Draft("surat", "470/1/2026", "put", START, letter)])
    web.follow()
    staf, camat = (web.log_in(role=role) for role in ("staf", "camat"))
    fields = {"nomor": "470/1/2026", "sha256": named(PDF), "kiriman": str(receipt.position)}
    path = f"/desa/{KODE_DESA}/surat/keputusan"
    for client, act in ((staf, "periksa"), (camat, "setujui")):
        answer = client.post(path, data={**fields, "keputusan": act, "alasan": ""})
        assert answer.status_code == 302, answer.text
    items, read = inbox(web, village)
    assert [it["data"]["keadaan"] for it in items] == ["menunggu_camat", "menunggu_tte"]
    account = web.accounts.get(f"staf.{KODE}")
    assert account
    version = LetterVersion(KODE_DESA, "470/1/2026", named(PDF), receipt.position)
    web.letters.sign(version, SIGNED, "elektronik", account, known=receipt.position)
    items, again = inbox(web, village, read)
    assert {it["kind"] for it in items} == {"keputusan_surat", "pesan"}
    (decision,) = (it for it in items if it["kind"] == "keputusan_surat")
    assert decision["data"] == {
        "nomor": "470/1/2026",
        "kiriman": receipt.position,
        "sha256": named(PDF),
        "keputusan": "tandatangani",
        "keadaan": "ditandatangani",
        "alasan": "",
        "berkas": named(SIGNED),
        "cara": "elektronik",
    }
    assert got(web, village, decision["data"]["berkas"]) == (200, SIGNED)
    assert inbox(web, village, again) == ([], again)


def test_messages_and_refusals_are_told_once_and_to_their_desa(web: Web, village: Village) -> None:
    other = web.village(OTHER)
    account = clerk(web)
    sent = [
        web.messages.from_office(KODE_DESA, account, f"isi {it}", judul=f"judul {it}")
        for it in range(3)
    ]
    with pytest.raises(RefusalError, match="tidak sambung"):
        web.append(village.sign([penduduk(1)], number=7))
    items, read = inbox(web, village)
    assert [it["id"] for it in items] == [f"pesan/{it.number}" for it in sent]
    assert items[0]["data"]["isi"] == "isi 0"
    # Refusals come when nothing older can come any more.
    web.now.time += timedelta(minutes=1)
    items, read = inbox(web, village, read)
    assert [(it["kind"], it["data"]["code"], it["data"]["number"]) for it in items] == [
        ("penolakan", "gap", 7)
    ]
    assert inbox(web, village, read) == ([], read)
    assert inbox(web, other) == ([], "0.0.0")


def test_a_long_inbox_comes_in_parts(web: Web, village: Village) -> None:
    account = clerk(web)
    for it in range(7):
        web.messages.from_office(KODE_DESA, account, f"isi {it}", judul="judul")
    read, seen = Read(), []
    while True:
        items, read = web.inbox.after(KODE_DESA, read, most=3)
        if not items:
            break
        seen += [it.data["isi"] for it in items]
    assert seen == [f"isi {it}" for it in range(7)]


@pytest.mark.parametrize("after", ["x", "1.2", "1.2.3.4", "-1.0.0", "1.2.3x", "9" * 40, "1.1.9e3"])
def test_a_cursor_of_nobodys_is_refused(web: Web, village: Village, after: str) -> None:
    path = f"/v1/desa/{KODE_DESA}/inbox?after={after}"
    assert code(web.client.get(path, headers=ticket(web, village))) == (422, "cursor")
