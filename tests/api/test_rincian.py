"""The lists behind numbers: each row leads to where the desa stated it, and all go as files."""

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from api.staff.views import rincian
from ledger import Draft
from tests.api.conftest import Web
from tests.simulator import KODE, KODE_DESA, START, penduduk

OTHER = f"{KODE}.2002"
NIK = "5306140101800001"
REGION, VILLAGE = (
    "/statistik/rincian?nama=pekerjaan",
    f"/desa/{KODE_DESA}/statistik/rincian?nama=pekerjaan",
)
PLACES = f"/desa/{KODE_DESA}/wilayah/rincian?dusun=MAWAR"
LISTS = pytest.mark.parametrize("address", [REGION, VILLAGE, PLACES])


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """Two villages; SITI is stated in the second batch again, in its line 201."""
    village, other = shared_web.village(), shared_web.village(OTHER)
    aid = {"id": 5, "nama": "BLT", "sasaran": 1}
    takes_part = {"id": 6, "program_id": 5, "peserta": "9999999999999999", "sasaran": 1}
    shared_web.push(
        village,
        [
            penduduk(1, "SITI AMINAH", pekerjaan_id=1, dusun="MAWAR"),
            Draft("program_bantuan", "5", "put", START, aid),
            Draft("peserta_bantuan", "6", "put", START, takes_part),
        ],
    )
    shared_web.now.time += timedelta(days=1)
    others = [penduduk(id_, "ZAKARIA", status_dasar=2) for id_ in range(10, 210)]
    shared_web.push(
        village, [*others, penduduk(1, "SITI AMINAH", pekerjaan_id=3, dusun="MAWAR", nik=NIK)]
    )
    shared_web.push(other, [penduduk(1, "=BUDI", pekerjaan_id=3, sex=1)])
    shared_web.now.time += timedelta(days=1)
    shared_web.follow()
    return shared_web.log_in(role="camat")


@LISTS
def test_a_row_leads_to_the_line_that_stated_it(client: FlaskClient, address: str) -> None:
    batch = re.search(
        rf'href="(/desa/{KODE_DESA}/kiriman/2[^"]*)#baris-201"', client.get(address).text
    )
    assert batch
    page = client.get(unescape(batch[1])).text
    assert 'id="baris-201"' in page
    assert f"/desa/{KODE_DESA}/penduduk/1" in page.split('id="baris-201"')[1]


def test_in_the_past_it_is_the_line_of_then(client: FlaskClient) -> None:
    assert re.search(
        rf'/desa/{KODE_DESA}/kiriman/1[^"]*#baris-1"', client.get(f"{VILLAGE}&per=1").text
    )


def test_who_is_not_among_the_people_was_stated_by_no_line_of_theirs(client: FlaskClient) -> None:
    page = client.get("/statistik/rincian?nama=peserta-program").text
    assert "(bukan penduduk yang terdata)" in page
    assert "/kiriman/" not in page.split("<main", 1)[1]


@LISTS
def test_a_list_is_taken_along_whole_and_masked(client: FlaskClient, address: str) -> None:
    assert f"{address}&amp;format=xlsx" in client.get(address).text
    found = json.loads(client.get(f"{address}&format=json").text)
    rows = [dict(zip(found["kolom"], it, strict=True)) for it in found["baris"]]
    assert len(rows) == (2 if address == REGION else 1)
    siti = rows[-1]
    assert (siti["No"], siti["Nama"], siti["Dusun"]) == (len(rows), "SITI AMINAH", "MAWAR")
    assert siti["NIK"] == "530614••••••••••"
    assert (siti["Kiriman ke-"], siti["Baris"]) == (2, 201)
    assert siti.get("Kelompok", "PELAJAR/MAHASISWA") == "PELAJAR/MAHASISWA"


def test_a_file_holds_the_rows_that_the_page_counts(client: FlaskClient) -> None:
    narrowed = f"/statistik/rincian?nama=pekerjaan&kategori=3&sex=1&desa={OTHER}"
    answer = client.get(f"{narrowed}&format=csv")
    assert f'filename="rincian-pekerjaan-{OTHER}.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert [(it["Nama"], it["Desa"], it["Jenis kelamin"]) for it in rows] == [
        ("'=BUDI", "Desa 2002", "LAKI-LAKI")
    ]
    said = json.loads(client.get(f"{narrowed}&format=json").text)["keterangan"]
    assert "PELAJAR/MAHASISWA · laki-laki" in said


def test_a_file_that_does_not_hold_all_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = json.loads(client.get(f"{REGION}&format=json").text)["keterangan"]
    monkeypatch.setattr(rincian, "MOST_EXPORTED", 1)
    found = json.loads(client.get(f"{REGION}&format=json").text)
    assert len(found["baris"]) == 1
    assert found["keterangan"] == [*whole, "Hanya 1 baris pertama dari 2"]


@LISTS
def test_only_who_may_see_the_list_may_take_it_along(shared_web: Web, address: str) -> None:
    administrator = shared_web.log_in(role="administrator")
    assert administrator.get(f"{address}&format=csv").status_code == 403


@pytest.mark.parametrize("nama", ["agama", "hamil", "pus", "sakit-menahun"])
def test_whoever_a_protected_statistic_counts_is_not_named(client: FlaskClient, nama: str) -> None:
    for here in ("/statistik/rincian", f"/desa/{KODE_DESA}/statistik/rincian"):
        page = client.get(f"{here}?nama={nama}")
        assert page.status_code == 200
        assert "Nama-namanya tidak ditampilkan" in page.text
        taken = client.get(f"{here}?nama={nama}&format=json").text
        assert json.loads(taken)["baris"] == []
        assert "SITI" not in page.text + taken


def test_how_many_a_protected_statistic_counts_is_told(client: FlaskClient) -> None:
    page = client.get("/statistik/rincian?nama=agama&baris=belum_mengisi").text
    assert "<b>2</b> orang" in page
    assert "SITI AMINAH" in client.get("/statistik/rincian?nama=umur").text
