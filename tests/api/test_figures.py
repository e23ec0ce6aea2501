"""The pages of figures: statistics, the monthly report, data quality."""

import html
import re
from collections import Counter
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from ledger import Draft
from projections.queries.kiriman import Rhythm, rhythm
from projections.statistik import STATISTICS
from tests.api.conftest import Web
from tests.api.markup import text
from tests.ledger.catalogue.records import SOUND
from tests.projections import invented
from tests.simulator import KODE, KODE_DESA, START, penduduk


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """A village of another program's making, with all its pushes."""
    kode_desa, pushes = next(iter(invented.villages()))
    assert kode_desa == KODE_DESA
    village = shared_web.village(kode_desa)
    for drafts in pushes:
        shared_web.push(village, drafts)
    shared_web.follow()
    return shared_web.log_in()


def test_every_statistic_has_a_page(client: FlaskClient) -> None:
    living = invented.account()[KODE_DESA]["penduduk_hidup"]
    for name, statistic in STATISTICS.items():
        said = text(client.get(f"/desa/{KODE_DESA}/statistik?nama={name}"))
        assert statistic.title in said
        assert "BELUM MENGISI" in said
    assert f"TOTAL {living} 100,00%" in text(client.get(f"/desa/{KODE_DESA}/statistik"))
    assert "Rasio ketergantungan" in text(client.get(f"/desa/{KODE_DESA}/statistik"))


def test_of_many_categories_those_without_people_are_shown_when_asked_for(
    client: FlaskClient,
) -> None:
    address = f"/desa/{KODE_DESA}/statistik?nama=pekerjaan"
    first, whole = text(client.get(address)), text(client.get(f"{address}&semua=1"))
    left_out = re.search(r"(\d+) kelompok tanpa orang tidak ditampilkan", first)
    assert left_out
    assert (
        len(re.findall(r" 0 0,00% 0 0,00% 0 0,00% ", whole)) == int(left_out[1]) + 1
    )  # and belum mengisi
    assert "tidak ditampilkan" not in whole


def test_a_statistic_of_the_past_is_of_the_past(client: FlaskClient) -> None:
    first = text(client.get(f"/desa/{KODE_DESA}/statistik?nama=jenis-kelamin&per=1"))
    assert "TOTAL 250 100,00%" in first
    assert "masa lalu" in first


def cells(row: str) -> list[int]:
    """The numbers of a row as it is printed; a stroke is 0."""
    printed = re.findall(r'<td class="a">(?:<a[^>]*>)?([0-9.\-]+)', row)
    return [int(it.replace(".", "") if it != "-" else 0) for it in printed]


def test_the_report_prints_every_month_of_the_account(client: FlaskClient) -> None:
    account = invented.account()[KODE_DESA]["menurut_tgl_lapor"]
    ended: list[int] = []
    for month, told in list(account.items())[1:]:
        page = client.get(f"/desa/{KODE_DESA}/laporan-bulanan?bulan={month}")
        rows = {name: cells(row) for name, row in re.findall(
            r'<th scope="row">(?:\w+/)?([^<]+?)(?: bulan ini)?</th>(.*?)</tr>', page.text
        )}  # fmt: skip
        total = {name: sum(told[name].values()) for name in ("awal", "lahir", "mati", "akhir")}
        left = sum(sum(told[name].values()) for name in ("pindah", "pergi"))
        assert rows["Keluarga awal"][6] == total["awal"]
        assert rows["Keluarga baru"][6] == total["lahir"]
        assert rows["Kematian"][6] == total["mati"]
        assert rows["Keluarga pergi"][6] == left
        assert rows["JUMLAH (baris 5)"][2] == left
        assert rows["Keluarga akhir"][6] == total["akhir"]
        families = [rows[it][9] for it in ("Keluarga awal", "Keluarga akhir")]
        assert not ended or families[0] == ended[-1]
        ended.append(families[1])
        text(page)
    aktif = invented.account()[KODE_DESA]["keluarga_aktif"]
    assert ended[-1] == sum(aktif.values())


def test_a_number_of_the_report_leads_to_its_people(client: FlaskClient) -> None:
    account = invented.account()[KODE_DESA]["menurut_tgl_lapor"]
    month = next(it for it, told in account.items() if sum(told["lahir"].values()))
    page = client.get(f"/desa/{KODE_DESA}/laporan-bulanan?bulan={month}").text
    (link,) = re.findall(rf'href="(/desa/{KODE_DESA}/laporan-bulanan/{month}/lahir)"', page)
    detail = client.get(link).text
    named = detail.count('<th scope="row" class="utama-sel">')
    assert named == sum(account[month]["lahir"].values())
    batch = re.findall(rf'href="(/desa/{KODE_DESA}/kiriman/\d+\?hal=\d+)#baris-\d+"', detail)
    assert client.get(batch[0]).status_code == 200


