"""/v1/audit: for whom, of which desa, masked or for a reason, and verified as it was sent."""

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger import Trust, Wanted, verify_bundle, verify_change
from ledger.bundle.report import Report
from tests.api.conftest import PASSWORD, Web
from tests.simulator import KODE, KODE_DESA, deleted, penduduk

OTHER = "53.06.14.2002"
NIK = "5306144107800001"
WHY = {"tujuan": "pemeriksaan", "alasan": "surat tugas 700/12/2026"}
DESA = f"/v1/audit/desa/{KODE_DESA}"
RECORD = "entity=penduduk&id=1"
ADDRESSES = (
    "/v1/audit/logs",
    f"{DESA}/history?{RECORD}",
    f"{DESA}/diff",
    f"{DESA}/batches/1/lines/1/proof",
    f"/v1/audit/bundle?desa={KODE_DESA}",
)


@pytest.fixture
def filled(web: Web) -> Web:
    first, other = web.village(), web.village(OTHER)
    web.push(first, [penduduk(1, "SITI", nik=NIK, agama_id=1), penduduk(2, "BUDI")])
    web.push(other, [penduduk(1, "LAIN")])
    web.push(first, [penduduk(1, "SITI AMINAH", nik=NIK, agama_id=2), deleted(2)])
    return web


@pytest.fixture
def client(filled: Web) -> FlaskClient:
    return filled.log_in(KODE, "auditor")


def trust(web: Web) -> Trust:
    key = web.office.log_key(KODE).verifier.to_vkey()
    return Trust.from_bytes(f"log {key}\nquorum none\n".encode())


def verified(web: Web, data: bytes) -> Report:
    report = verify_bundle(io.BytesIO(data), trust(web))
    assert report.faults == []
    return report


def entries(web: Web) -> list[tuple[str, str, str, int]]:
    return [(it.kode_desa, it.entity, it.id, it.people) for it in web.access.all(Wanted(KODE))]


def test_it_is_for_auditors_and_the_camat(filled: Web) -> None:
    allowed = {"auditor": 200, "camat": 200, "staf": 403, "operator": 403, "administrator": 403}
    for role, status in allowed.items():
        client = filled.log_in(KODE_DESA if role == "operator" else KODE, role)
        for address in ADDRESSES:
            assert client.get(address).status_code == status, (role, address)


def test_nobody_is_asked_for_a_name(filled: Web, client: FlaskClient) -> None:
    anonymous = filled.app.test_client()
    for address in ADDRESSES:
        assert anonymous.get(address).status_code == 401
    basic = (f"auditor.{KODE}", PASSWORD)
    assert anonymous.get(ADDRESSES[0], auth=basic).status_code == 200


def test_a_foreign_desa_is_not_there(filled: Web) -> None:
    client = filled.log_in(OTHER, "auditor")
    for address in ADDRESSES[1:]:
        assert client.get(address).status_code == 404, address


def test_the_logs_in_scope_are_told(filled: Web, client: FlaskClient) -> None:
    items = client.get("/v1/audit/logs").get_json()["items"]
    assert [(it["kode_desa"], it["size"]) for it in items] == [(KODE_DESA, 2), (OTHER, 1)]
    mine = filled.log_in(OTHER, "auditor").get("/v1/audit/logs").get_json()["items"]
    assert [it["kode_desa"] for it in mine] == [OTHER]


