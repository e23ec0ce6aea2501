"""Every address, asked as every role, for an own and a foreign desa: one table says the answer.

An address of the application without a row fails. What anybody is shown that may not see people
holds no name and no number of theirs. Every page, also one that refuses, is valid HTML.
"""

import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.auth import need_of
from api.permissions import ALLOWED, OPEN, Need
from ledger import ROLES
from tests.api.conftest import Web
from tests.api.markup import faults, parse
from tests.simulator import KODE_DESA, penduduk

FOREIGN = "53.06.14.2002"
PEOPLE = {
    1: ("MARSELINUS KELORE", "5306140101800001"),
    2: ("YULIANA TEBUNAI", "5306144107820002"),
}
NOBODY = "nobody"
ASKING = (NOBODY, *ROLES)
VALUES: dict[str, object] = {
    "entity": "penduduk",
    "nama": "umur",
    "field": "foto",
    "position": 1,
    "line": 1,
    "id_": "1",
    "sha256": "0" * 64,
    "bulan": "2026-11",
    "jenis": "lahir",
    "tabel": "aki-akb",
    "tahun": 2026,
    "periode": 1,
    "code": "nik",
    "number": 1,
    "username": "tidak.ada",
    "tindakan": "nonaktif",
    "filename": "ledger.css",
    "rest": "x",
    "path": "0/000",
    "origin_hash": "0" * 64,
}
"""What stands in an address, where a desa does not."""


@dataclass(frozen=True)
class Row:
    """What an address needs, and what becomes of somebody who may have it.

    `allowed` are the answers to whoever has what is needed: a page, or that nothing is there, or
    that the form is not complete; never 302 to the log-in, 401 or 403.
    """

    need: Need
    allowed: frozenset[int] = frozenset({200})


def of(need: Need, *allowed: int) -> Row:
    return Row(need, frozenset(allowed or (200,)))


