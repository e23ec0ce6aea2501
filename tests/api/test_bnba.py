"""Lists opened by name: for a reason, kept of everybody first, and of nobody else."""

import html
import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from api.format import is_masked, masked
from api.staff.views.terkait import fields_of
from ledger import MOST_LISTED, Access, Draft, Order, Wanted, Wish
from projections import PROJECTIONS, forget
from tests.api.conftest import Web
from tests.api.markup import faults, parse
from tests.api.reading import read
from tests.simulator import KODE, KODE_DESA, START, Village, penduduk

HERE = f"/desa/{KODE_DESA}"
OTHER = f"{KODE}.2002"
SITI, BUDI, YANI = "5306144107800001", "5306140101810002", "5306144107820003"
CARD, NO_CARD = "5306140101200009", "5306140101200010"
WHY = {"tujuan": "bantuan", "alasan": "verifikasi penerima BLT di lapangan"}
LISTS: dict[str, tuple[str, set[str]]] = {
    f"{HERE}/penduduk?dusun=MAWAR": ("penduduk", {SITI, BUDI, CARD, NO_CARD}),
    "/data/penduduk?sex=1": ("penduduk", {BUDI, NO_CARD}),
    f"{HERE}/data/peserta_bantuan?program_id=5": ("peserta_bantuan", {SITI}),
    f"/data/peserta_bantuan?desa={KODE_DESA}": ("peserta_bantuan", {SITI}),
    f"{HERE}/data/keluarga?dusun=MAWAR": ("keluarga", {CARD, NO_CARD}),
    "/data/keluarga?turunan=1": ("keluarga", {NO_CARD}),
    f"{HERE}/statistik/rincian?nama=pekerjaan&kategori=3": ("penduduk", {SITI, CARD}),
    "/statistik/rincian?nama=pekerjaan&kategori=3": ("penduduk", {SITI, CARD}),
    "/statistik/rincian?nama=peserta-program": ("penduduk", {SITI, CARD}),
    f"{HERE}/laporan-bulanan/2026-11/akhir?sex=1": ("penduduk", {BUDI, NO_CARD}),
    f"{HERE}/laporan-bulanan/2026-11/akhir?apa=keluarga&sex=2": ("penduduk", {SITI, CARD}),
    f"{HERE}/wilayah/rincian?dusun=MAWAR&sex=1": ("penduduk", {BUDI, NO_CARD}),
    f"{HERE}/statistik/rincian?nama=agama&kategori=3": ("penduduk", {SITI, CARD}),
    "/statistik/rincian?nama=agama&kategori=3": ("penduduk", {SITI, CARD}),
}
"""What each list is of, and the numbers that opening it shows."""
WHOLE = {SITI, BUDI, YANI, CARD, NO_CARD}
every_list = pytest.mark.parametrize("address", LISTS)


def village_of(web: Web) -> Village:
    """Three people in two dusun, one of whom is aided, and one whose family has no card."""
    village = web.village()
    siti: dict[str, Any] = {"pekerjaan_id": 3, "agama_id": 3, "id_kk": 1, "dusun": "MAWAR"}
    budi: dict[str, Any] = {"pekerjaan_id": 5, "agama_id": 1, "sex": 1, "dusun": "MAWAR"}
    web.push(
        village,
        [
            penduduk(1, "SITI", nik=SITI, no_kk=CARD, kk_level=1, **siti),
            penduduk(2, "BUDI", nik=BUDI, no_kk=NO_CARD, kk_level=1, **budi),
            penduduk(3, "YANI", nik=YANI, dusun="MELATI", agama_id=1, pekerjaan_id=5),
            stated("keluarga", id=1, no_kk=CARD, kepala_id=1, dusun="MAWAR"),
            stated("program_bantuan", id=5, nama="BLT", sasaran=1, status=True,
                   sdate="2026-01-01", edate="2027-01-01"),
            stated("peserta_bantuan", id=6, program_id=5, sasaran=1, peserta=SITI,
                   kartu_nik=SITI, kartu_id_pend=1),
        ],
    )  # fmt: skip
    return village


def stated(entity: str, **data: object) -> Draft:
    return Draft(entity, str(data["id"]), "put", START, data)


