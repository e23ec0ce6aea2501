"""/v1/data: lists for programs, and nothing in them that must not be seen."""

import base64
import csv
import io
import threading
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.format import HIDDEN
from ledger import Draft
from ledger.catalogue import ENTITIES
from projections import wait_for
from projections.queries.catatan import TABLES
from tests.api.conftest import PASSWORD, Web
from tests.ledger.catalogue.records import SOUND
from tests.projections import invented
from tests.simulator import KODE, KODE_DESA, START, Village, deleted, penduduk

NIK = "5306144107800001"


@pytest.fixture
def filled(web: Web, village: Village) -> Village:
    """Three batches: four people, one changed, one deleted."""
    web.push(
        village,
        [
            penduduk(1, "SITI", nik=NIK, agama_id=1, dusun="A", tanggal_lahir="1980-01-01"),
            penduduk(2, "BUDI", sex=1, agama_id=2, dusun="A", tanggal_lahir="1990-01-01"),
            penduduk(10, "=1+1", sex=1, agama_id=1, dusun="B"),
            penduduk(3, "SALAH", agama_id=None),
        ],
    )
    web.push(village, [penduduk(2, "BUDI", sex=1, agama_id=2, dusun="B")])
    web.push(village, [deleted(3)])
    web.follow()
    return village


@pytest.fixture
def client(web: Web) -> FlaskClient:
    return web.log_in()


def items(client: FlaskClient, query: str = "", entity: str = "penduduk") -> list[dict[str, Any]]:
    answer = client.get(f"/v1/data/{entity}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found


def ids(client: FlaskClient, query: str = "") -> list[str]:
    return [it["id"] for it in items(client, query)]


def test_records_are_those_of_now_by_id(client: FlaskClient, filled: Village) -> None:
    answer = client.get("/v1/data/penduduk").get_json()
    assert [it["id"] for it in answer["items"]] == ["1", "2", "10"]
    assert answer["per"] == [{"kode_desa": KODE_DESA, "kiriman": 3}]
    assert answer["berikut"] is None
    assert answer["items"][1]["dusun"] == "B"


def test_the_past_is_asked_for_by_batch_or_day(client: FlaskClient, filled: Village) -> None:
    past = items(client, f"desa={KODE_DESA}&per=1")
    assert [(it["id"], it["dusun"]) for it in past] == [
        ("1", "A"),
        ("2", "A"),
        ("3", None),
        ("10", "B"),
    ]
    assert len(items(client, "tanggal=2026-11-19")) == 0
    assert len(items(client, "tanggal=2026-11-20")) == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sex=1", ["2", "10"]),
        ("sex=1&dusun=B", ["2", "10"]),
        ("tanggal_lahir=1980-01-01", ["1"]),
        ("tanggal_lahir=-", ["2", "10"]),
        ("urut=tanggal_lahir", ["1", "2", "10"]),
        ("urut=dusun&arah=turun", ["2", "10", "1"]),
        ("urut=sex&arah=naik", ["2", "10", "1"]),
    ],
)
def test_lists_are_filtered_and_sorted(
    client: FlaskClient, filled: Village, query: str, expected: list[str]
) -> None:
    assert ids(client, query) == expected


@pytest.mark.parametrize("sort", ["", "urut=dusun", "urut=dusun&arah=turun", "urut=tanggal_lahir"])
def test_pages_have_no_gaps_and_no_repeats(
    client: FlaskClient, filled: Village, sort: str
) -> None:
    whole = ids(client, sort)
    found, after = [], ""
    for _ in range(10):
        answer = client.get(f"/v1/data/penduduk?{sort}&batas=1{after}").get_json()
        found += [it["id"] for it in answer["items"]]
        if answer["berikut"] is None:
            break
        after = f"&setelah={answer['berikut']}"
    assert found == whole


def test_nothing_that_must_not_be_seen_is_in_it(client: FlaskClient, filled: Village) -> None:
    answer = client.get("/v1/data/penduduk")
    (first, *_) = answer.get_json()["items"]
    assert NIK not in answer.text
    assert first["nik"] == "530614••••••••••"
    assert "agama_id" not in first
    assert "tag_id_card" not in first
    assert HIDDEN not in answer.text


