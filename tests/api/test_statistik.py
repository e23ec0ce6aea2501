"""The pages of statistics: what came about month by month, and what is beside the counts."""

import html
import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import Web
from tests.api.markup import text
from tests.simulator import KODE_DESA, START, penduduk

LATER = timedelta(days=31)
VOTES = {"status": 1, "warganegara_id": 1, "dusun": "MAWAR"}
PAGES = pytest.mark.parametrize("page", ["/statistik", f"/desa/{KODE_DESA}/statistik"])


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """Three months, in the second of which INA becomes 17 and RINA is there."""
    village = shared_web.village()
    shared_web.push(
        village,
        [
            penduduk(1, "INA", tanggal_lahir="2009-12-03", status_kawin=1, agama_id=1, **VOTES),
            penduduk(2, "BUDI", sex=1, tanggal_lahir="1980-05-17", agama_id=1, **VOTES),
        ],
    )
    shared_web.now.time = START + LATER
    shared_web.push(village, [penduduk(3, "RINA", tanggal_lahir="1990-01-01", agama_id=99)])
    shared_web.now.time = START + 2 * LATER
    shared_web.follow()
    return shared_web.log_in(role="camat")


def months(client: FlaskClient, address: str) -> dict[str, list[int]]:
    """The file of a statistic's months, by category."""
    found = json.loads(client.get(f"{address}&isi=bulanan&format=json").text)
    assert found["kolom"] == ["Kelompok", "2026-11", "2026-12", "2027-01"][: len(found["kolom"])]
    return {label: counts for label, *counts in found["baris"]}


@PAGES
def test_what_depends_on_the_day_is_counted_month_by_month_when_asked(
    client: FlaskClient, page: str
) -> None:
    address = f"{page}?nama=umur-kerja"
    first = client.get(address).text
    assert "Angkanya sebagai tabel" not in first
    assert f'href="{html.escape(address)}&amp;bulanan=1#bulanan"' in first
    counted = client.get(f"{address}&bulanan=1").text
    assert '<svg class="garis"' in counted
    assert months(client, f"{page}?nama=ktp&bulanan=1")["TOTAL"] == [1, 3, 3]


@PAGES
def test_what_is_kept_by_batch_has_its_months_without_asking(
    client: FlaskClient, page: str
) -> None:
    assert "Angkanya sebagai tabel" in client.get(f"{page}?nama=agama").text
    found = months(client, f"{page}?nama=agama")
    assert found == {"ISLAM": [2, 2], "BELUM MENGISI": [0, 1], "TOTAL": [2, 3]}


@PAGES
@pytest.mark.parametrize("name", ["agama", "ktp", "calon-pemilih"])
def test_the_numbers_of_the_months_lead_to_their_people(
    client: FlaskClient, page: str, name: str
) -> None:
    said = client.get(f"{page}?nama={name}&bulanan=1").text
    table = said.split('aria-label="Tabel dari bulan ke bulan"')[1].split("</table>")[0]
    links = re.findall(r'<td class="a"><a href="([^"]*)">([0-9.]+)</a>', table)
    assert len(links) >= 3
    for href, count in links:
        assert f"<b>{count}</b>" in client.get(html.unescape(href)).text, (href, count)


def test_the_months_of_a_past_page_end_there(client: FlaskClient) -> None:
    assert months(client, "/statistik?nama=ktp&bulanan=1&tanggal=2026-12-22")["TOTAL"] == [1, 3]
    for page in ("/statistik?tanggal=2026-11-25", f"/desa/{KODE_DESA}/statistik?per=1"):
        assert months(client, f"{page}&nama=ktp&bulanan=1")["TOTAL"] == [1]
        said = text(client.get(f"{page}&nama=ktp&bulanan=1"))
        assert "Garis digambar sejak ada data dari dua bulan" in said


def test_another_file_of_the_same_page_is_as_it_was(client: FlaskClient) -> None:
    found = json.loads(client.get("/statistik?nama=ktp&bulanan=1&format=json").text)
    assert found["kolom"][:3] == ["No", "Kelompok", "Jumlah"]


@PAGES
def test_men_and_women_have_their_shares_of_the_total(client: FlaskClient, page: str) -> None:
    said = text(client.get(f"{page}?nama=agama"))
    assert "ISLAM 2 66,67% 1 33,33% 1 33,33%" in said
    assert "TOTAL 3 100,00% 1 33,33% 2 66,67%" in said
    found = json.loads(client.get(f"{page}?nama=agama&format=json").text)
    assert found["kolom"][2:8] == [
        "Jumlah", "Persen", "Laki-laki", "Persen laki-laki", "Perempuan", "Persen perempuan",
    ]  # fmt: skip
    assert found["baris"][-1][2:8] == [3, "100.00", 1, "33.33", 2, "66.67"]


def test_a_desa_says_where_those_without_a_dusun_are_counted(client: FlaskClient) -> None:
    page = client.get(f"/desa/{KODE_DESA}/statistik?nama=agama")
    assert "Siapa yang hanya menyebut ID wilayah ada di dusunnya pada" in text(page)
    assert f'href="/desa/{KODE_DESA}/wilayah"' in page.text
    assert "ID wilayah" not in text(client.get("/statistik?nama=agama"))


def test_a_dusun_is_found_in_any_spelling(client: FlaskClient) -> None:
    of_desa = f"/desa/{KODE_DESA}"
    for address in (
        f"{of_desa}/penduduk?dusun=Mawar&format=json",
        f"{of_desa}/data/penduduk?dusun=%20mawar&format=json",
        f"{of_desa}/statistik/rincian?nama=umur&dusun=mawar&format=json",
        "/v1/data/penduduk?dusun=Mawar&format=json",
    ):
        found = client.get(address).text
        assert all(name in found for name in ("INA", "BUDI")), address
        assert "RINA" not in found, address