@pytest.fixture(scope="module")
def office(shared_web: Web) -> Web:
    """That village, and another with more people than a list is opened of."""
    village_of(shared_web)
    other = shared_web.village(OTHER)
    crowd = [penduduk(it, f"ORANG {it}", dusun="RAMAI") for it in range(1, MOST_LISTED + 2)]
    shared_web.push(other, crowd)
    shared_web.follow()
    return shared_web


def path_of(address: str) -> str:
    return address.partition("?")[0]


def form_of(client: FlaskClient, address: str) -> str:
    """Where the form goes that a list's page has."""
    found = re.search(r'action="([^"]*/bnba/[^"]*)"', client.get(address).text)
    assert found, address
    return html.unescape(found[1])


def opened(client: FlaskClient, address: str) -> str:
    """Open a list by the form on its page; gives where the form went."""
    action = form_of(client, address)
    answer = client.post(action, data=WHY)
    assert answer.status_code == 302
    assert path_of(answer.location) == path_of(address)
    return action


def whole(client: FlaskClient, address: str) -> set[str]:
    """The numbers that a page shows whole; it is valid, and kept by no cache."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.mimetype == "text/html":
        assert faults(parse(answer.text)) == []
    return {it for it in WHOLE if it in answer.text}


def entries(web: Web) -> list[Access]:
    return web.access.all(Wanted(KODE))


@every_list
def test_a_list_is_opened_whole_with_its_files(office: Web, address: str) -> None:
    client = office.log_in()
    assert whole(client, address) == set()
    opened(client, address)
    entity, shown = LISTS[address]
    assert whole(client, address) == shown
    page = client.get(address).text
    assert "Daftar terbuka (BNBA)" in page
    assert WHY["alasan"] in page
    for format_ in ("csv", "json", "xlsx"):
        answer = client.get(f"{address}&format={format_}")
        assert f'-bnba.{format_}"' in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
        if format_ != "xlsx":
            assert {it for it in WHOLE if it in answer.text} == shown
    said = json.loads(client.get(f"{address}&format=json").text)["keterangan"]
    assert [it for it in said if WHY["alasan"] in it]
    newest = entries(office)[0]
    assert (newest.entity, newest.id, newest.purpose) == (entity, "", WHY["tujuan"])
    assert not [it for it in (*WHOLE, "SITI", "BUDI") if it in str(entries(office))]


@every_list
def test_everybody_in_it_finds_who_opened_it(office: Web, address: str) -> None:
    client = office.log_in(role="camat")
    reason = f"periksa daftar {list(LISTS).index(address)} di lapangan"
    client.post(form_of(client, address), data={**WHY, "alasan": reason})
    for id_, numbers in ((1, {SITI, CARD}), (2, {BUDI, NO_CARD}), (3, {YANI})):
        seen = client.get(f"{HERE}/akses/penduduk/{id_}")
        assert faults(parse(seen.text)) == []
        assert (reason in seen.text) is bool(numbers & LISTS[address][1])
        one = client.get(f"{HERE}/penduduk/{id_}").text
        assert (reason in one) is bool(numbers & LISTS[address][1])


@every_list
def test_nothing_else_is_opened(office: Web, address: str) -> None:
    client = office.log_in()
    opened(client, address)
    others = [it for it in LISTS if path_of(it) == path_of(address) and it != address]
    for other in (*others, f"{HERE}/penduduk", "/data/penduduk", "/data/keluarga"):
        assert whole(client, other) == set(), other
    for id_ in (1, 2, 3):
        assert whole(client, f"{HERE}/penduduk/{id_}") == set()
    assert whole(client, f"{HERE}/data/peserta_bantuan/6") == set()
    assert whole(client, "/v1/data/penduduk") == set()


@every_list
def test_it_is_for_one_session_and_a_quarter_of_an_hour(office: Web, address: str) -> None:
    client = office.log_in()
    action = opened(client, address)
    assert whole(office.log_in(), address) == set()
    assert whole(office.log_in(role="camat"), address) == set()
    client.post(action, data={"tutup": "1"})
    assert whole(client, address) == set()
    opened(client, address)
    assert whole(client, address)
    office.now.time += timedelta(minutes=15)
    for it in (address, f"{address}&format=csv", f"{address}&format=json"):
        assert whole(client, it) == set()


@every_list
@pytest.mark.parametrize("form", [{}, {"tujuan": "bantuan"}, {**WHY, "alasan": f"untuk {SITI}"}])
def test_without_a_reason_nothing_is_opened(
    office: Web, address: str, form: dict[str, str]
) -> None:
    client, before = office.log_in(), len(entries(office))
    client.post(form_of(client, address), data=form)
    page = client.get(address).text
    assert "Alasan membuka data tidak dapat diterima" in page
    assert not [it for it in WHOLE if it in page]
    assert len(entries(office)) == before


@every_list
@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        ("camat", KODE, 302),
        ("auditor", KODE, 302),
        ("operator", KODE_DESA, 302),
        ("operator", OTHER, 404),
        ("staf", OTHER, 404),
        ("administrator", KODE, 403),
    ],
)
def test_who_may_open_a_list(
    office: Web, address: str, role: str, scope: str, status: int
) -> None:
    action = form_of(office.log_in(), address)
    client, before = office.log_in(scope, role), len(entries(office))
    answer = client.post(action, data=WHY)
    if scope == OTHER and "/desa/" not in address and "desa=" not in address:
        # The region of such an account is its own desa, with nobody of these.
        assert answer.status_code == 302
        assert whole(client, address) == set()
        return
    assert answer.status_code == status
    assert (len(entries(office)) > before) is (status == 302)
    if status == 302:
        assert whole(client, address) == LISTS[address][1]


@every_list
def test_a_form_of_another_site_opens_nothing(
    office: Web, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.log_in()
    action = form_of(client, address)
    monkeypatch.setattr(office.app, "config", {**office.app.config, "WTF_CSRF_ENABLED": True})
    assert client.post(action, data=WHY).status_code == 400
    assert whole(client, address) == set()


@every_list
def test_what_cannot_be_kept_is_not_shown(office: Web, address: str) -> None:
    client = office.log_in()
    action = form_of(client, address)
    with office.databases.owner.begin() as tx:
        tx.execute(text("REVOKE INSERT ON ledger.access FROM opendk_ingest"))
    try:
        assert client.post(action, data=WHY).status_code == 500
    finally:
        with office.databases.owner.begin() as tx:
            tx.execute(text("GRANT INSERT ON ledger.access TO opendk_ingest"))
    assert whole(client, address) == set()


CROWDS = {
    f"/desa/{OTHER}/penduduk": f"/desa/{OTHER}/bnba/penduduk",
    f"/data/penduduk?desa={OTHER}": f"/bnba/data/penduduk?desa={OTHER}",
    f"/desa/{OTHER}/statistik/rincian?nama=umur": f"/desa/{OTHER}/bnba/statistik?nama=umur",
    f"/statistik/rincian?nama=umur&desa={OTHER}": f"/bnba/statistik?nama=umur&desa={OTHER}",
    f"/desa/{OTHER}/wilayah/rincian?dusun=RAMAI": f"/desa/{OTHER}/bnba/wilayah?dusun=RAMAI",
}
"""Lists of more people than are opened at once, and where a form of theirs would go."""


@pytest.mark.parametrize(("address", "action"), CROWDS.items())
def test_a_list_that_is_too_long_says_how_long_it_may_be(
    office: Web, address: str, action: str
) -> None:
    client, before = office.log_in(), len(entries(office))
    page = client.get(address).text
    assert "paling banyak 2.000 catatan" in page
    assert "/bnba/" not in page
    assert client.post(action, data=WHY).status_code == 302
    assert "paling banyak 2000 catatan" in client.get(address).text
    assert len(entries(office)) == before


def test_a_list_that_is_open_is_all_on_one_page(web: Web) -> None:
    village = web.village()
    web.push(village, [penduduk(it, f"ORANG {it:02}") for it in range(1, 61)])
    web.follow()
    client = web.log_in()
    for address in (f"{HERE}/penduduk", "/data/penduduk", f"{HERE}/statistik/rincian?nama=umur"):
        assert "Halaman 1 dari 2" in client.get(address).text
        opened(client, address)
        page = client.get(f"{address}{'&' if '?' in address else '?'}hal=2").text
        assert "Halaman" not in page.split("<main", 1)[1]
        (table,) = read(page).tables.values()
        assert len(table.body) == 60


def test_columns_order_and_page_are_of_the_same_list(office: Web) -> None:
    client = office.log_in()
    opened(client, "/data/penduduk?sex=1")
    for more in ("&urut=dusun", "&kolom=nik&kolom=ibu_nik", "&hal=9", "&status_dasar=1"):
        assert BUDI in client.get(f"/data/penduduk?sex=1{more}").text
    assert BUDI not in client.get("/data/penduduk?sex=1&dusun=MAWAR").text


def test_a_spreadsheet_has_numbers_as_texts(office: Web) -> None:
    client = office.log_in()
    address = f"{HERE}/penduduk?dusun=MAWAR"
    opened(client, address)
    with zipfile.ZipFile(io.BytesIO(client.get(f"{address}&format=xlsx").data)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    assert {it for it in WHOLE if f">{it}</t>" in texts} == {SITI, BUDI, CARD, NO_CARD}


@pytest.mark.parametrize("path", ["lembaga", "suplemen_terdata", "apa"])
def test_what_has_nobodys_number_is_no_list_by_name(office: Web, path: str) -> None:
    client = office.log_in()
    assert client.post(f"{HERE}/bnba/data/{path}", data=WHY).status_code == 404
    assert client.post(f"/bnba/data/{path}", data=WHY).status_code == 404
    assert "/bnba/" not in client.get(f"/data/{path}").text


def test_an_empty_list_offers_nothing(office: Web) -> None:
    client, before = office.log_in(), len(entries(office))
    assert "/bnba/" not in client.get(f"{HERE}/penduduk?dusun=TIADA").text
    client.post(f"{HERE}/bnba/penduduk?dusun=TIADA", data=WHY)
    assert len(entries(office)) == before


# --- who is in it, and since when ----------------------------------------------------------------


def test_who_comes_later_stays_masked(web: Web) -> None:
    village, client = village_of(web), web.log_in()
    web.follow()
    address, aided = f"{HERE}/penduduk?dusun=MAWAR", "/statistik/rincian?nama=agama&kategori=1"
    opened(client, address)
    opened(client, aided)
    late = "5306144107990099"
    web.push(village, [penduduk(9, "TUTI", nik=late, dusun="MAWAR", agama_id=1)])
    web.follow()
    page = client.get(address).text
    assert SITI in page
    assert masked(late) in page
    assert late not in page
    assert late not in client.get(f"{address}&format=csv").text
    protected = client.get(aided).text + client.get(f"{aided}&format=json").text
    assert BUDI in protected
    # Whom a protected statistic counts is not even named.
    assert "TUTI" not in protected


def test_the_past_and_the_present_are_opened_each_by_itself(web: Web) -> None:
    village, client = village_of(web), web.log_in()
    web.push(village, [penduduk(1, "SITI", nik=YANI, dusun="MAWAR")])
    web.follow()
    address = f"{HERE}/penduduk?dusun=MAWAR"
    opened(client, f"{address}&per=1")
    assert {SITI, BUDI} <= whole(client, f"{address}&per=1")
    assert whole(client, address) == set()
    assert "kiriman ke-1" in entries(web)[0].query


def test_a_search_is_opened_and_its_words_are_nowhere(web: Web) -> None:
    village_of(web)
    web.follow()
    client = web.log_in()
    address = client.post(f"{HERE}/penduduk", data={"cari": "budi"}).location
    opened(client, address)
    assert whole(client, address) == {BUDI, NO_CARD}
    again = client.post(f"{HERE}/penduduk", data={"cari": "siti"}).location
    assert whole(client, again) == set()
    (entry,) = entries(web)
    assert "hasil pencarian" in entry.query
    assert "budi" not in entry.query.lower()


def test_who_is_erased_is_in_no_list_that_is_open(web: Web) -> None:
    village_of(web)
    web.follow()
    client, camat = web.log_in(), web.log_in(role="camat")
    address = f"{HERE}/penduduk?dusun=MAWAR"
    opened(client, address)
    order = Order("permintaan", "UU 27/2022", "470/12", "camat", "sekcam")
    web.redactions.redact(Wish(KODE_DESA, "penduduk", "1"), order)
    forget(web.databases.projector, PROJECTIONS, web.now)
    assert whole(client, address) == {BUDI, NO_CARD}
    # The access log held nothing of the person but the id.
    page = camat.get(f"{HERE}/akses/daftar/1").text
    assert "Penduduk 1" in page
    assert "SITI" not in page
    assert WHY["alasan"] in camat.get(f"{HERE}/akses/penduduk/1").text


# --- what the access log says --------------------------------------------------------------------


def test_a_list_is_one_line_that_leads_to_who_was_in_it(web: Web) -> None:
    village_of(web)
    web.follow()
    opened(web.log_in(), f"{HERE}/penduduk?dusun=MAWAR")
    auditor = web.log_in(role="auditor")
    page = auditor.get("/akses").text
    assert "<b>1</b> akses" in page
    assert "daftar penduduk, <b>2</b> catatan" in page
    assert "Dusun MAWAR · Status dasar HIDUP · kiriman ke-1" in page
    assert f'<a href="{HERE}/akses/daftar/1">Siapa saja</a>' in page
    among = auditor.get(f"{HERE}/akses/daftar/1").text
    assert faults(parse(among)) == []
    for id_ in (1, 2):
        name = {1: "SITI", 2: "BUDI"}[id_]
        assert f'<a href="{HERE}/penduduk/{id_}">{name}</a>' in among
    assert f"{HERE}/penduduk/3" not in among
    assert f'<a href="{HERE}/akses/daftar/1">daftar ke-1</a>' in (
        auditor.get(f"{HERE}/akses/penduduk/1").text
    )
    taken = auditor.get("/akses.csv").text
    assert len(taken.strip().splitlines()) == 2
    # Whoever looks after the machine is told how many, not who.
    administrator = web.log_in(role="administrator")
    hidden = administrator.get(f"{HERE}/akses/daftar/1").text
    assert "2 catatan" in hidden
    assert "Penduduk 1" not in hidden
    for client, status in (
        (web.log_in(), 403),
        (web.log_in(KODE_DESA, "operator"), 200),
        (auditor, 200),
    ):
        assert client.get(f"{HERE}/akses/daftar/1").status_code == status
    for number in (2, 3, 99):
        assert auditor.get(f"{HERE}/akses/daftar/{number}").status_code == 404


def test_what_a_desa_calls_a_programme_is_not_in_the_log(web: Web) -> None:
    village_of(web)
    web.follow()
    client = web.log_in()
    for address in (
        "/statistik/rincian?nama=peserta-program&kategori=BLT",
        f"{HERE}/data/peserta_bantuan?program_id=5",
    ):
        opened(client, address)
        assert whole(client, address) >= {SITI}
    said = [it.query for it in entries(web)]
    assert said == [
        "ID program 5 · kiriman ke-1",
        "Peserta Menurut Program Bantuan · satu kelompok · 20 Nov 2026",
    ]


def test_the_log_does_not_say_whom_a_protected_statistic_counts(web: Web) -> None:
    village_of(web)
    web.follow()
    opened(web.log_in(), "/statistik/rincian?nama=agama&kategori=3")
    (entry,) = entries(web)
    assert "agama" not in entry.query.lower()
    assert "katholik" not in entry.query.lower()
    assert entry.fields == ("nik", "no_kk", "agama_id")
    camat = web.log_in(role="camat")
    page = camat.get(f"{HERE}/akses/daftar/1").text
    assert "1 catatan" in page
    assert "Penduduk 1" not in page
    (of_siti,) = web.access.of_records(KODE_DESA, [("penduduk", "1")])
    # As if their own page had been opened.
    assert set(of_siti.fields) == {it.name for it in fields_of("penduduk") if is_masked(it)}
    seen = camat.get(f"{HERE}/akses/penduduk/1").text
    assert "dalam daftar" in seen
    assert "/akses/daftar/" not in seen
