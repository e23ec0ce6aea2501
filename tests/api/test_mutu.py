"""The pages of data quality: of one kind of finding, and of the whole office."""

import html
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from api.format import number
from ledger import Draft
from projections.queries.mutu import kinds
from tests.api.conftest import Web
from tests.api.markup import text
from tests.simulator import KODE, KODE_DESA, START, penduduk

HERE = f"/desa/{KODE_DESA}"
OTHER = "53.06.14.2002"
NIK = "5306144107800001"
KIND = f"{HERE}/mutu/penduduk/nik-bukan-angka?kolom=nik"


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """A camat of two villages; one mends what was wrong with a person, days after."""
    village, other = shared_web.village(), shared_web.village(OTHER)
    people = [penduduk(it, f"ORANG {it}", sex=1) for it in range(1, 301)]
    doubtful = penduduk(301, "SITI AMINAH", nik="ABC")
    card = Draft("keluarga", "5", "put", START, {"id": 5})
    shared_web.push(village, [*people, doubtful, card])
    twins = [penduduk(it, nik="5306144108800002") for it in (2, 3)]
    shared_web.push(other, [penduduk(1, nik="ABC"), *twins])
    shared_web.now.time += timedelta(days=3)
    shared_web.push(village, [penduduk(301, "SITI AMINAH", nik=NIK)])
    shared_web.now.time += timedelta(days=2)
    shared_web.follow()
    return shared_web.log_in(role="camat")


# --- one kind ------------------------------------------------------------------------------------


def test_a_finding_says_the_row_that_stated_it(client: FlaskClient) -> None:
    page = client.get(f"{KIND}&per=1")
    assert "kiriman ke-1, baris 301" in text(page)
    (href,) = re.findall(r'href="([^"]+)#baris-301"', page.text)
    assert 'id="baris-301"' in client.get(html.unescape(href)).text


def test_records_of_every_entity_are_linked(client: FlaskClient) -> None:
    page = client.get(f"{HERE}/mutu").text
    links = re.findall(rf'href="({HERE}/mutu/keluarga/[^"]+)"', page)
    assert links
    for link in links:
        found = client.get(html.unescape(link)).text
        assert f'href="{HERE}/data/keluarga/5"' in found
    assert client.get(f"{HERE}/data/keluarga/5").status_code == 200


def test_a_kind_of_finding_in_the_past_says_so(client: FlaskClient) -> None:
    past = client.get(f"{KIND}&per=1")
    assert "<mark>masa lalu</mark>" in past.text
    assert f'href="{html.escape(KIND)}"' in past.text
    assert f'href="{HERE}/penduduk/301?per=1"' in past.text


def test_a_kind_that_was_mended_is_a_page_without_records(client: FlaskClient) -> None:
    said = text(client.get(KIND))
    assert "Tidak ada temuan ini." in said
    assert "masa lalu" not in said
    nobody = text(client.get(f"{HERE}/mutu/penduduk/nik-ganda"))
    assert "Tidak ada temuan ini." in nobody


@pytest.mark.parametrize(
    "kind", ["penduduk/x", "x/y", "keluarga/nik-ganda", "keluarga/nik-bukan-angka?kolom=nik",
             "penduduk/nik-bukan-angka"],
)  # fmt: skip
def test_a_kind_that_never_was_is_not_there(client: FlaskClient, kind: str) -> None:
    assert client.get(f"{HERE}/mutu/{kind}").status_code == 404
    assert client.get(f"{HERE}/mutu/{kind.partition('?')[0]}?format=csv").status_code == 404


def test_the_last_page_of_a_kind_leads_back_to_the_first(client: FlaskClient) -> None:
    page = client.get(f"{KIND}&per=1&setelah=301").text
    assert "Tidak ada lagi sesudah itu." in page
    assert f'href="{html.escape(KIND)}&amp;per=1">← Dari awal' in page


def test_a_kind_is_taken_along(client: FlaskClient) -> None:
    told = client.get(f"{KIND}&per=1&format=json").get_json()
    (row,) = (dict(zip(told["kolom"], it, strict=True)) for it in told["baris"])
    assert (row["ID di OpenSID"], row["Kolom"], row["Kiriman ke-"], row["Baris ke-"]) == (
        "301",
        "NIK",
        1,
        301,
    )
    assert client.get(f"{KIND}&per=1&format=xlsx").data[:2] == b"PK"
    csv = client.get(f"{KIND}&per=1&format=csv")
    assert csv.headers["Content-Disposition"].endswith(
        '"mutu-53.06.14.2001-penduduk-nik-bukan-angka.csv"'
    )
    assert NIK not in csv.text


