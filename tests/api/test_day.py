"""A village as of a day: what came by its end, with the ages of that day."""

import html
import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import Web
from tests.api.markup import text
from tests.simulator import KODE_DESA, START, penduduk

OTHER = "53.06.14.2002"
HERE = f"/desa/{KODE_DESA}"
BEFORE = "2026-11-19"
DAYS = pytest.mark.parametrize("day", ["2026-11-22", "2026-11-25", "2026-12-01", "2026-12-03"])
"""Before SITI is 25, after it, after the second desa began, and after the newest batch of all."""


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """Two desa on the 20th and ten days later; on the 23rd, when nothing comes, SITI is 25."""
    first, second = shared_web.village(), shared_web.village(OTHER)
    shared_web.push(first, [penduduk(1, "SITI", tanggal_lahir="2001-11-23")])
    shared_web.now.time = START + timedelta(days=10)
    shared_web.push(first, [penduduk(2, "BUDI", sex=1, tanggal_lahir="1980-05-17")])
    shared_web.push(second, [penduduk(1, "RINA", tanggal_lahir="2001-11-28")])
    shared_web.now.time = START + timedelta(days=15)
    shared_web.follow()
    return shared_web.log_in(role="camat")


def counted(client: FlaskClient, address: str) -> dict[str, int]:
    """How many people a statistic's file has of each category, and in all."""
    found = json.loads(client.get(f"{address}&format=json").text)
    return {line[1]: line[2] for line in found["baris"]}


@DAYS
def test_the_desa_together_are_the_kecamatan(client: FlaskClient, day: str) -> None:
    said = f"nama=umur&tanggal={day}"
    region = counted(client, f"/statistik?{said}")
    desa = [counted(client, f"/desa/{kode}/statistik?{said}") for kode in (KODE_DESA, OTHER)]
    assert region == {label: sum(it[label] for it in desa) for label in region}
    assert region["TOTAL"] == (1 if day < "2026-11-30" else 3)


def test_ages_are_those_of_the_day_and_not_of_its_batch(client: FlaskClient) -> None:
    for day, band, age in (("2026-11-22", "20-24", 24), ("2026-11-25", "25-29", 25)):
        found = counted(client, f"{HERE}/statistik?nama=umur&tanggal={day}")
        assert [it for it, count in found.items() if count] == [band, "JUMLAH", "TOTAL"]
        listed = client.get(f"{HERE}/penduduk?tanggal={day}&format=json").get_json()
        assert listed["baris"][0][listed["kolom"].index("Umur")] == age


@DAYS
def test_the_numbers_of_a_day_lead_to_their_people(client: FlaskClient, day: str) -> None:
    page = client.get(f"{HERE}/statistik?nama=umur&tanggal={day}").text
    table = page.split("<main", 1)[1]
    links = re.findall(r'<a href="([^"]*/statistik/rincian[^"]*)">([0-9.]+)</a>', table)
    assert links
    for href, count in links:
        assert f"tanggal={day}" in href
        assert "per=" not in href
        assert f"<b>{count}</b>" in client.get(html.unescape(href)).text, (href, count)


@pytest.mark.parametrize("page", ["/", "/statistik", "/laporan-bulanan", "/data/penduduk"])
def test_the_kecamatan_leads_to_a_desa_on_the_same_day(client: FlaskClient, page: str) -> None:
    answer = client.get(f"{page}?tanggal=2026-11-25").text.split("<main", 1)[1]
    links = [it for it in re.findall(r'href="([^"]*)"', answer) if it.startswith("/desa/")]
    links = [it for it in links if "/kiriman" not in it]
    assert links
    assert all("tanggal=2026-11-25" in it for it in links)


@pytest.mark.parametrize(
    "page",
    [
        "statistik?nama=umur",
        "statistik?nama=agama",
        "penduduk?",
        "data/penduduk?",
        "wilayah?",
        "laporan-bulanan?",
        "mutu?",
        "apbdes?",
    ],
)
def test_before_the_first_batch_there_is_nobody(client: FlaskClient, page: str) -> None:
    address = f"{HERE}/{page}&tanggal={BEFORE}"
    said = text(client.get(address))
    assert "belum ada kiriman masa lalu" in said
    assert "SITI" not in said
    listed = client.get(f"{address}&format=json").get_json()
    counts = [it for row in listed["baris"] for it in row[2:] if isinstance(it, int)]
    assert not any(counts)
    assert "SITI" not in client.get(f"{address}&format=csv").text


def test_a_day_is_told_on_the_page_and_in_its_file(client: FlaskClient) -> None:
    said = text(client.get(f"{HERE}/penduduk?tanggal=2026-11-25"))
    assert "Keadaan per 25 Nov 2026 · kiriman ke-1" in said
    file = client.get(f"{HERE}/penduduk?tanggal=2026-11-25&format=csv")
    assert f"penduduk-{KODE_DESA}-2026-11-25.csv" in file.headers["Content-Disposition"]
    # The newest batch is the past as well, on a day that is not today.
    assert "masa lalu" in text(client.get(f"{HERE}/penduduk?tanggal=2026-12-03"))
    assert "masa lalu" not in text(client.get(f"{HERE}/penduduk"))