@pytest.mark.parametrize(
    "query",
    ["nama=SITI", f"nik={NIK}", "agama_id=1", "urut=nama", "urut=nik", "urut=x", "sex=abc",
     "per=1", f"desa={KODE_DESA}&per=99", "setelah=x", "batas=0", "batas=1001", "format=xml",
     "desa=5306", "tanggal=besok", "arah=miring"],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(client: FlaskClient, web: Web, query: str) -> None:
    web.village("53.06.14.2002")
    web.village("53.06.14.2001")
    answer = client.get(f"/v1/data/penduduk?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"]["query"]


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("tanggal=besok", "tanggal", "Bukan tanggal, seperti 2026-11-24."),
        ("per=abc", "per", "Bukan bilangan bulat."),
        ("per=0", "per", f"Harus dari 1 sampai {2**63 - 1}."),
        ("batas=1001", "batas", "Harus dari 1 sampai 1000."),
        ("arah=miring", "arah", "Harus salah satu dari: naik, turun."),
        ("desa=5306", "desa", "Bentuknya tidak sesuai."),
        ("sex=1&sex=2", "sex", "Hanya boleh disebut sekali."),
        ("per=1&per=1", "per", "Hanya boleh disebut sekali."),
    ],
)
def test_what_is_wrong_is_told_in_indonesian(
    client: FlaskClient, filled: Village, query: str, name: str, sentence: str
) -> None:
    answer = client.get(f"/v1/data/penduduk?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"]["query"] == {name: [sentence]}


def test_a_desa_that_is_not_registered_is_not_there(client: FlaskClient, filled: Village) -> None:
    for more in ("", "&per=1", "&tanggal=2026-11-24", "&format=csv"):
        answer = client.get(f"/v1/data/penduduk?desa=53.06.14.2999{more}")
        assert (answer.status_code, answer.get_json()["code"]) == (404, "desa-unknown")
    assert items(client, f"desa={KODE}")


def test_a_cursor_of_another_list_is_none(client: FlaskClient, filled: Village) -> None:
    token = client.get("/v1/data/penduduk?batas=1").get_json()["berikut"]
    assert client.get(f"/v1/data/penduduk?urut=dusun&setelah={token}").status_code == 422


