"""/v1/data/statistik: the statistics of pages, for programs."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from projections.queries import statistik
from projections.queries.statistik import places, table
from projections.statistik import STATISTICS
from tests.api.conftest import Web
from tests.simulator import KODE, KODE_DESA, Village, deleted, penduduk

OTHER = "53.06.14.2002"


@pytest.fixture
def filled(web: Web, village: Village) -> Village:
    """Three people in two dusun, told in two batches; one more in another desa."""
    web.push(
        village,
        [
            penduduk(1, "SITI", agama_id=1, dusun="A", tanggal_lahir="1980-01-01"),
            penduduk(2, "BUDI", sex=1, agama_id=2, dusun="A", tanggal_lahir="1990-01-01"),
            penduduk(3, "ANI", agama_id=None, dusun="B", tanggal_lahir="2020-06-01"),
        ],
    )
    web.push(village, [penduduk(2, "BUDI", sex=1, agama_id=1, dusun="B"), deleted(3)])
    web.push(web.village(OTHER), [penduduk(1, "EKA", agama_id=1, dusun="C")])
    web.follow()
    return village


@pytest.fixture
def client(web: Web) -> FlaskClient:
    return web.log_in()


def asked(client: FlaskClient, name: str, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/v1/data/statistik/{name}?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def counts(told: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Whoever is counted, by category and foot: all, men, women."""
    lines = {it["nilai"]: it for it in told["kelompok"]}
    feet = {it: told[it] for it in ("jumlah", "belum_mengisi", "total")}
    found = {
        name: (it["jumlah"], it["laki_laki"], it["perempuan"])
        for name, it in {**lines, **feet}.items()
    }
    return {name: it for name, it in found.items() if any(it)}


def test_the_catalogue_names_every_statistic_with_its_categories(client: FlaskClient) -> None:
    items = client.get("/v1/data/statistik").get_json()["items"]
    assert [it["nama"] for it in items] == list(STATISTICS)
    by_name = {it["nama"]: it for it in items}
    assert by_name["agama"]["kelompok"][0] == {"nilai": "1", "judul": "ISLAM"}
    assert by_name["umur"]["judul"] == STATISTICS["umur"].title


def test_a_region_is_counted_together_and_by_desa(client: FlaskClient, filled: Village) -> None:
    told = asked(client, "agama", "rinci=desa")
    assert counts(told) == {"1": (3, 1, 2), "jumlah": (3, 1, 2), "total": (3, 1, 2)}
    assert {it["kode"]: counts(it)["1"] for it in told["bagian"]} == {
        KODE_DESA: (2, 1, 1),
        OTHER: (1, 0, 1),
    }
    assert told["per"] == [
        {"kode_desa": KODE_DESA, "kiriman": 2},
        {"kode_desa": OTHER, "kiriman": 1},
    ]


def test_a_desa_is_counted_as_of_a_batch_and_by_dusun(
    client: FlaskClient, filled: Village
) -> None:
    told = asked(client, "agama", f"desa={KODE_DESA}&per=1&rinci=dusun")
    assert counts(told) == {
        "1": (1, 0, 1),
        "2": (1, 1, 0),
        "jumlah": (2, 1, 1),
        "belum_mengisi": (1, 0, 1),
        "total": (3, 1, 2),
    }
    assert {it["kode"]: counts(it)["total"] for it in told["bagian"]} == {
        "A": (2, 1, 1),
        "B": (1, 0, 1),
    }
    assert told["per"] == [{"kode_desa": KODE_DESA, "kiriman": 1}]


def test_ages_are_of_the_day_that_is_asked_for(
    web: Web, client: FlaskClient, village: Village
) -> None:
    then = web.now().astimezone(web.services.zone).date()
    fifth_birthday = then + timedelta(days=100)
    born = fifth_birthday.replace(year=fifth_birthday.year - 5)
    web.push(village, [penduduk(1, "ANI", tanggal_lahir=born.isoformat())])
    web.follow()
    web.now.time += timedelta(days=200)
    for query, day, band in (
        ("", then + timedelta(days=200), "1"),
        (f"tanggal={fifth_birthday}", fifth_birthday, "1"),
        (f"tanggal={then}", then, "0"),
        (f"desa={KODE_DESA}&per=1", then, "0"),
        (f"desa={KODE_DESA}&per=1&tanggal={fifth_birthday}", fifth_birthday, "1"),
    ):
        told = asked(client, "umur", query)
        assert told["tanggal"] == day.isoformat()
        assert counts(told)[band] == (1, 0, 1), query
    before = asked(client, "umur", f"tanggal={then - timedelta(days=1)}")
    assert before["per"] == [{"kode_desa": KODE_DESA, "kiriman": 0}]
    assert counts(before) == {}


def test_every_statistic_is_that_of_the_pages(
    web: Web, client: FlaskClient, filled: Village
) -> None:
    for name in STATISTICS:
        told = asked(client, name)
        with web.databases.reader.connect() as tx:
            where = places(tx, KODE, None, statistik.read_models(name))
            page = table(tx, name, where, date.fromisoformat(told["tanggal"]))
        assert told["judul"] == page.statistic.title
        assert [(it["nilai"], it["judul"], it["jumlah"]) for it in told["kelompok"]] == [
            (*it.category, it.count.jumlah) for it in page.lines
        ]
        assert told["total"]["jumlah"] == page.total.jumlah


def test_a_file_has_a_line_for_each_category_of_each_part(
    client: FlaskClient, filled: Village
) -> None:
    answer = client.get("/v1/data/statistik/jenis-kelamin?format=csv&rinci=desa")
    assert answer.content_type.startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {it["kode"] for it in rows} == {KODE_DESA, OTHER}
    of_desa = {it["judul"]: it["jumlah"] for it in rows if it["kode"] == KODE_DESA}
    assert of_desa["JUMLAH"] == of_desa["TOTAL"] == "2"
    assert of_desa["BELUM MENGISI"] == "0"
    whole = client.get("/v1/data/statistik/jenis-kelamin?format=csv").text
    together = csv.DictReader(io.StringIO(whole.removeprefix("\ufeff")))
    assert {it["kode"]: it["jumlah"] for it in together} == {"": "3"}  # the last line is TOTAL


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("rinci=dusun", "rinci"),
        ("rinci=rt", "rinci"),
        ("per=1", "per"),
        (f"desa={KODE_DESA}&per=9", "per"),
        ("sampai=1", "sampai"),
        ("tanggal=1899-12-31", "tanggal"),
        ("tanggal=2999-01-01", "tanggal"),
        ("tanggal=kemarin", "tanggal"),
        ("agama=1", "agama"),
        (f"desa={KODE_DESA}&desa={OTHER}", "desa"),
    ],
)
def test_what_cannot_be_asked_is_told(
    client: FlaskClient, filled: Village, query: str, member: str
) -> None:
    answer = client.get(f"/v1/data/statistik/agama?{query}")
    assert answer.status_code == 422, answer.text
    assert list(answer.get_json()["errors"]["query"]) == [member]


def test_there_is_no_other_statistic_and_no_other_region(
    client: FlaskClient, filled: Village
) -> None:
    assert client.get("/v1/data/statistik/zodiak").status_code == 404
    assert client.get("/v1/data/statistik/agama?desa=53.07").status_code == 404
    assert client.get("/v1/data/statistik/agama?desa=53.06.14.2099").status_code == 404


def test_nobody_asks_without_a_name(web: Web, filled: Village) -> None:
    assert web.app.test_client().get("/v1/data/statistik").status_code == 401
    assert web.app.test_client().get("/v1/data/statistik/agama").status_code == 401