TABLE: dict[str, Row] = {
    # --- staff
    "staff.desa": of(Need.FIGURES),
    "staff.penduduk": of(Need.PEOPLE),
    "staff.cari": of(Need.PEOPLE, 302),
    "staff.orang": of(Need.PEOPLE),
    "staff.statistik": of(Need.FIGURES),
    "staff.rincian_statistik": of(Need.PEOPLE),
    "staff.rincian_statistik_wilayah": of(Need.PEOPLE),
    "staff.wilayah": of(Need.PEOPLE),
    "staff.rincian_wilayah": of(Need.PEOPLE),
    "staff.laporan_bulanan": of(Need.REPORTS),
    "staff.laporan_bulanan_wilayah": of(Need.REPORTS),
    "staff.rincian_bulan": of(Need.PEOPLE),
    "staff.mutu": of(Need.FIGURES),
    "staff.satu_mutu": of(Need.PEOPLE, 404),
    "staff.mutu_wilayah": of(Need.FIGURES),
    "staff.kiriman": of(Need.RECEIVED),
    "staff.satu_kiriman": of(Need.PEOPLE),
    "staff.satu_penolakan": of(Need.RECEIVED, 404),
    "staff.unggahan": of(Need.RECEIVED),
    "staff.satu_unggahan": of(Need.RECEIVED, 404),
    "staff.putuskan": of(Need.DECIDE, 400),
    "staff.berkas": of(Need.PEOPLE, 404),
    "staff.pesan": of(Need.MESSAGES),
    "staff.dasbor": of(Need.FIGURES),
    "staff.statistik_wilayah": of(Need.FIGURES),
    "staff.apbdes": of(Need.REPORTS, 200, 404),
    "staff.apbdes_wilayah": of(Need.REPORTS),
    "staff.data": of(Need.PEOPLE),
    "staff.data_wilayah": of(Need.PEOPLE),
    "staff.catatan": of(Need.PEOPLE, 200, 302, 404),
    "staff.catatan_wilayah": of(Need.PEOPLE, 200, 302, 404),
    "staff.satu_catatan": of(Need.PEOPLE, 200, 302, 404),
    "staff.tulis_pesan": of(Need.WRITE, 302),
    "staff.saksi": of(Need.WITNESSED),
    "staff.pemberitahuan": of(Need.FIGURES),
    "staff.cari_wilayah": of(Need.PEOPLE),
    "staff.cari_orang": of(Need.PEOPLE, 302),
    "staff.surat": of(Need.PEOPLE),
    "staff.surat_desa": of(Need.PEOPLE),
    "staff.satu_surat": of(Need.PEOPLE, 404),
    "staff.berkas_surat": of(Need.PEOPLE, 404),
    "staff.putuskan_surat": of(Need.DECIDE, 404),
    "staff.tandatangani": of(Need.DECIDE, 404),
    # --- the office's own figures
    "staff.tabel": of(Need.FIGURES),
    "staff.satu_tabel": of(Need.FIGURES),
    "staff.templat_tabel": of(Need.FIGURES),
    "staff.sel_tabel": of(Need.FIGURES),
    "staff.pernyataan_tabel": of(Need.FIGURES, 404),
    "staff.isi_tabel": of(Need.WRITE),
    "staff.simpan_tabel": of(Need.WRITE, 422),
    "staff.cabut_tabel": of(Need.WRITE, 422),
    "staff.unggah_tabel": of(Need.WRITE),
    "staff.baca_tabel": of(Need.WRITE, 422),
    "staff.catat_tabel": of(Need.WRITE, 400),
    # --- one's own account
    "staff.masuk": of(Need.PUBLIC, 200, 302, 401),
    "staff.masuk_kode": of(Need.PUBLIC, 302),
    "staff.keluar": of(Need.OWN, 302),
    "staff.akun": of(Need.OWN),
    "staff.kata_sandi": of(Need.OWN, 200, 401, 422),
    "staff.totp": of(Need.OWN, 200, 422),
    "staff.lepas_totp": of(Need.OWN, 302),
    "staff.kode_pemulihan": of(Need.OWN, 302),
    "staff.akhiri_sesi": of(Need.OWN, 302),
    "staff.keluar_semua": of(Need.OWN, 302),
    # --- operations, and who saw what
    "staff.operasi": of(Need.OPERATIONS),
    "staff.ulangi": of(Need.OPERATIONS, 302, 400),
    "staff.selesaikan": of(Need.OPERATIONS, 302, 400, 404),
    "staff.buka": of(Need.PROTECTED, 302, 400, 422),
    "staff.buka_penduduk": of(Need.PROTECTED, 302),
    "staff.buka_catatan": of(Need.PROTECTED, 302, 404),
    "staff.buka_catatan_wilayah": of(Need.PROTECTED, 302, 404),
    "staff.buka_rincian": of(Need.PROTECTED, 302),
    "staff.buka_rincian_bulan": of(Need.PROTECTED, 302),
    "staff.buka_rincian_wilayah": of(Need.PROTECTED, 302),
    "staff.buka_wilayah": of(Need.PROTECTED, 302),
    "staff.akses_daftar": of(Need.SEEN, 404),
    "staff.akses_catatan": of(Need.SEEN),
    "staff.akses": of(Need.SEEN),
    "staff.akses_csv": of(Need.SEEN),
    # --- users
    "staff.pengguna": of(Need.USERS),
    "staff.pengguna_baru": of(Need.USERS, 200, 422),
    "staff.satu_pengguna": of(Need.USERS, 404),
    "staff.ubah_pengguna": of(Need.USERS, 404),
    "staff.tindak_pengguna": of(Need.USERS, 404),
    # --- programs
    "data.Records": of(Need.PEOPLE),
    "data.Mutasi": of(Need.REPORTS),
    "data.Statistics": of(Need.FIGURES),
    "data.OneStatistic": of(Need.FIGURES),
    "staff.audit": of(Need.AUDIT),
    "staff.audit_desa": of(Need.AUDIT),
    "staff.periksa": of(Need.AUDIT, 200, 302),
    "staff.beda": of(Need.AUDIT, 200, 302, 404),
    "audit.Logs": of(Need.AUDIT),
    "audit.History": of(Need.AUDIT, 200, 404, 422),
    "audit.Diff": of(Need.AUDIT, 200, 422),
    "audit.Proof": of(Need.AUDIT, 200, 422),
    "audit.Bundle": of(Need.AUDIT, 200, 403, 422),
    "ingest.Batches": of(Need.SIGNATURE, 422),
    "ingest.Head": of(Need.PUBLIC),
    "ingest.Receipts": of(Need.PUBLIC),
    "desa.Blobs": of(Need.SIGNATURE, 401, 422),
    "desa.OneBlob": of(Need.SIGNATURE, 401),
    "desa.Inbox": of(Need.SIGNATURE, 401),
    "keys.Keys": of(Need.SIGNATURE, 200, 422),
    "transparency.checkpoint": of(Need.PUBLIC),
    "transparency.witnessed": of(Need.PUBLIC, 200, 404),
    "transparency.tile": of(Need.PUBLIC, 200, 404),
    "transparency.add_checkpoint": of(Need.PUBLIC, 400, 403, 404),
    "transparency.cosigned": of(Need.PUBLIC, 404),
    "openapi": of(Need.PUBLIC),
    "docs": of(Need.PUBLIC),
    "healthz": of(Need.PUBLIC),
    "readyz": of(Need.PUBLIC),
    "metrics": of(Need.PUBLIC),
    "static": of(Need.PUBLIC),
}
"""The old protocol's addresses have a table of their own: `tests/api/compat/test_tokens.py`."""