def test_a_csv_holds_all_and_computes_nothing(client: FlaskClient, filled: Village) -> None:
    answer = client.get("/v1/data/penduduk?format=csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [it["id"] for it in rows] == ["1", "2", "10"]
    assert rows[2]["nama"] == "'=1+1"
    assert rows[0]["nik"].startswith("530614•")
    assert answer.text.startswith("\ufeff")


def test_every_column_of_a_csv_has_a_name_of_its_own(
    client: FlaskClient, web: Web, village: Village
) -> None:
    for entity in (it for it in ENTITIES if it in SOUND):
        id_ = str(SOUND[entity][ENTITIES[entity].key])
        web.push(village, [Draft(entity, id_, "put", START, SOUND[entity])])
    web.follow()
    for entity in TABLES:
        answer = client.get(f"/v1/data/{entity}?format=csv").text.removeprefix("\ufeff")
        names, *rows = csv.reader(io.StringIO(answer))
        assert names[:3] == ["kode_desa", "id", "kiriman"], entity
        assert len(names) == len(set(names)), entity
        found = items(client, entity=entity)
        assert len(found) == 1, entity
        assert all(it.keys() == set(names) for it in found), entity
        own = [[it["kode_desa"], it["id"], str(it["kiriman"])] for it in found]
        assert [it[:3] for it in rows] == own, entity


def test_a_csv_goes_over_pages(client: FlaskClient, web: Web, village: Village) -> None:
    web.push(village, [penduduk(id_) for id_ in range(1, 2_503)])
    web.follow()
    text = client.get("/v1/data/penduduk?format=csv").text
    assert len(text.splitlines()) == 2_503


def test_every_entity_can_be_asked_for(client: FlaskClient, web: Web) -> None:
    kode_desa, pushes = next(iter(invented.villages()))
    village = web.village(kode_desa)
    for drafts in pushes[:10]:
        web.push(village, drafts)
    web.follow()
    for entity in ("penduduk", "keluarga", "wilayah", "peristiwa", "desa", "peristiwa_keluarga"):
        assert items(client, entity=entity)
    for entity in ("laporan", "surat", "pembangunan", "program_bantuan", "peserta_bantuan"):
        assert items(client, entity=entity) == []
    for entity in ("mutu", "mutasi_keluarga", "account", "x"):
        assert client.get(f"/v1/data/{entity}").status_code == 404


# --- who asks ------------------------------------------------------------------------------------


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_programs_send_name_and_password(web: Web, filled: Village) -> None:
    web.accounts.add("program", "Program", "auditor", KODE, PASSWORD)
    asked = web.app.test_client()
    assert asked.get("/v1/data/penduduk", headers=basic("program", PASSWORD)).status_code == 200
    for headers in ({}, basic("program", "x"), basic("nobody", PASSWORD)):
        answer = asked.get("/v1/data/penduduk", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert answer.mimetype == "application/problem+json"


def test_nobody_sees_another_desa(web: Web, filled: Village) -> None:
    web.village("53.06.14.2002")
    client = web.log_in("53.06.14.2002")
    assert items(client) == []
    assert client.get(f"/v1/data/penduduk?desa={KODE_DESA}").status_code == 404
    assert client.get(f"/v1/data/penduduk?desa={KODE}").status_code == 404


def test_of_an_official_the_nik_is_masked_and_the_faith_left_out(
    client: FlaskClient, web: Web, village: Village
) -> None:
    official = {**SOUND["aparatur"], "nik": NIK, "agama_id": 2}
    web.push(village, [Draft("aparatur", "1", "put", START, official)])
    web.follow()
    (found,) = items(client, "jenis_jabatan=1", "aparatur")
    assert found["nama"] == official["nama"]
    assert found["nik"] == "530614••••••••••"
    assert "agama_id" not in found


def test_budget_lines_are_narrowed_by_their_codes(
    client: FlaskClient, web: Web, village: Village
) -> None:
    line = SOUND["apbdes"]
    other = {**line, "id": "2", "kode_rekening": "5.1.1.01", "kode_kegiatan": "01.01.01"}
    web.push(
        village,
        [Draft("apbdes", str(it["id"]), "put", START, it) for it in (line, other)],
    )
    web.follow()
    (found,) = items(client, "tahun=2026&kode_kegiatan=01.01.01", "apbdes")
    assert (found["id"], found["anggaran"]) == ("2", "24000000.50")


def test_who_pushed_reads_what_was_pushed(web: Web, client: FlaskClient, filled: Village) -> None:
    web.push(filled, [penduduk(11, "BARU")])
    coming = threading.Timer(0.2, web.follow)
    coming.start()
    assert "11" in ids(client, f"desa={KODE_DESA}&sampai=4")
    coming.join()
    assert "11" in ids(client, f"desa={KODE_DESA}&sampai=2")


def test_a_batch_that_does_not_come_in_time_is_asked_for_again_later(
    web: Web, client: FlaskClient, filled: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.data.asked.wait_for", partial(wait_for, within_s=0.1))
    web.push(filled, [penduduk(11, "BARU")])
    answer = client.get(f"/v1/data/penduduk?desa={KODE_DESA}&sampai=4")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "not-followed")
    assert answer.mimetype == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"desa={KODE_DESA}&sampai=4", 404),
        (f"desa={KODE_DESA}&sampai=0", 422),
        ("sampai=1", 422),
        ("desa=53.06.15.2001&sampai=1", 404),
    ],
)
def test_what_cannot_be_waited_for(
    client: FlaskClient, filled: Village, query: str, status: int
) -> None:
    assert client.get(f"/v1/data/penduduk?{query}").status_code == status
