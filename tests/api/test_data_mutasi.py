"""/v1/data/mutasi: the monthly account of the population, for programs."""

import csv
import io
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger import Draft
from tests.api.conftest import Web
from tests.ledger.catalogue.records import SOUND
from tests.projections import invented
from tests.simulator import KODE, KODE_DESA, START, Village, penduduk

OTHER = "53.06.14.2002"
FLOWS = ("lahir", "mati", "datang", "hilang", "koreksi")


@pytest.fixture(scope="module")
def villages(shared_web: Web) -> FlaskClient:
    """Two villages of another program's making, with all their pushes."""
    for kode_desa, pushes in list(invented.villages())[:2]:
        village = shared_web.village(kode_desa)
        for drafts in pushes:
            shared_web.push(village, drafts)
    shared_web.follow()
    return shared_web.log_in()


@pytest.fixture
def small(web: Web, village: Village) -> FlaskClient:
    """Three people; one moves to another kecamatan, one goes for a while, in the second batch."""
    web.push(village, [penduduk(it, sex=2) for it in (1, 2, 3)])
    web.push(
        village,
        [
            penduduk(2, sex=2, status_dasar=3),
            penduduk(3, sex=2, status_dasar=6),
            left(1, id_pend=2, jenis="pindah_keluar", kode=3, ref_pindah=2),
            left(2, id_pend=3, jenis="pergi", kode=6, ref_pindah=None),
        ],
    )
    web.follow()
    return web.log_in()


def left(id_: int, **stated: object) -> Draft:
    data = {**SOUND["peristiwa"], "id": id_, "tgl_lapor": "2026-11-20", **stated}
    return Draft("peristiwa", str(id_), "put", START, data)


def asked(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/v1/data/mutasi?{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def rows(item: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {it["nama"]: it for it in (*item["baris"], *item["rincian_pindah"])}


def kinds(row: dict[str, int]) -> dict[str, int]:
    return {it: row[it.lower()] for it in ("WNI_L", "WNI_P", "WNA_L", "WNA_P")}


def test_every_month_is_that_of_the_independent_account(villages: FlaskClient) -> None:
    truth = invented.account()
    begun: set[str] = set()
    compared = 0
    for item in asked(villages, "rinci=desa"):
        expected = truth[item["kode"]]["menurut_tgl_lapor"].get(item["bulan"])
        if expected is None:  # the other program ends earlier
            continue
        ours = rows(item)
        # The other program has those of the first push as pendatang, ours as having been there.
        names = ("akhir", "awal", *FLOWS) if item["kode"] in begun else ("akhir",)
        begun.add(item["kode"])
        for name in names:
            found = kinds(ours[name]) if name in ours else dict.fromkeys(expected[name], 0)
            assert found == expected[name], (item["kode"], item["bulan"], name)
            compared += 1
        moved = {str(it): ours[f"pindah-{it}"]["jumlah"] for it in (1, 2, 3, 4)}
        assert moved == expected["rincian_pindah"]
    assert begun == {KODE_DESA, OTHER}
    assert compared > 2 * 24 * len(FLOWS)


def test_each_month_goes_on_where_the_one_before_ended(villages: FlaskClient) -> None:
    months = asked(villages, f"desa={KODE_DESA}")
    assert len(months) > 24
    for before, after in pairwise(months):
        assert kinds(rows(before)["akhir"]) == kinds(rows(after)["awal"])
        assert before["bulan"] < after["bulan"]


def test_families_are_counted_beside_people(villages: FlaskClient) -> None:
    for kode, told in invented.account().items():
        if kode not in {KODE_DESA, OTHER}:
            continue
        months = asked(villages, f"desa={kode}")
        assert [rows(it)["awal"]["kk"] for it in months[1:]] == [
            rows(it)["akhir"]["kk"] for it in months[:-1]
        ]
        last = rows(months[-1])["akhir"]
        assert {"L": last["kk_l"], "P": last["kk_p"]} == told["keluarga_aktif"]
        assert last["kk"] == last["kk_l"] + last["kk_p"]


def test_a_region_is_its_desa_together(villages: FlaskClient) -> None:
    together = {it["bulan"]: rows(it) for it in asked(villages)}
    sums = dict.fromkeys(together, 0)
    for it in asked(villages, "rinci=desa"):
        sums[it["bulan"]] += rows(it)["akhir"]["jumlah"]
    assert sums == {bulan: it["akhir"]["jumlah"] for bulan, it in together.items()}
    assert {it["kode"] for it in asked(villages)} == {KODE}


def test_how_far_people_moved_comes_to_the_row_of_those_who_left(small: FlaskClient) -> None:
    (month,) = asked(small, "bulan=2026-11")
    found = {name: it["perempuan"] for name, it in rows(month).items() if it["perempuan"]}
    assert found == {"awal": 3, "pindah-pergi": 2, "pindah-2": 1, "pindah-0": 1, "akhir": 1}
    assert month["turunan"] == 3  # whom the desa had before its first event
    assert month["turunan_kk"] == 0  # nobody of them names a family


def test_the_past_is_of_a_batch_or_a_day(web: Web, small: FlaskClient) -> None:
    (then,) = asked(small, f"desa={KODE_DESA}&per=1&bulan=2026-11")
    assert rows(then)["akhir"]["jumlah"] == 3
    day = web.services.today() - timedelta(days=1)
    answer = small.get(f"/v1/data/mutasi?tanggal={day}").get_json()
    assert answer == {"items": [], "per": [{"kode_desa": KODE_DESA, "kiriman": 0}]}
    assert asked(small, "bulan=2020-01") == []


def test_a_file_has_the_same_numbers(villages: FlaskClient) -> None:
    answer = villages.get("/v1/data/mutasi?format=csv&rinci=desa&bulan=2026-10")
    assert answer.content_type.startswith("text/csv")
    told = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    items = asked(villages, "rinci=desa&bulan=2026-10")
    assert {it["kode"] for it in told} == {KODE_DESA, OTHER}
    assert [int(it["jumlah"]) for it in told] == [
        row["jumlah"] for item in items for row in (*item["baris"], *item["rincian_pindah"])
    ]


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("bulan=2026", "bulan"),
        ("bulan=2026-13", "bulan"),
        ("rinci=dusun", "rinci"),
        ("tanggal=2999-01-01", "tanggal"),
        ("per=1", "per"),
        ("jenis=lahir", "jenis"),
        ("bulan=2026-10&bulan=2026-11", "bulan"),
    ],
)
def test_what_cannot_be_asked_is_told(villages: FlaskClient, query: str, member: str) -> None:
    answer = villages.get(f"/v1/data/mutasi?{query}")
    assert answer.status_code == 422, answer.text
    assert list(answer.get_json()["errors"]["query"]) == [member]


def test_nobody_asks_beyond_their_scope(web: Web, small: FlaskClient) -> None:
    assert small.get("/v1/data/mutasi?desa=53.07").status_code == 404
    assert small.get("/v1/data/mutasi?desa=53.06.14.2099").status_code == 404
    assert web.app.test_client().get("/v1/data/mutasi").status_code == 401