def asked(app: Flask) -> list[tuple[str, str, str]]:
    """Every endpoint, method and rule, but for the old protocol's."""
    found = [
        (rule.endpoint, method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith("compat_")
    ]
    return sorted(found)


def test_every_address_has_a_row_that_says_what_its_view_says(web: Web) -> None:
    endpoints = {endpoint for endpoint, _, _ in asked(web.app)}
    assert endpoints == set(TABLE)
    said = {it: need_of(web.app.view_functions[it]) for it in endpoints - {"static"}}
    assert said == {it: row.need for it, row in TABLE.items() if it != "static"}


def test_the_old_addresses_need_a_token(web: Web) -> None:
    views = {it: view for it, view in web.app.view_functions.items() if it.startswith("compat_")}
    assert {need_of(view) for view in views.values()} == {Need.TOKEN}


@pytest.fixture(scope="module")
def office(shared_web: Web) -> dict[str, FlaskClient]:
    """Two desa with people, and a client for each role, all of the first."""
    web = shared_web
    for kode_desa in (KODE_DESA, FOREIGN):
        village = web.village(kode_desa)
        web.push(village, [penduduk(it, nama, nik=nik) for it, (nama, nik) in PEOPLE.items()])
    web.follow()
    clients = {NOBODY: web.app.test_client()}
    for role in ROLES:
        clients[role] = web.log_in(KODE_DESA, role)
    return clients


def ask(client: FlaskClient, method: str, rule: str, kode: str) -> TestResponse:
    """Ask for an address with a desa's code in it; what a form would hold is left out."""

    def value(match: re.Match[str]) -> str:
        kind, _, name = match[1].rpartition(":")
        if name == "kode":
            return kode
        if kind == "uuid":
            return str(UUID(int=1))
        return str(VALUES[name])

    path = re.sub(r"<([^>]+)>", value, rule)
    return client.open(path, method=method)


def expected(row: Row, role: str, kode: str, *, of_desa: bool) -> set[int]:
    if row.need in OPEN:
        return set(row.allowed)
    if role == NOBODY:
        return {302, 401}
    if of_desa and kode == FOREIGN:
        return {404}
    return set(row.allowed) if row.need in ALLOWED[role] else {403}


@pytest.mark.parametrize("role", ASKING)
def test_who_gets_what(shared_web: Web, office: dict[str, FlaskClient], role: str) -> None:
    wrong, leaks, invalid = [], [], []
    for endpoint, method, rule in asked(shared_web.app):
        if endpoint in {"staff.keluar", "staff.keluar_semua"}:
            continue  # last: nobody is logged in afterwards
        row = TABLE[endpoint]
        of_desa = "<kode>" in rule and row.need not in OPEN
        for kode in (KODE_DESA, FOREIGN) if "<kode>" in rule else (KODE_DESA,):
            answer = ask(office[role], method, rule, kode)
            if answer.status_code not in expected(row, role, kode, of_desa=of_desa):
                wrong.append((method, rule, kode, answer.status_code))
            page = answer.get_data().decode("utf-8", "replace")  # a bundle is a ZIP
            may_see = role != NOBODY and Need.PEOPLE in ALLOWED[role] and kode == KODE_DESA
            shown = [it for person in PEOPLE.values() for it in person if it in page]
            if shown and not may_see:
                leaks.append((method, rule, kode))
            # Nobody sees a whole number, whatever the role.
            leaks += [(method, rule, kode) for _, nik in PEOPLE.values() if nik in page]
            moved = answer.status_code // 100 == 3
            if answer.mimetype == "text/html" and not moved and kode == KODE_DESA:
                invalid += [(rule, it) for it in faults(parse(page))]
            answer.close()
    assert wrong == []
    assert leaks == []
    assert invalid == []


@pytest.mark.parametrize("role", ROLES)
def test_logging_out_is_everybodys(shared_web: Web, role: str) -> None:
    client = shared_web.log_in(FOREIGN, role)
    assert client.post("/akun/keluar-semua").location == "/masuk"
    assert client.get("/akun").status_code == 302


def test_whoever_may_see_people_does(office: dict[str, FlaskClient]) -> None:
    """So that the absence of names above says something."""
    for role in ROLES:
        shown = PEOPLE[1][0] in office[role].get(f"/desa/{KODE_DESA}/penduduk").text
        assert shown is (Need.PEOPLE in ALLOWED[role])