def test_a_history_is_masked(client: FlaskClient) -> None:
    answer = client.get(f"{DESA}/history?{RECORD}")
    items = answer.get_json()["items"]
    assert [(it["position"], it["kind"]) for it in items] == [(1, "added"), (2, "changed")]
    first = {it["name"]: it["after"] for it in items[0]["differences"]}
    assert first["nik"] == "530614••••••••••"
    assert NIK not in answer.text
    assert [it["name"] for it in items[1]["differences"]] == ["nama", "agama_id"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_the_catalogue_does_not_know_is_not_shown(filled: Web, client: FlaskClient) -> None:
    filled.push(filled.village(label="kaur"), [penduduk(9, "X", nomor_rahasia="123")])
    shown = client.get(f"{DESA}/history?entity=penduduk&id=9").get_json()["items"][0]
    assert {"name": "nomor_rahasia", "before": None, "after": "disembunyikan"} in shown[
        "differences"
    ]


def test_two_positions_differ(client: FlaskClient) -> None:
    answer = client.get(f"{DESA}/diff?dari=1").get_json()
    assert (answer["dari"], answer["sampai"], answer["total"]) == (1, 2, 2)
    assert [(it["id"], it["kind"]) for it in answer["items"]] == [
        ("1", "changed"),
        ("2", "removed"),
    ]
    assert len(client.get(f"{DESA}/diff?batas=1").get_json()["items"]) == 1
    assert client.get(f"{DESA}/diff?sampai=3").status_code == 404
    assert client.get(f"{DESA}/diff?dari=2&sampai=1").status_code == 422


def test_a_proof_shows_the_line_only_for_a_reason(filled: Web, client: FlaskClient) -> None:
    address = f"{DESA}/batches/1/lines/1/proof"
    hashed = client.get(address)
    assert hashed.get_json()["change"].startswith('{"_h":')
    assert client.post(address, json={}).status_code == 422
    whole = client.post(address, json=WHY)
    assert NIK in whole.get_json()["change"]
    for answer in (hashed, whole):
        proof = json.dumps(answer.get_json()).encode()
        assert verify_change(proof, trust(filled)).faults == []
    assert entries(filled) == [(KODE_DESA, "perubahan", "", 1)]
    assert client.get(f"{DESA}/batches/1/lines/9/proof").status_code == 404


def test_a_bundle_without_a_reason_names_nobody(filled: Web, client: FlaskClient) -> None:
    answer = client.get("/v1/audit/bundle")
    assert answer.mimetype == "application/zip"
    report = verified(filled, answer.data)
    assert [it.kode for it in report.logs] == [KODE, KODE_DESA, OTHER]
    assert report.declared["lines"] == "hashed"
    assert entries(filled) == []


def test_a_whole_bundle_is_in_the_access_log(filled: Web, client: FlaskClient) -> None:
    report = verified(filled, client.post("/v1/audit/bundle", json=WHY).data)
    assert (report.declared["lines"], report.declared["acts"]) == ("whole", "whole")
    assert sorted(entries(filled)) == [(KODE_DESA, "log", "", 4), (OTHER, "log", "", 1)]


def test_a_bundle_of_one_record_is_logged_as_that_record(filled: Web, client: FlaskClient) -> None:
    asked: dict[str, Any] = {"desa": KODE_DESA, "entity": "penduduk", "id": "1", **WHY}
    report = verified(filled, client.post("/v1/audit/bundle", json=asked).data)
    assert report.declared["record"] == {"entity": "penduduk", "id": "1"}
    assert report.logs[1].hidden == 2
    assert entries(filled) == [(KODE_DESA, "penduduk", "1", 1)]
    assert client.get(f"/v1/audit/bundle?{RECORD}").status_code == 422
    unknown = client.get(f"/v1/audit/bundle?desa={KODE_DESA}&entity=penduduk&id=99")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "record-unknown")


def test_a_bundle_holds_no_more_than_the_scope(filled: Web) -> None:
    client = filled.log_in(OTHER, "auditor")
    report = verified(filled, client.post("/v1/audit/bundle", json=WHY).data)
    assert [it.kode for it in report.logs] == [KODE, OTHER]
    assert report.declared["acts"] == "trust"
    assert client.post("/v1/audit/bundle", json={**WHY, "desa": KODE_DESA}).status_code == 404


def test_a_reason_that_will_not_do(filled: Web, client: FlaskClient) -> None:
    for alasan in ("ingin", f"data {NIK}"):
        answer = client.post("/v1/audit/bundle", json={**WHY, "alasan": alasan})
        assert answer.status_code == 422, answer.text
    assert entries(filled) == []
