"""Lists as clerks read them: names for ids, amounts, files, what the address asks for in vain."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from ledger import Draft
from tests.api.conftest import Web
from tests.api.markup import text
from tests.api.reading import read
from tests.simulator import KODE, KODE_DESA, START, Village, penduduk

EN_DASH = "\N{EN DASH}"
NIK = "5306144107850001"
NO_KK = "5306140101200001"
OTHER = f"{KODE}.2002"
REGION = "/data/peserta_bantuan?"
FILE = "sha256:" + "0" * 64


def stated(entity: str, **data: object) -> Draft:
    return Draft(entity, str(data["id"]), "put", START, data)


@pytest.fixture
def client(web: Web, village: Village) -> FlaskClient:
    """A log-in to an office with one village, which states a bit of everything."""
    people = [
        penduduk(1, "YOHANES KELEN", nik=NIK, sex=1, status_dasar=1, dusun="LEWOHALA"),
        penduduk(2, "MARIA TUKAN", sex=2, status_dasar=2, dusun="TANAH BELEN"),
    ]
    crowd = [penduduk(it, f"ORANG {it:03}", sex=2, status_dasar=1) for it in range(10, 70)]
    web.push(village, [*people, *crowd])
    web.push(
        village,
        [
            stated("lembaga", id=1, nama="Karang Taruna", tipe="lembaga", ketua_id=2),
            stated("anggota_lembaga", id=5, id_lembaga=1, id_penduduk=1, jabatan=1),
            stated("anggota_lembaga", id=6, id_lembaga=9, id_penduduk=2),
            stated("program_bantuan", id=1, nama="PKH", sasaran=1, status=True),
            stated("peserta_bantuan", id=1, program_id=1, sasaran=1, kartu_nama="YOHANES K"),
            stated("pembangunan", id=4, judul="Rabat beton", anggaran=108000000, status=True),
            stated("dokumentasi_pembangunan", id=8, id_pembangunan=4, persentase=40),
            stated("laporan", id=3, jenis="laporan_apbdes", judul="Semester I", tahun=2026,
                   periode=1, berkas=FILE),
        ],
    )  # fmt: skip
    web.follow()
    return web.log_in()


def taken(client: FlaskClient, address: str) -> list[dict[str, str]]:
    content = client.get(address).get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def test_a_person_has_events_aid_and_offices_of_the_own_id_alone(
    web: Web, client: FlaskClient
) -> None:
    village = web.village(f"{KODE_DESA[:-1]}2")
    event = {"kode": 1, "jenis": "lahir", "tgl_peristiwa": "2026-03-05", "tgl_lapor": "2026-03-06"}
    web.push(
        village,
        [
            *(penduduk(it, f"ORANG {it}") for it in (1, 2)),
            stated("peristiwa", id=11, id_pend=1, **event),
            stated("peristiwa", id=12, id_pend=2, **event),
            stated("program_bantuan", id=1, nama="BLT Dana Desa", sasaran=1),
            stated("peserta_bantuan", id=1, program_id=1, kartu_id_pend=1, kartu_nama="ORANG 1"),
            stated("lembaga", id=1, nama="Posyandu"),
            stated("anggota_lembaga", id=5, id_lembaga=1, id_penduduk=1, jabatan=1),
        ],
    )
    web.push(village, [Draft("peserta_bantuan", "1", "delete", START)])
    web.follow()
    here = f"/desa/{village.kode_desa}/penduduk"
    page = text(client.get(f"{here}/1?per=1"))
    for words in ("Peristiwa", "5 Mar 2026", "BLT Dana Desa", "Posyandu"):
        assert words in page
    assert "/data/peristiwa/11" in client.get(f"{here}/1").text
    assert "/data/peristiwa/12" not in client.get(f"{here}/1").text
    assert "BLT Dana Desa" not in text(client.get(f"{here}/1"))
    assert "Posyandu" not in text(client.get(f"{here}/2"))


def test_the_columns_that_were_chosen_are_kept_by_every_link_and_file(client: FlaskClient) -> None:
    chosen = ["nik", "alamat", "dusun"]
    page = client.get("/data/penduduk?" + "&".join(f"kolom={it}" for it in chosen)).text
    links = re.findall(r'href="(/data/penduduk\?[^"]*)"', page)
    kept = [parse_qs(urlsplit(html.unescape(it)).query) for it in links]
    assert len([it for it in kept if "hal" in it]) == 1
    assert {it["format"][0] for it in kept if "format" in it} == {"xlsx", "csv", "json"}
    assert [it for it in kept if it.get("kolom") != chosen] == []


def test_what_an_id_refers_to_is_named_and_linked(client: FlaskClient) -> None:
    page = client.get("/data/anggota_lembaga")
    said = text(page)
    assert "YOHANES KELEN" in said
    assert f'<a href="/desa/{KODE_DESA}/data/lembaga/1">Karang Taruna</a>' in page.text
    # What nobody stated is not made up.
    assert '<td data-k="Lembaga" class="a">9</td>' in page.text
    one = client.get(f"/desa/{KODE_DESA}/data/anggota_lembaga/5").text
    assert f'<a href="/desa/{KODE_DESA}/penduduk/1">YOHANES KELEN</a>' in one
    assert "Karang Taruna" in text(client.get(f"/desa/{KODE_DESA}/data/anggota_lembaga/5"))
    assert "Rabat beton" in text(client.get("/data/dokumentasi_pembangunan"))
    assert "PKH" in text(client.get("/data/peserta_bantuan"))
    assert "MARIA TUKAN" in text(client.get("/data/lembaga"))


def test_a_file_has_the_id_and_the_name(client: FlaskClient) -> None:
    address = "/data/anggota_lembaga?kolom=id_lembaga&kolom=id_penduduk&format=csv"
    first, second = taken(client, address)
    assert (first["ID lembaga"], first["Lembaga"]) == ("1", "Karang Taruna")
    assert (first["ID penduduk"], first["Penduduk"]) == ("1", "YOHANES KELEN")
    assert (second["ID lembaga"], second["Lembaga"]) == ("9", "")


LISTS = {
    "penduduk": ["NIK", "Jenis kelamin", "Umur", "Dusun", "Alamat sekarang", "Status dasar"],
    "penduduk?kolom=dusun&kolom=id": ["Dusun"],
    "peserta_bantuan": [
        "ID program", "Program", "Sasaran", "ID penduduk", "Penduduk", "Alamat pada kartu",
    ],
    "lembaga?kolom=nama": ["Nama lembaga"],
}  # fmt: skip


@pytest.mark.parametrize("place", ["", f"/desa/{KODE_DESA}"])
@pytest.mark.parametrize("listed", LISTS)
def test_a_file_has_the_columns_of_the_page_and_which_desa_and_record_it_is(
    client: FlaskClient, place: str, listed: str
) -> None:
    address = f"{place}/data/{listed}"
    (table,) = read(client.get(address).text).tables.values()
    taken = client.get(f"{address}{'&' if '?' in address else '?'}format=json").get_json()
    name, *_, since = table.head[0]
    assert taken["kolom"] == [name, "Kode desa", "Desa", "ID", *LISTS[listed], "Kiriman ke-"]
    assert since == "Sejak"
    shown = [[row[0], f"#{row[-1]}"] for row in taken["baris"][:50]]
    assert [[row[0], row[-1]] for row in table.body] == shown
    assert taken["baris"][0][1:3] == [KODE_DESA, "Desa 2001"]


def test_a_list_of_desa_names_them_once(client: FlaskClient, web: Web, village: Village) -> None:
    web.push(
        village,
        [Draft("desa", KODE_DESA, "put", START, {"kode_desa": KODE_DESA, "nama_desa": "LAMIKA"})],
    )
    web.follow()
    content = client.get("/data/desa?format=json").get_json()
    (row,), columns = content["baris"], content["kolom"]
    assert row[:3] == ["LAMIKA", KODE_DESA, KODE_DESA]
    assert columns[:3] == ["Desa", "Kode desa", "ID"]
    assert len({*columns}) == len(columns)


def test_a_file_is_narrowed_ordered_and_as_of_as_its_page(
    client: FlaskClient, web: Web, village: Village
) -> None:
    rows = taken(client, "/data/penduduk?status_dasar=semua&sex=2&urut=nama&arah=turun&format=csv")
    names = [it["Penduduk"] for it in rows]
    assert len(names) == 61
    assert names == sorted(names, reverse=True)
    assert len(taken(client, f"/data/penduduk?desa={KODE_DESA}&sex=1&format=csv")) == 1
    here = f"/desa/{KODE_DESA}/data/lembaga?format=csv"
    assert (len(taken(client, here)), taken(client, f"{here}&per=1")) == (1, [])
    web.now.time += timedelta(days=3)
    day = web.now.time.date() - timedelta(days=1)
    web.push(village, [penduduk(1, "YOHANES BARU", sex=1, status_dasar=1)])
    web.follow()
    client = web.log_in()
    (now,) = taken(client, "/data/penduduk?sex=1&format=csv")
    (then,) = taken(client, f"/data/penduduk?sex=1&tanggal={day}&format=csv")
    assert (now["Penduduk"], then["Penduduk"]) == ("YOHANES BARU", "YOHANES KELEN")
    assert (now["Kiriman ke-"], then["Kiriman ke-"]) == ("3", "1")


def test_the_name_of_a_file_says_of_where_and_as_of_when(client: FlaskClient, web: Web) -> None:
    def name(address: str) -> str:
        return client.get(address).headers["Content-Disposition"].partition("filename=")[2]

    here = f"/desa/{KODE_DESA}"
    assert name(f"{here}/data/lembaga?format=csv") == f'"lembaga-{KODE_DESA}-kiriman-2.csv"'
    assert name(f"{here}/data/lembaga?format=csv&per=1") == f'"lembaga-{KODE_DESA}-kiriman-1.csv"'
    assert name("/data/lembaga?format=xlsx") == f'"lembaga-{KODE}-2026-11-20.xlsx"'
    web.now.time += timedelta(days=3)
    client = web.log_in()
    past = f"/data/lembaga?format=json&desa={KODE_DESA}&tanggal=2026-11-21"
    assert name(past) == f'"lembaga-{KODE_DESA}-2026-11-21.json"'
    assert (
        name(past.replace("&tanggal=2026-11-21", "")) == f'"lembaga-{KODE_DESA}-2026-11-23.json"'
    )
    assert "Desa Desa 2001" in client.get(past).get_json()["keterangan"][0]


def test_names_are_those_of_the_time(client: FlaskClient) -> None:
    address = f"/desa/{KODE_DESA}/data/anggota_lembaga"
    assert "YOHANES KELEN" in text(client.get(address))
    assert "Tidak ada anggota lembaga" in text(client.get(f"{address}?per=1"))


def options(client: FlaskClient, address: str, name: str) -> dict[str, str]:
    """The choices of a facet: what stands in an address, what on the page."""
    return {it.value: it.words for it in read(client.get(address).text).selects[name]}


def test_lists_are_narrowed_by_years_and_periods(
    client: FlaskClient, web: Web, village: Village
) -> None:
    web.push(
        village,
        [
            stated("pembangunan", id=5, judul="Drainase", tahun_anggaran=2025),
            stated("laporan", id=4, jenis="laporan_apbdes", judul="II", tahun=2025, periode=2),
            *(
                stated("apbdes", id=f"{it}/4.1", tahun=it, jenis_anggaran="murni",
                       kode_rekening="4.1", uraian=f"PADes {it}")
                for it in (2025, 2026)
            ),
        ],
    )  # fmt: skip
    web.follow()
    for entity, name, value, total, words in (
        ("apbdes", "tahun", "2026", 1, {"2025": "2025 (1)", "2026": "2026 (1)"}),
        ("laporan", "tahun", "2025", 1, {"2025": "2025 (1)", "2026": "2026 (1)"}),
        ("laporan", "periode", "1", 1, {"1": "1 (1)", "2": "2 (1)"}),
        ("pembangunan", "tahun_anggaran", "2025", 1,
         {"2025": "2025 (1)", "-": "belum mengisi (1)"}),
        ("apbdes", "tahun", "2027", 0,
         {"2025": "2025 (1)", "2026": "2026 (1)", "2027": "2027 (0)"}),
    ):  # fmt: skip
        for place in ("", f"/desa/{KODE_DESA}"):
            address = f"{place}/data/{entity}?{name}={value}"
            assert f"{total} catatan" in text(client.get(address))
            assert options(client, address, name) == {"": "semua", **words}
            assert len(taken(client, f"{address}&format=csv")) == total
    assert client.get("/data/apbdes?tahun=baru").status_code == 404


def test_who_takes_part_is_narrowed_by_the_programme_where_its_desa_is_said(
    client: FlaskClient, web: Web, village: Village
) -> None:
    other = web.village(OTHER)
    web.push(
        village,
        [
            stated("program_bantuan", id=2, nama="BLT", sasaran=1),
            stated("peserta_bantuan", id=2, program_id=2, sasaran=1, kartu_nama="MARIA T"),
            stated("peserta_bantuan", id=3, program_id=9, sasaran=1),
        ],
    )
    web.push(other, [stated("peserta_bantuan", id=1, program_id=1, sasaran=1)])
    web.follow()
    words = {"": "semua", "1": "PKH (1)", "2": "BLT (1)", "9": "9 (1)"}
    for address in (f"/desa/{KODE_DESA}/data/peserta_bantuan?", f"{REGION}desa={KODE_DESA}"):
        assert options(client, address, "program_id") == words
        assert "Program " in text(client.get(address))
        (row,) = taken(client, f"{address}&program_id=2&format=csv")
        assert (row["Peserta bantuan"], row["Program"]) == ("MARIA T", "BLT")
    # The other desa's programme 1 is not this one's.
    assert "program_id" not in read(client.get(REGION).text).selects
    assert "4 catatan" in text(client.get(f"{REGION}program_id=1"))


def test_people_and_families_of_a_dusun_are_narrowed_by_rw_and_rt(
    client: FlaskClient, web: Web, village: Village
) -> None:
    where = [("1", "-"), ("2", "10"), ("2", "2"), ("2", None)]
    people = [
        penduduk(it, f"ANAK {it}", sex=1, dusun="LEWO", rw=rw, rt=rt, id_kk=it, kk_level=1)
        for it, (rw, rt) in enumerate(where, start=80)
    ]
    cards = [
        stated("keluarga", id=it, kepala_id=it, dusun="LEWO", rw=rw, rt=rt)
        for it, (rw, rt) in enumerate(where, start=80)
    ]
    web.push(village, [*people, *cards])
    web.follow()
    for entity in ("penduduk", "keluarga"):
        address = f"/data/{entity}?dusun=LEWO"
        assert options(client, address, "rw") == {"": "semua", "1": "1 (1)", "2": "2 (3)"}
        assert options(client, address, "rt") == {
            "": "semua", "--": "- (1)", "2": "2 (1)", "10": "10 (1)", "-": "belum mengisi (1)",
        }  # fmt: skip
        for rt, id_ in (("--", "80"), ("10", "81"), ("-", "83")):
            (row,) = taken(client, f"{address}&rt={rt}&format=csv")
            assert row["ID"] == id_
        assert len(taken(client, f"{address}&rw=2&format=csv")) == 3
        # Those of all dusun together would say little, and be counted on every page.
        assert not {"rw", "rt"} & read(client.get(f"/data/{entity}").text).selects.keys()
        assert len(taken(client, f"/data/{entity}?rw=2&format=csv")) == 3


def test_amounts_choices_and_files_are_written_for_people(client: FlaskClient) -> None:
    assert "Rp108.000.000" in text(client.get("/data/pembangunan"))
    assert "Rp108.000.000" in text(client.get(f"/desa/{KODE_DESA}/data/pembangunan/4"))
    page = client.get("/data/laporan")
    assert "Laporan APBDes" in text(page)
    assert FILE[:12] not in page.text
    assert f'href="/desa/{KODE_DESA}/berkas/laporan/berkas/3">buka berkas' in page.text
    (row,) = taken(client, "/data/program_bantuan?format=csv")
    assert row["Aktif"] == "ya"


def test_a_list_of_people_is_of_the_living_unless_all_are_asked_for(client: FlaskClient) -> None:
    page = client.get("/data/penduduk?dusun=TANAH+BELEN")
    assert "MARIA TUKAN" not in page.text
    assert "61 catatan" in text(client.get("/data/penduduk"))
    said = text(client.get("/data/penduduk?dusun=TANAH+BELEN&status_dasar=semua"))
    assert "MARIA TUKAN" in said
    assert "Hanya status dasar" not in said
    assert "1 catatan" in said


def test_the_daily_list_is_taken_along_as_it_is_filtered(client: FlaskClient) -> None:
    address = f"/desa/{KODE_DESA}/penduduk?format=csv"
    assert len(taken(client, address)) == 61
    rows = taken(client, f"{address}&sex=1")
    assert [it["Nama"] for it in rows] == ["YOHANES KELEN"]
    assert rows[0]["NIK"].startswith("530614••")
    assert NIK not in client.get(address).text
    content = json.loads(client.get(f"/desa/{KODE_DESA}/penduduk?format=json&arah=turun").text)
    assert content["baris"][0][1:5] == ["YOHANES KELEN", KODE_DESA, "Desa 2001", "1"]
    assert client.get(f"/desa/{KODE_DESA}/penduduk?format=exe").status_code == 404
    # Whoever was looked for is in the file alone, too.
    found = client.post(f"/desa/{KODE_DESA}/penduduk", data={"cari": "kelen"})
    assert len(taken(client, f"{found.headers['Location']}&format=csv")) == 1


def test_the_daily_list_says_the_family_card_and_where_people_live(
    client: FlaskClient, web: Web, village: Village
) -> None:
    web.push(
        village,
        [
            penduduk(80, "ANA", sex=1, no_kk=NO_KK, alamat="JL. MELATI", alamat_kk="JL. MAWAR"),
            penduduk(81, "BEN", sex=1, no_kk=NO_KK, alamat_kk="JL. MAWAR"),
        ],
    )
    web.follow()
    address = f"/desa/{KODE_DESA}/penduduk"
    columns = ["No", "Nama", "Kode desa", "Desa", "ID", "NIK", "Nomor KK", "Jenis kelamin",
               "Umur", "Alamat", "Dusun", "RT", "RW", "Pendidikan dalam KK", "Pekerjaan",
               "Status perkawinan"]  # fmt: skip
    ana, ben, yohanes = taken(client, f"{address}?sex=1&format=csv")
    assert [*ana] == [*columns, "Kiriman ke-"]
    assert [it["Alamat"] for it in (ana, ben, yohanes)] == ["JL. MELATI", "JL. MAWAR", ""]
    assert [it["Nomor KK"] for it in (ana, yohanes)] == ["530614" + "•" * 10, "belum mengisi"]
    (everybody, *_) = taken(client, f"{address}?status_dasar=semua&format=csv")
    assert [*everybody] == [*columns, "Status dasar", "Kiriman ke-"]
    page = client.get(f"{address}?sex=1").text
    assert NO_KK not in page
    table = read(page).tables["Tabel penduduk"]
    assert table.head[0][2:6] == ["NIK / No. KK", "L/P", "Umur", "Alamat"]
    assert [row[5] for row in table.body] == ["JL. MELATI", "JL. MAWAR", ""]
    answer = client.get(f"{address}?per=1&format=xlsx")
    assert f"penduduk-{KODE_DESA}-kiriman-1.xlsx" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("address", [f"/desa/{KODE_DESA}/penduduk", "/data/penduduk"])
def test_a_page_beyond_the_last_is_the_last(client: FlaskClient, address: str) -> None:
    said = text(client.get(f"{address}?hal=999"))
    assert f"51{EN_DASH}61" in said
    assert "Halaman 2 dari 2" in said


def test_a_moment_that_cannot_be_shown_is_said(web: Web, client: FlaskClient) -> None:
    missed = "Kiriman atau tanggal yang diminta tidak ada; ditampilkan keadaan terkini"
    address = f"/desa/{KODE_DESA}/penduduk"
    for per in ("9999", "0", "x"):
        assert missed in text(client.get(f"{address}?per={per}"))
    for day in ("0001-01-01", "1899-12-31", "2026-02-30", "2999-01-01"):
        assert missed in text(client.get(f"/desa/{KODE_DESA}/statistik?nama=umur&tanggal={day}"))
    for per in ("", "1", "2"):
        assert "yang diminta tidak ada" not in text(client.get(f"{address}?per={per}"))
    web.now.time += timedelta(days=3)
    client = web.log_in()
    said = text(client.get("/data/penduduk?tanggal=2001-01-01"))
    assert "Keadaan pada tanggal yang diminta tidak ada; ditampilkan 20 Nov 2026" in said
    assert "hari kiriman pertama" in said
    for day in ("", "2026-11-20", "2026-11-21"):
        said = text(client.get(f"/data/penduduk?tanggal={day}"))
        assert "yang diminta tidak ada" not in said