def test_each_number_of_the_report_leads_to_as_many_people(client: FlaskClient) -> None:
    account = invented.account()[KODE_DESA]["menurut_tgl_lapor"]
    led: Counter[str] = Counter()
    for month in list(account)[1::5]:
        for per in ("", "&per=3"):
            page = client.get(f"/desa/{KODE_DESA}/laporan-bulanan?bulan={month}{per}")
            if page.status_code == 404:  # that batch knows nothing of so late a month
                continue
            for href, count in re.findall(
                rf'<a href="(/desa/{KODE_DESA}/laporan-bulanan/[^"]+)">([0-9.\-]+)</a>', page.text
            ):
                rows = client.get(html.unescape(href)).text
                of = "keluarga" if "apa=keluarga" in href else "orang"
                assert f"<b>{count}</b> {of}" in rows, (href, count)
                led[of] += 1
    assert led["orang"] > 100
    assert led["keluarga"] > 30


def test_a_report_says_what_its_columns_leave_out(web: Web) -> None:
    village = web.village(KODE_DESA)
    people = [penduduk(it, f"ORANG {it}", sex=sex) for it, sex in ((1, 1), (2, 2), (3, None))]
    web.push(village, people)
    left = {"id_pend": 2, "kode": 3, "tgl_lapor": "2026-11-20", "ref_pindah": None}
    web.push(
        village,
        [
            penduduk(2, "ORANG 2", sex=2, status_dasar=3),
            Draft(
                "peristiwa",
                "1",
                "put",
                START,
                {**SOUND["peristiwa"], "jenis": "pindah_keluar", **left},
            ),
        ],
    )
    web.follow()
    client = web.log_in(KODE_DESA)
    said = text(client.get(f"/desa/{KODE_DESA}/laporan-bulanan?bulan=2026-11"))
    assert "Penduduk/Keluarga akhir bulan ini: L+P termasuk 1 tanpa jenis kelamin." in said
    assert "Tidak disebutkan - 1 1 - - - JUMLAH (baris 5) - 1 1 - - -" in said


def test_a_report_of_concluded_events_says_so(web: Web) -> None:
    """Also a file, and the report of the region: whoever prints it must know."""
    village = web.village(KODE_DESA)
    web.push(village, [penduduk(1), penduduk(2)])
    web.push(village, [penduduk(2, status_dasar=2)])
    web.follow()
    client = web.log_in()
    told = "Turunan: 3 orang terhitung tanpa peristiwa yang dinyatakan desa"
    for page in (f"/desa/{KODE_DESA}/laporan-bulanan", "/laporan-bulanan"):
        address = f"{page}?bulan=2026-11"
        assert told in text(client.get(address))
        assert told in str(client.get(f"{address}&format=json").get_json())
    birth = {"id_pend": 3, "kode": 1, "jenis": "lahir", "tgl_lapor": "2026-11-20", "sex": 1}
    web.push(web.village(f"{KODE}.2002"), [
        penduduk(3), Draft("peristiwa", "1", "put", START, {**SOUND["peristiwa"], **birth})
    ])  # fmt: skip
    web.follow()
    other = text(client.get(f"/desa/{KODE}.2002/laporan-bulanan"))
    assert "Kelahiran/Keluarga baru bulan ini - 1 - - - 1 1 - - -" in other
    assert "Turunan" not in other


def test_the_region_has_one_report_of_all_desa(client: FlaskClient) -> None:
    account = invented.account()[KODE_DESA]["menurut_tgl_lapor"]
    month = list(account)[-3]
    living = sum(account[month]["akhir"].values())
    said = text(client.get(f"/laporan-bulanan?bulan={month}"))
    assert re.search(rf"JUMLAH \d.* {living} \d+ Akhir bulan =", said)
    told = client.get(f"/laporan-bulanan?bulan={month}&format=json").get_json()
    rows = {row[1]: dict(zip(told["kolom"], row, strict=True)) for row in told["baris"]}
    assert list(rows) == [KODE_DESA, KODE]
    for head, name in (
        ("Penduduk awal", "awal"),
        ("Kematian", "mati"),
        ("Penduduk akhir", "akhir"),
    ):
        by_sex = {sex: account[month][name][f"WNI_{sex}"] for sex in "LP"}
        for row in rows.values():
            assert {sex: row[f"{head} {sex}"] for sex in "LP"} == by_sex
            assert row[f"{head} Jml"] == sum(by_sex.values())
    families = rows[KODE_DESA]["KK akhir Jml"]
    assert families == rows[KODE_DESA]["KK akhir L"] + rows[KODE_DESA]["KK akhir P"] > 50
    assert {row["Ket"] for row in rows.values()} == {""}
    assert client.get(f"/desa/{KODE_DESA}/laporan-bulanan?format=xlsx").data[:2] == b"PK"
    assert client.get("/laporan-bulanan?bulan=1999-01").status_code == 404


