"""The dashboard and the region's pages: their numbers, as of days, and where they lead."""

import html
import json
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Draft
from tests.api.conftest import Web
from tests.api.markup import text
from tests.projections import invented
from tests.simulator import KODE, START, penduduk

MINUS, EN_DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


class Region:
    """Two villages of another program's making, one push a day; what each had stated by when."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.stated: dict[date, dict[tuple[str, str], dict[str, Any]]] = {}
        self.batches: dict[date, Counter[str]] = {}
        people: dict[tuple[str, str], dict[str, Any]] = {}
        pushes = [
            (at, kode, drafts)
            for kode, own in list(invented.villages())[:2]
            for at, drafts in enumerate(own)
        ]
        villages = {kode: web.village(kode) for kode in dict.fromkeys(it[1] for it in pushes)}
        count: Counter[str] = Counter()
        for at, kode, drafts in sorted(pushes, key=lambda it: it[:2]):
            web.now.time = START + timedelta(days=at)
            web.push(villages[kode], drafts)
            count[kode] += 1
            for it in drafts:
                if it.entity == "penduduk":
                    people.pop((kode, it.id), None)
                    if it.data:
                        people[kode, it.id] = it.data
            self.stated[web.now.time.date()] = dict(people)
            self.batches[web.now.time.date()] = Counter(count)
        self.kodes = list(villages)
        web.follow()
        self.client = web.log_in()

    def living(self, day: date, kode: str | None = None) -> list[dict[str, Any]]:
        return [
            it
            for (desa, _), it in self.stated[day].items()
            if it["status_dasar"] == 1 and kode in (None, desa)
        ]


@pytest.fixture(scope="module")
def region(shared_web: Web) -> Region:
    return Region(shared_web)


def content(answer: TestResponse) -> dict[str, Any]:
    """What a page says as JSON."""
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.text)
    return found


def dotted(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def test_the_dashboard_counts_what_was_stated_by_each_day(region: Region) -> None:
    days = sorted(region.stated)
    for day in (days[0], days[len(days) // 2], days[-1]):
        living = region.living(day)
        query = "" if day == days[-1] else f"?tanggal={day}"
        said = text(region.client.get(f"/{query}"))
        women = sum(it["sex"] == 2 for it in living)
        heads = sum(it["kk_level"] == 1 for it in living)
        assert f"Penduduk {dotted(len(living))} {dotted(len(living) - women)} L" in said
        assert f"{dotted(women)} P" in said
        assert f"Keluarga {dotted(heads)} " in said
        assert ("masa lalu" in said) is (day != days[-1])
        for kode in region.kodes:
            there = region.living(day, kode)
            assert f"{kode} {dotted(len(there))} " in said


def test_a_number_says_where_it_comes_from(region: Region) -> None:
    day = sorted(region.stated)[3]
    said = text(region.client.get(f"/?tanggal={day}&asal=penduduk"))
    living = len(region.living(day))
    assert f"Dari mana angka {dotted(living)} ini?" in said
    batches = sum(region.batches[day].values())
    assert f"{batches} kiriman bernomor urut tanpa celah; semua ditandatangani desa" in said
    flows = re.search(r"perubahan (saldo awal .*?) \d+ kiriman", said)
    assert flows
    total = sum(int(it.replace(MINUS, "-")) for it in re.findall(rf"[+{MINUS}]\d+", flows[1]))
    assert total == living
    link = f"/desa/{region.kodes[0]}/kiriman/{region.batches[day][region.kodes[0]]}"
    assert link in region.client.get(f"/?tanggal={day}&asal=penduduk").text


def test_links_of_a_past_dashboard_lead_to_that_past(region: Region) -> None:
    day = sorted(region.stated)[2]
    page = region.client.get(f"/?tanggal={day}").text
    for kode in region.kodes:
        assert f"/desa/{kode}/penduduk?tanggal={day}" in page
        listed = text(region.client.get(f"/desa/{kode}/penduduk?tanggal={day}"))
        assert f"{dotted(len(region.living(day, kode)))} orang" in listed


@pytest.mark.parametrize("day", ["", "kemarin", "2999-01-01", "2026-02-30"])
def test_a_day_that_is_none_or_to_come_is_the_present(region: Region, day: str) -> None:
    assert "masa lalu" not in text(region.client.get(f"/?tanggal={day}"))


def test_a_statistic_of_the_region_is_split_by_desa_and_compared(region: Region) -> None:
    days = sorted(region.stated)
    said = text(region.client.get(f"/statistik?nama=agama&banding={days[1]}"))
    now, then = region.living(days[-1]), region.living(days[1])
    for code, label in ((1, "ISLAM"), (3, "KATHOLIK")):
        count = sum(it["agama_id"] == code for it in now)
        before = sum(it["agama_id"] == code for it in then)
        women = sum(it["agama_id"] == code and it["sex"] == 2 for it in now)
        row = re.search(
            rf"{label} ([\d.]+) [\d,]+% ([\d.]+) [\d,]+% ([\d.]+) [\d,]+% ([\d.]+)"
            rf" ([+{MINUS}]?[\d.]+)",
            said,
        )
        assert row
        numbers = [int(it.replace(".", "").replace(MINUS, "-")) for it in row.groups()]
        assert numbers == [count, count - women, women, before, count - before]
        parts = [
            sum(it["agama_id"] == code for it in region.living(days[-1], kode))
            for kode in region.kodes
        ]
        assert f"{label} {dotted(parts[0])} {dotted(parts[1])} {dotted(count)}" in said


def test_months_are_there_without_a_gap(region: Region) -> None:
    said = text(region.client.get("/statistik?nama=jenis-kelamin"))
    assert "Dari bulan ke bulan" in said
    assert "PEREMPUAN (" in said


def test_a_statistic_is_split_by_dusun(region: Region) -> None:
    kode = region.kodes[0]
    living = region.living(max(region.stated), kode)
    said = text(region.client.get(f"/desa/{kode}/statistik?nama=jenis-kelamin"))
    counts = Counter(it["dusun"] for it in living if it["sex"] == 2)
    expected = " ".join(dotted(counts[it]) for it in sorted(counts))
    assert f"PEREMPUAN {expected} {dotted(sum(counts.values()))}" in said


def test_what_is_on_the_page_can_be_taken_along(region: Region) -> None:
    answer = region.client.get("/statistik?nama=agama&format=json")
    assert answer.mimetype == "application/json"
    found = {it[1]: it for it in content(answer)["baris"]}
    living = region.living(max(region.stated))
    assert found["TOTAL"][2] == len(living)
    assert found["ISLAM"][2] == sum(it["agama_id"] == 1 for it in living)
    assert sum(found["ISLAM"][-2:]) == found["ISLAM"][2]
    assert region.client.get("/statistik?format=exe").status_code == 404
    assert region.client.get("/statistik?nama=zodiak").status_code == 404


def test_an_operator_sees_the_own_desa_alone(region: Region) -> None:
    own, other = region.kodes
    client: FlaskClient = region.web.log_in(own, "operator")
    page = client.get("/").text
    assert own in page
    assert other not in page
    assert client.get(f"/?wilayah={other}").status_code == 404
    assert other not in client.get("/statistik").text
    assert client.get(f"/data/penduduk?desa={other}").status_code == 404
    assert other not in client.get("/data/penduduk").text


def test_lists_of_records_are_those_of_the_region(region: Region) -> None:
    people = region.stated[max(region.stated)].values()
    said = text(region.client.get("/data/penduduk?status_dasar=semua"))
    assert f"{dotted(len(people))} catatan" in said
    said = text(region.client.get("/data/penduduk"))
    assert f"{dotted(sum(it['status_dasar'] == 1 for it in people))} catatan" in said
    assert "Hanya status dasar hidup. Tampilkan semua" in said
    women = sum(it["sex"] == 2 for it in people)
    said = text(
        region.client.get(
            "/data/penduduk?status_dasar=semua&sex=2&urut=tanggal_lahir&arah=turun&hal=2"
        )
    )
    assert f"{dotted(women)} catatan, ditampilkan 51{EN_DASH}100" in said
    first = min(region.stated)
    said = text(region.client.get(f"/data/penduduk?status_dasar=semua&tanggal={first}"))
    assert f"{dotted(len(region.stated[first]))} catatan" in said


def test_a_list_is_taken_along_whole_and_masked(region: Region) -> None:
    kode = region.kodes[0]
    answer = region.client.get(f"/desa/{kode}/data/penduduk?format=json&status_dasar=semua")
    people = {id_: it for (desa, id_), it in region.stated[max(region.stated)].items()
              if desa == kode}  # fmt: skip
    taken = content(answer)
    rows = [dict(zip(taken["kolom"], it, strict=True)) for it in taken["baris"]]
    names = {id_: it["nama"] for id_, it in people.items()}
    assert {it["ID"]: it["Penduduk"] for it in rows} == names
    whole = answer.text
    assert not any(it["nik"] in whole for it in people.values() if it["nik"])
    named = content(region.client.get(f"/desa/{kode}/data/penduduk?format=json&kolom=nama"))
    assert named["kolom"] == ["Penduduk", "Kode desa", "Desa", "ID", "Nama", "Kiriman ke-"]


def test_a_record_has_a_page_with_what_belongs_to_it(region: Region) -> None:
    kode = region.kodes[0]
    (desa, _), head = next(
        it
        for it in region.stated[max(region.stated)].items()
        if it[1]["kk_level"] == 1 and it[1]["id_kk"] and it[0][0] == kode
    )
    people = [
        it
        for (where, _), it in region.stated[max(region.stated)].items()
        if where == desa and it["id_kk"] == head["id_kk"]
    ]
    said = text(region.client.get(f"/desa/{kode}/data/keluarga/{head['id_kk']}"))
    assert f"Keluarga {head['nama']}" in said
    assert f"Anggota ({len(people)})" in said
    assert all(it["nama"] in said for it in people)
    assert "Riwayat perubahan" in said
    assert region.client.get(f"/desa/{kode}/data/keluarga/99999999").status_code == 404
    assert region.client.get(f"/desa/{kode}/data/zodiak").status_code == 404


def test_a_record_that_is_gone_keeps_its_history(web: Web) -> None:
    village = web.village()
    card = {"id": 7, "no_kk": "5306140101800011", "kepala_id": 1}
    web.push(village, [penduduk(1), Draft("keluarga", "7", "put", START, card)])
    web.push(village, [Draft("keluarga", "7", "delete", START)])
    web.follow()
    client = web.log_in()
    address = f"/desa/{village.kode_desa}/data/keluarga/7"
    said = text(client.get(address))
    assert "tidak ada dalam data desa pada keadaan yang dipilih" in said
    assert "kiriman ke-2 tidak ada lagi" in said
    assert "530614••••••••••" in text(client.get(f"{address}?per=1"))


def test_numbers_lead_to_rows_for_whoever_may_see_people(region: Region) -> None:
    kode = region.kodes[0]
    pages = ("/", "/statistik?nama=umur", f"/desa/{kode}/statistik?nama=umur")
    administrator = region.web.log_in(role="administrator")
    for address in pages:
        led = region.client.get(address).text.count("/statistik/rincian?")
        assert led > 30, address
        assert "/statistik/rincian" not in administrator.get(address).text, address


def test_the_numbers_of_the_dashboard_are_those_of_the_lists_behind(region: Region) -> None:
    day = sorted(region.stated)[1]
    for address in ("/", f"/?tanggal={day}"):
        page = region.client.get(address).text
        links = re.findall(r'<a href="(/statistik/rincian\?[^"]*)">(?:<rect[^>]*><title>[^:]*: )?'
                           r"([0-9.]+)", page)  # fmt: skip
        assert len(links) > 40
        for href, count in dict.fromkeys(links):
            rows = region.client.get(html.unescape(href)).text
            assert f"<b>{count}</b>" in rows, (href, count)


@pytest.mark.parametrize(
    "wrong", ["nama=apa", "nama=agama&kategori=99", "baris=apa", "sex=3", "desa=53.06.14.2099"]
)
def test_what_no_statistic_counts_is_not_there(region: Region, wrong: str) -> None:
    assert region.client.get(f"/statistik/rincian?{wrong}").status_code == 404


def test_a_list_of_many_pages_keeps_all_that_narrows_it(region: Region) -> None:
    bands = "&".join(f"kategori={it}" for it in range(16))
    page = region.client.get(f"/statistik/rincian?nama=umur&{bands}").text
    hidden = re.findall(r'type="hidden" name="kategori" value="(\d+)"', page)
    assert hidden == [str(it) for it in range(16)]


def test_what_is_only_known_of_today_is_not_said_of_a_past_day(region: Region) -> None:
    day = sorted(region.stated)[1]
    now, then = text(region.client.get("/")), text(region.client.get(f"/?tanggal={day}"))
    for words in ("Kiriman Terdengar Keadaan 1 ", "Kiriman terbaru"):
        assert words in now
        assert words not in then
    assert "KK Kiriman 1 " in then


def test_the_statistic_beside_the_pyramid_is_chosen_there(region: Region) -> None:
    day = sorted(region.stated)[1]
    page = region.client.get(f"/?tanggal={day}&asal=penduduk&statistik=agama").text
    form = page.split('<form class="saring" method="get" action="#statistik">')[1]
    form = form.split("</form>")[0]
    assert re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form) == [
        ("tanggal", day.isoformat()),
        ("asal", "penduduk"),
    ]
    assert '<option value="agama" selected>Agama</option>' in form
    chosen = text(region.client.get("/?statistik=umur-kerja"))
    assert "Produktif (15-64)" in chosen


def test_two_ways_to_count_families_name_each_other(web: Web) -> None:
    village = web.village()
    card = {"id": 7, "no_kk": "5306140101800011", "kepala_id": 1}
    heads = [penduduk(1, kk_level=3), penduduk(2, kk_level=1), penduduk(3, kk_level=1)]
    web.push(village, [*heads, Draft("keluarga", "7", "put", START, card)])
    web.follow()
    client = web.log_in()
    dashboard = client.get("/?asal=keluarga")
    assert "Keluarga 2 " in text(dashboard)
    assert "Jumlah Keluarga menghitung keluarga yang kepalanya hidup" in text(dashboard)
    for page in ("/statistik", f"/desa/{village.kode_desa}/statistik"):
        statistic = client.get(f"{page}?nama=keluarga")
        assert "KELUARGA AKTIF 1 100,00%" in text(statistic)
        assert f'href="{page}?nama=hubungan-kk"' in statistic.text
        assert f'href="{page}?nama=hubungan-kk"' not in client.get(f"{page}?nama=agama").text
    assert 'href="/statistik?nama=keluarga"' in dashboard.text
    places = client.get(f"/desa/{village.kode_desa}/wilayah").text
    assert f'href="/desa/{village.kode_desa}/statistik?nama=keluarga"' in places


def test_the_map_tells_its_numbers_and_both_ends_as_text(web: Web) -> None:
    def border(kode: str, south: float) -> Draft:
        ring = [[-8.5 + south, 122.8], [-8.5 + south, 122.9], [-8.4 + south, 122.9]]
        data = {"kode_desa": kode, "nama_desa": "Desa", "path": [ring]}
        return Draft("desa", kode, "put", START, data)

    kodes = [f"{KODE}.200{it}" for it in range(1, 5)]
    first, second, third, fourth = (web.village(it) for it in kodes)
    web.push(first, [border(kodes[0], 0), *map(penduduk, range(1, 4))])
    web.push(second, [border(kodes[1], 0.2), *map(penduduk, range(1, 6))])
    web.push(third, [border(kodes[2], 0.4)])
    web.push(fourth, [penduduk(1)])
    web.follow()
    client = web.log_in()
    page = client.get("/")
    said = text(page)
    shades = re.findall(r'<polygon class="w(\d)"', page.text)
    assert shades == ["1", "5", "0"]
    assert f"Desa 2001 3 Desa 2002 5 Desa 2003 {EN_DASH} " in said
    assert "3 5 penduduk belum ada penduduk" in said
    assert "Tidak digambar, karena belum mengirim batas wilayah: Desa 2004." in said
    titles = re.findall(r"<title>(Desa 200\d: [^<]*)</title>", page.text)
    assert titles == ["Desa 2001: 3 penduduk", "Desa 2002: 5 penduduk",
                      "Desa 2003: belum ada penduduk"]  # fmt: skip

    web.push(third, [penduduk(it) for it in range(1, 4)])
    web.push(second, [Draft("penduduk", str(it), "delete", START) for it in (4, 5)])
    web.follow()
    page = client.get("/")
    assert re.findall(r'<polygon class="w(\d)"', page.text) == ["3", "3", "3"]
    assert "3 penduduk, sama di semua desa" in text(page)
