"""Batches over HTTP: taken, repeated, answered for."""

import base64
import gzip
from collections.abc import Callable

import pytest
import zstandard

from ledger import Draft, Receipt
from ledger.database import Databases
from tests.api.conftest import Web
from tests.simulator import KODE_DESA, START, Village, deleted, penduduk

URL = f"/v1/desa/{KODE_DESA}"


def receipt_of(told: dict) -> Receipt:  # type: ignore[type-arg]
    return Receipt(
        kode_desa=told["kode_desa"],
        position=told["position"],
        chain=told["chain"],
        number=told["number"],
        manifest_hash=base64.b64decode(told["manifest"]),
        proof=told["proof"],
        consistency=tuple(base64.b64decode(step) for step in told["consistency"]),
        seen=told["seen"],
    )


def test_a_batch_is_taken_and_its_receipt_holds(web: Web, village: Village) -> None:
    for number in range(1, 6):
        batch = village.sign([penduduk(number)])
        answer = web.client.post(f"{URL}/batches", data=batch.to_bytes())
        assert answer.status_code == 201
        told = answer.json
        assert told
        assert (told["position"], told["number"], told["replayed"]) == (number, number, False)
        village.accept(batch, receipt_of(told))


def test_the_same_batch_again_is_the_same_place(web: Web, village: Village) -> None:
    batch = village.sign([penduduk(1)])
    first = web.client.post(f"{URL}/batches", data=batch.to_bytes())
    again = web.client.post(f"{URL}/batches", data=batch.to_bytes())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json
    assert first.json
    assert again.json == {**first.json, "replayed": True}


def test_whoever_repeats_a_public_manifest_hears_nothing_of_what_was_stated(
    web: Web, village: Village
) -> None:
    """Manifests are in the tiles, for everybody; what is wrong with a person's record is not."""
    batch = village.sign([penduduk(8271, tanggal_lahir="1990-13-45", agama_id="lain")])
    first = web.client.post(f"{URL}/batches", data=batch.to_bytes())
    assert first.json
    assert first.json["findings"]["total"] > 1
    note = batch.note.to_bytes()
    for body in (b"", b"\n", b"\nx", b"\n" + batch.body[:-1], b"\n" + batch.body.swapcase()):
        again = web.client.post(f"{URL}/batches", data=note + body)
        if again.status_code == 200:
            assert again.json == {
                **first.json,
                "replayed": True,
                "findings": {"total": 0, "items": []},
            }
        else:
            assert again.status_code == 422
            assert "8271" not in again.text
    whole = web.client.post(f"{URL}/batches", data=batch.to_bytes())
    assert whole.json == {**first.json, "replayed": True}


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
    "": bytes,
}


@pytest.mark.parametrize("encoding", PACKINGS)
def test_a_batch_may_be_packed(web: Web, village: Village, encoding: str) -> None:
    batch = village.sign([penduduk(number) for number in range(1, 300)])
    packed = PACKINGS[encoding](batch.to_bytes())
    headers = {"Content-Encoding": encoding}
    answer = web.client.post(f"{URL}/batches", data=packed, headers=headers)
    assert answer.status_code == 201


def test_several_gzip_members_are_one_body(web: Web, village: Village) -> None:
    data = village.sign([penduduk(1)]).to_bytes()
    packed = gzip.compress(data[:300]) + gzip.compress(data[300:])
    headers = {"Content-Encoding": "gzip"}
    assert web.client.post(f"{URL}/batches", data=packed, headers=headers).status_code == 201


def test_what_seems_wrong_is_kept_and_told(web: Web, village: Village) -> None:
    drafts = [
        penduduk(1, tanggal_lahir="31-02-1990"),
        penduduk(2, agama_id=99),
        Draft("sensus_2030", "1", "put", START, {"apa": "saja"}),
        Draft("penduduk", "x", "put", START, {"nama": "TANPA ID"}),
        deleted(3),
    ]
    answer = web.client.post(f"{URL}/batches", data=village.sign(drafts).to_bytes())
    assert answer.status_code == 201
    assert answer.json
    found = answer.json["findings"]
    codes = {(it["line"], it["code"]) for it in found["items"]}
    assert found["total"] == len(found["items"])
    assert {
        (1, "tanggal-tidak-sah"),
        (2, "kode-tidak-dikenal"),
        (3, "entitas-tidak-dikenal"),
        (4, "id-tidak-sah"),
    } <= codes
    assert {it["severity"] for it in found["items"]} <= {"severe", "warning", "notice"}
    assert "TANPA ID" not in answer.text


def test_findings_are_named_up_to_a_thousand(web: Web, village: Village) -> None:
    drafts = [penduduk(number, agama_id=99) for number in range(1, 1_200)]
    answer = web.client.post(f"{URL}/batches", data=village.sign(drafts).to_bytes())
    assert answer.json
    assert len(answer.json["findings"]["items"]) == 1_000
    assert answer.json["findings"]["total"] >= 1_199


def test_the_head_says_where_to_go_on(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1)])
    told = web.client.get(f"{URL}/head").json
    assert told
    assert told["origin"] == f"kecamatan.example/{KODE_DESA}"
    assert told["size"] == 1
    assert told["chains"] == [
        {
            "chain": village.key.name,
            "number": 1,
            "manifest": base64.b64encode(village.prev).decode(),
            "position": 1,
        },
    ]


def test_a_receipt_can_be_had_again(web: Web, village: Village) -> None:
    for number in range(1, 4):
        web.push(village, [penduduk(number)])
    told = web.client.get(f"{URL}/batches/2/receipt?seen=1").json
    assert told
    assert (told["position"], told["seen"]) == (2, 1)
    assert len(told["consistency"]) > 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/desa/53.06.14.2099/head", 404, "desa-unknown"),
        ("/v1/desa/53.06.14/head", 404, "desa-unknown"),
        (f"{URL}/batches/1/receipt", 404, "position-unknown"),
        (f"{URL}/batches/0/receipt", 404, "position-unknown"),
        (f"{URL}/batches/999999999999999999/receipt", 404, "position-unknown"),
        (f"{URL}/batches/99999999999999999999/receipt", 404, "not-found"),
        (f"{URL}/batches/x/receipt", 404, "not-found"),
        (f"{URL}/batches/1/receipt?seen=-1", 422, "unprocessable-entity"),
        (f"{URL}/nothing", 404, "not-found"),
    ],
)
def test_what_is_not_there(web: Web, village: Village, path: str, status: int, code: str) -> None:
    answer = web.client.get(path)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json
    assert answer.json["code"] == code
    assert answer.json["status"] == status


def test_another_method_is_told_which_are_allowed(web: Web, village: Village) -> None:
    answer = web.client.get(f"{URL}/batches")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.mimetype == "application/problem+json"


def test_a_lost_database_is_a_503_and_says_nothing_more(
    web: Web, village: Village, databases: Databases
) -> None:
    from sqlalchemy import text  # noqa: PLC0415  # for this outage alone

    with databases.owner.begin() as tx:
        tx.execute(text("ALTER ROLE opendk_ingest CONNECTION LIMIT -1"))
        tx.execute(text("REVOKE opendk_ingest FROM CURRENT_USER"))
    databases.dispose()
    try:
        answer = web.client.get(f"{URL}/head")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.json
        assert answer.json["code"] == "database-unreachable"
    finally:
        with databases.owner.begin() as tx:
            tx.execute(text("GRANT opendk_ingest TO CURRENT_USER WITH SET TRUE, INHERIT FALSE"))