def test_a_recap_names_the_desa_without_a_report(web: Web) -> None:
    web.village(f"{KODE}.2002")
    web.push(web.village(KODE_DESA), [penduduk(1, kk_level=1, no_kk="5306140101800011")])
    web.follow()
    told = web.log_in().get("/laporan-bulanan?format=json").get_json()
    rows = {row[1]: dict(zip(told["kolom"], row, strict=True)) for row in told["baris"]}
    kinds = {kode: (row["Penduduk akhir P"], row["KK akhir P"], row["Ket"])
             for kode, row in rows.items()}  # fmt: skip
    assert kinds == {
        KODE_DESA: (1, 1, "turunan"),
        f"{KODE}.2002": (None, None, "belum ada data"),
        KODE: (1, 1, ""),
    }


def test_findings_lead_to_their_records(client: FlaskClient) -> None:
    page = client.get(f"/desa/{KODE_DESA}/mutu")
    assert "temuan dalam pernyataan desa" in text(page)
    links = re.findall(rf'href="(/desa/{KODE_DESA}/mutu/[^"]+)"', page.text)
    assert links
    for link in links[:5]:
        assert "kiriman ke-" in text(client.get(link.replace("&amp;", "&")))


def test_what_takes_two_records_leads_to_both(web: Web) -> None:
    village = web.village(KODE_DESA)
    nik = "5306144107800001"
    web.push(village, [penduduk(1, "SITI", nik=nik), penduduk(2, "BUDI", nik=nik)])
    web.follow()
    client = web.log_in()
    page = client.get(f"/desa/{KODE_DESA}/mutu")
    (link,) = re.findall(rf'href="(/desa/{KODE_DESA}/mutu/penduduk/nik-ganda[^"]*)"', page.text)
    detail = client.get(link.replace("&amp;", "&"))
    assert "<h1>NIK dipakai lebih dari satu penduduk hidup.</h1>" in detail.text
    said = text(detail)
    assert "SITI NIK dipakai lebih dari satu penduduk hidup. Lihat ID 2." in said
    assert "BUDI NIK dipakai lebih dari satu penduduk hidup. Lihat ID 1." in said
    assert nik not in detail.text


@pytest.mark.parametrize(
    "path",
    ["statistik?nama=x", "laporan-bulanan?bulan=2031-01", "laporan-bulanan/2024-01/x",
     "laporan-bulanan/2024-13/lahir", "mutu/penduduk/x", "mutu/x/y"],
)  # fmt: skip
def test_what_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(f"/desa/{KODE_DESA}/{path}").status_code == 404


@pytest.mark.parametrize("page", ["statistik", "laporan-bulanan", "mutu"])
def test_a_village_without_people_and_one_of_others(web: Web, page: str) -> None:
    web.village()
    other = web.village("53.06.14.2002")
    web.push(other, [penduduk(1)])
    web.follow()
    client = web.log_in(KODE_DESA)
    text(client.get(f"/desa/{KODE_DESA}/{page}"))
    assert client.get(f"/desa/53.06.14.2002/{page}").status_code == 404


def test_the_places_of_a_village_with_who_lives_there(client: FlaskClient) -> None:
    said = text(client.get(f"/desa/{KODE_DESA}/wilayah"))
    living = invented.account()[KODE_DESA]["penduduk_hidup"]
    sheet = client.get(f"/desa/{KODE_DESA}/wilayah?format=json").get_json()
    *places, total = (dict(zip(sheet["kolom"], it, strict=True)) for it in sheet["baris"])
    assert total["Penduduk"] == living
    assert sum(it["Penduduk"] for it in places if it["RT"] is not None) == living
    assert sum(it["Penduduk"] for it in places if it["RT"] is None) == living
    for it in places:
        assert it["Dusun"] in said


def test_how_often_each_village_is_heard(web: Web) -> None:
    village = web.village()
    for days in (0, 14, 14, 15, 60):
        web.now.time += timedelta(days=days)
        web.push(village, [penduduk(1, dusun=f"DUSUN {days}")])
    web.follow()
    with web.databases.reader.connect() as tx:
        found = rhythm(tx, KODE, web.now() + timedelta(days=20), "Asia/Makassar")
    assert found == {KODE_DESA: Rhythm(KODE_DESA, 14, 20, 1, 1, 0)}
    assert found[KODE_DESA].late == 6
    web.now.time += timedelta(days=20)
    said = text(web.log_in().get("/desa"))
    assert "14 hari 6 hari 1 1 0" in said