# --- the whole office ----------------------------------------------------------------------------


def counted(web: Web, kode: str, batch: int) -> list[int]:
    """How many findings a desa has as of a batch: severe, warning, notice, all."""
    with web.databases.reader.connect() as tx:
        found = kinds(tx, kode, batch)
    of = [
        sum(it.jumlah for it in found if it.severity == severity)
        for severity in ("severe", "warning", "notice")
    ]
    return [*of, sum(of)]


def test_the_office_has_the_counts_of_each_desa_and_their_sum(
    shared_web: Web, client: FlaskClient
) -> None:
    page = client.get("/mutu")
    said = text(page)
    told = client.get("/mutu?format=json").get_json()
    own, other = counted(shared_web, KODE_DESA, 2), counted(shared_web, OTHER, 1)
    total = [one + two for one, two in zip(own, other, strict=True)]
    assert told["baris"] == [
        [KODE_DESA, "Desa 2001", *own],
        [OTHER, "Desa 2002", *other],
        [KODE, "JUMLAH", *total],
    ]
    assert f"JUMLAH {' '.join(map(number, total))}" in said
    assert f'href="{HERE}/mutu"' in page.text
    assert client.get("/mutu?format=xlsx").data[:2] == b"PK"
    assert client.get("/mutu?format=csv").text.count("\r\n") == 4


def test_the_office_as_of_a_day_leads_to_each_desa_as_of_the_same(
    shared_web: Web, client: FlaskClient
) -> None:
    day = START.date() + timedelta(days=1)
    page = client.get(f"/mutu?tanggal={day}")
    assert "<mark>masa lalu</mark>" in page.text
    assert f'href="{HERE}/mutu?tanggal={day}"' in page.text
    told = client.get(f"/mutu?tanggal={day}&format=json").get_json()
    assert told["baris"][0][2:] == counted(shared_web, KODE_DESA, 1)


def listed(client: FlaskClient, kode: str, query: str = "") -> int:
    """How many findings the page of a desa has."""
    told = re.search(r"([\d.]+) temuan dalam", text(client.get(f"/desa/{kode}/mutu{query}")))
    assert told
    return int(told[1].replace(".", ""))


def test_what_takes_several_records_is_counted_when_asked_for_as_each_desa_does(
    shared_web: Web, client: FlaskClient
) -> None:
    plain, page = client.get("/mutu"), client.get("/mutu?antar=1")
    assert "Belum termasuk temuan yang baru tampak dari beberapa catatan" in text(plain)
    assert 'href="/mutu?antar=1"' in plain.text
    assert "jumlahnya sama dengan di halaman tiap desa" in text(page)
    assert 'href="/mutu"' in page.text
    told = client.get("/mutu?antar=1&format=json").get_json()
    *rows, total = [row[2:] for row in told["baris"]]
    own, other = (listed(client, it) for it in (KODE_DESA, OTHER))
    assert [row[-1] for row in rows] == [own, other]
    assert total[-1] == own + other
    *_, alone = counted(shared_web, OTHER, 1)
    # The twins, and whoever had the NIK of somebody elsewhere when the batch came.
    assert other == alone + 3
    assert "Termasuk temuan" in " ".join(map(str, told["keterangan"]))

    day = START.date() + timedelta(days=1)
    told = client.get(f"/mutu?antar=1&tanggal={day}&format=json").get_json()
    then = [listed(client, it, f"?tanggal={day}") for it in (KODE_DESA, OTHER)]
    assert [row[-1] for row in told["baris"][:2]] == then
    assert f"tanggal={day}" in client.get(f"/mutu?antar=1&tanggal={day}").text


def test_an_operator_has_the_own_desa_alone(shared_web: Web, client: FlaskClient) -> None:
    told = shared_web.log_in(OTHER, "operator").get("/mutu?format=json").get_json()
    assert [it[0] for it in told["baris"]] == [OTHER, OTHER]
