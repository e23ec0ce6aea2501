"""The staff's pages: who sees what, as of when, and that nothing deceives."""

import html
import re
import threading
from datetime import timedelta

import html5lib
import pytest
from flask.testing import FlaskClient

from api.format import HIDDEN, masked, visible
from ledger import Checkpoint, Draft, Note
from tests.api.conftest import PASSWORD, Web
from tests.api.markup import well_formed
from tests.simulator import KODE, KODE_DESA, ORIGIN, START, Village, deleted, penduduk

LIST = f"/desa/{KODE_DESA}/penduduk"
NIK = "5306144107800001"


@pytest.fixture
def filled(web: Web, village: Village) -> Village:
    return fill(web, village)


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """Somebody who only looks, at the same."""
    fill(shared_web, shared_web.village())
    return shared_web.log_in()


def fill(web: Web, village: Village) -> Village:
    """Three batches: three people; one moves and one is a mistake; one more comes."""
    people = [
        penduduk(1, "SITI AMINAH", nik=NIK, dusun="MAWAR", no_kk="5306140101200001", agama_id=1),
        penduduk(2, "BUDI SANTOSO", sex=1, dusun="MELATI", tanggal_lahir="1980-05-17"),
        penduduk(3, "SALAH KETIK", sex=1),
    ]
    web.push(village, people)
    web.push(village, [penduduk(2, "BUDI SANTOSO", sex=1, dusun="MAWAR"), deleted(3)])
    web.push(village, [penduduk(4, "RINA KOTEN", dusun="MAWAR")])
    web.follow()
    return village


# --- log-in --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", LIST, f"{LIST}/1", f"/desa/{KODE_DESA}/kiriman"])
def test_whoever_is_not_logged_in_is_led_there_and_back(
    web: Web, filled: Village, path: str
) -> None:
    answer = web.client.get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/masuk?ke=")
    web.log_in()
    form = {"username": f"staf.{KODE}", "password": PASSWORD}
    assert web.client.post(answer.location, data=form).location == path


@pytest.mark.parametrize("target", ["//jahat.example", "https://jahat.example", "/\\jahat"])
def test_nobody_is_led_elsewhere(web: Web, target: str) -> None:
    web.log_in()
    form = {"username": f"staf.{KODE}", "password": PASSWORD, "ke": target}
    assert web.client.post("/masuk", data=form).location == "/"


def test_a_wrong_password_says_no_more_than_that(web: Web) -> None:
    web.log_in()
    wrong = web.client.post("/masuk", data={"username": f"staf.{KODE}", "password": "x"})
    nobody = web.client.post("/masuk", data={"username": "nobody", "password": "x"})
    assert wrong.status_code == nobody.status_code == 401
    assert "Nama pengguna, kata sandi, atau kode salah." in well_formed(wrong)
    token = re.compile(r'name="csrf_token" value="[^"]+"')
    said = [token.sub("", it.text) for it in (wrong, nobody)]
    assert said[0].replace(f"staf.{KODE}", "") == said[1].replace("nobody", "")


def test_guessing_is_slowed_down(web: Web) -> None:
    client = web.log_in()
    form = {"username": f"staf.{KODE}", "password": "salah"}
    answers = [client.post("/masuk", data=form).status_code for _ in range(12)]
    assert answers[:5] == [401] * 5
    assert 429 in answers
    slowed = client.post("/masuk", data={**form, "password": PASSWORD})
    assert slowed.status_code == 429
    assert "Terlalu banyak percobaan" in well_formed(slowed)
    web.now.time += timedelta(minutes=6)
    assert client.post("/masuk", data={**form, "password": PASSWORD}).status_code == 302


def test_log_out_ends_the_session(web: Web) -> None:
    client = web.log_in()
    assert client.get("/").status_code == 200
    assert client.post("/keluar").location == "/masuk"
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/masuk", "/keluar", LIST])
def test_a_form_without_our_token_is_not_taken(web: Web, filled: Village, path: str) -> None:
    client = web.log_in()
    web.app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(path, data={"cari": "x"}).status_code == 400


# --- who sees what -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["penduduk", "penduduk/1", "kiriman", "kiriman/1", "penduduk/99", "kiriman/99"]
)
def test_another_desa_is_as_if_it_were_not_there(web: Web, filled: Village, path: str) -> None:
    web.village("53.06.14.2002")
    client = web.log_in("53.06.14.2002", "operator")
    foreign = client.get(f"/desa/{KODE_DESA}/{path}")
    absent = client.get(f"/desa/53.06.14.2099/{path}")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.text == absent.text


def test_the_list_of_villages_is_of_the_scope(web: Web, filled: Village) -> None:
    web.village("53.06.14.2002")
    assert "53.06.14.2002" in web.log_in().get("/").text
    assert KODE_DESA not in web.log_in("53.06.14.2002", "operator").get("/").text


def test_pages_are_not_cached_and_trust_nobody_else(web: Web, filled: Village) -> None:
    headers = web.log_in().get(LIST).headers
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_no_nik_is_shown_in_full(web: Web, filled: Village) -> None:
    client = web.log_in()
    for path in (LIST, f"{LIST}/1", f"/desa/{KODE_DESA}/kiriman/1"):
        page = client.get(path).text
        assert NIK not in page
        assert NIK[-4:] not in page
    assert masked(NIK) == "530614••••••••••"
    assert masked(NIK) in client.get(LIST).text


def test_what_is_protected_is_named_and_not_shown(web: Web, filled: Village) -> None:
    page = web.log_in().get(f"{LIST}/1").text
    assert "ISLAM" not in page
    assert "karena data terlindungi: Agama." in page
    assert HIDDEN


# --- the pages -----------------------------------------------------------------------------------


def test_villages_with_their_last_batch(web: Web, filled: Village) -> None:
    page = well_formed(web.log_in().get("/"))
    assert f"/desa/{KODE_DESA}/kiriman/3" in page
    assert "terkini" in page


def test_a_village_that_never_pushed_and_one_that_is_late(web: Web, filled: Village) -> None:
    web.village("53.06.14.2002")
    assert "belum pernah mengirim" in well_formed(web.log_in().get("/"))
    web.now.time = START + timedelta(days=30, hours=1)
    assert "terlambat 30 hari" in web.log_in().get("/").text


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a[^>]*>([^<]+)</a>', page)


def test_the_people_now_and_as_of_a_batch(web: Web, filled: Village) -> None:
    client = web.log_in()
    assert names(well_formed(client.get(LIST))) == ["BUDI SANTOSO", "RINA KOTEN", "SITI AMINAH"]
    past = well_formed(client.get(f"{LIST}?per=1"))
    assert names(past) == ["BUDI SANTOSO", "SALAH KETIK", "SITI AMINAH"]
    assert "masa lalu" in past
    assert "per=1" in past.split("<table")[1]


@pytest.mark.parametrize("per", ["0", "3", "99", "-1", "x", "٢", "1" * 50])
def test_a_batch_that_is_no_past_is_the_present(client: FlaskClient, per: str) -> None:
    assert "masa lalu" not in client.get(f"{LIST}?per={per}").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sex=1", ["BUDI SANTOSO"]),
        ("sex=2", ["RINA KOTEN", "SITI AMINAH"]),
        ("dusun=MAWAR&per=1", ["SITI AMINAH"]),
        ("dusun=-&per=1", ["SALAH KETIK"]),
        ("status_dasar=semua", ["BUDI SANTOSO", "RINA KOTEN", "SITI AMINAH"]),
        ("status_dasar=2", []),
        ("urut=nama&arah=turun", ["SITI AMINAH", "RINA KOTEN", "BUDI SANTOSO"]),
        ("hal=2", ["BUDI SANTOSO", "RINA KOTEN", "SITI AMINAH"]),  # the last there is
    ],
)
def test_a_list_narrowed_and_sorted(client: FlaskClient, query: str, found: list[str]) -> None:
    assert names(well_formed(client.get(f"{LIST}?{query}"))) == found


@pytest.mark.parametrize("query", ["sex=x", "urut=nik", "sex=99999999999"])
def test_what_cannot_be_asked(client: FlaskClient, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code == 404


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("siti", ["SITI AMINAH"]),
        ("aminah  siti", ["SITI AMINAH"]),
        ("i", ["BUDI SANTOSO", "RINA KOTEN", "SITI AMINAH"]),
        ("%", []),
        (NIK, ["SITI AMINAH"]),
        ("5306140101200001", ["SITI AMINAH"]),
        ("530614 4107800001", ["SITI AMINAH"]),
        ("5306144107800002", []),
    ],
)
def test_a_search_does_not_stand_in_the_address(
    client: FlaskClient, words: str, found: list[str]
) -> None:
    there = client.post(f"{LIST}?sex=", data={"cari": words}).location
    assert words.split(maxsplit=1)[0] not in there.split("cari=")[0]
    assert "siti" not in there.lower()
    assert NIK not in there
    assert names(well_formed(client.get(there))) == found


def test_a_seal_that_is_none_searches_nothing(web: Web, filled: Village) -> None:
    assert len(names(web.log_in().get(f"{LIST}?cari=abc").text)) == 3


def test_a_person_leads_to_changes_and_these_to_batches(web: Web, filled: Village) -> None:
    client = web.log_in()
    page = well_formed(client.get(f"{LIST}/2"))
    assert "<del>MELATI</del> → <ins>MAWAR</ins>" in page
    assert f"/desa/{KODE_DESA}/kiriman/2?hal=1#baris-1" in page
    batch = well_formed(client.get(f"/desa/{KODE_DESA}/kiriman/2"))
    assert 'id="baris-1"' in batch
    assert f"{LIST}/2?per=2" in batch
    assert "Tanda tangan sah: ditandatangani desa" in batch
    assert "c2sp.org/tlog-proof@v1" in batch


def test_a_deleted_person_keeps_a_history(web: Web, filled: Village) -> None:
    page = well_formed(web.log_in().get(f"{LIST}/3"))
    assert "tidak ada lagi" in page
    assert "SALAH KETIK" in web.log_in().get(f"{LIST}/3?per=1").text


def test_batches_and_refusals(web: Web, filled: Village) -> None:
    web.client.post(
        f"/v1/desa/{KODE_DESA}/batches", data=filled.sign([penduduk(9)], number=9).to_bytes()
    )
    client = web.log_in()
    page = well_formed(client.get(f"/desa/{KODE_DESA}/kiriman"))
    assert "diharapkan 4, diterima 9" in page
    assert "#3" in page
    assert "1 kiriman ditolak" in client.get("/").text
    earlier = well_formed(client.get(f"/desa/{KODE_DESA}/kiriman?sebelum=2"))
    assert "#2" not in earlier.split("<table")[1]


def test_a_damaged_batch_is_told_from_its_bytes(web: Web, filled: Village) -> None:
    from sqlalchemy import text  # noqa: PLC0415  # to do what the database refuses

    with web.databases.owner.begin() as tx:
        tx.execute(text("ALTER TABLE ledger.batch DISABLE TRIGGER refuse_change"))
        tx.execute(
            text("""
                UPDATE ledger.batch SET packed = other.packed FROM ledger.batch AS other
                WHERE batch.kode_desa = :kode AND batch.position = 3
                    AND other.kode_desa = :kode AND other.position = 1
            """),
            {"kode": KODE_DESA},
        )
    page = well_formed(web.log_in().get(f"/desa/{KODE_DESA}/kiriman/3"))
    assert "Isi BERBEDA dari yang ditandatangani" in page


@pytest.mark.parametrize("path", [f"{LIST}/99", f"/desa/{KODE_DESA}/kiriman/99", "/tidak-ada"])
def test_what_is_not_there_is_said_kindly(web: Web, filled: Village, path: str) -> None:
    answer = web.log_in().get(path)
    assert answer.status_code == 404
    assert "Ke daftar desa" in well_formed(answer)


def test_markup_and_tricks_in_a_statement_are_text(web: Web, village: Village) -> None:
    evil = "<script>alert(1)</script>\"'&\u202eTERBALIK\u200b"
    fields = ("nama", "dusun", "alamat", "rt", "ayah_nama", "tempat_lahir", "ket")
    record = {"id": 1, "status_dasar": 1, **dict.fromkeys(fields, evil)}
    web.push(village, [Draft("penduduk", "1", "put", START, record)])
    web.push(village, [Draft("<b>x".replace("<b>", ""), "<i>7</i>", "put", START, {"a": evil})])
    web.follow()
    client = web.log_in()
    for path in (
        LIST,
        f"{LIST}/1",
        f"/desa/{KODE_DESA}/kiriman/1",
        f"/desa/{KODE_DESA}/kiriman/2",
    ):
        page = well_formed(client.get(path))
        assert "<script>" not in page
        assert "<i>7" not in page
        shown = "".join(html5lib.parse(page).itertext())
        assert "\u202e" not in shown
        assert "\u200b" not in shown


def test_invisible_characters_show() -> None:
    assert visible("a\u202eb\u0007") == "a⟨U+202E⟩b⟨U+0007⟩"


def test_the_programs_pages(web: Web) -> None:
    spec = web.client.get("/openapi.json").json
    assert spec
    assert spec["openapi"] == "3.1.0"
    assert "/v1/desa/{kode}/batches" in spec["paths"]
    assert "/v1/desa/{kode}/batches" in well_formed(web.client.get("/docs"))
    assert web.client.get("/healthz").text == "ok\n"
    assert web.client.get("/readyz").text == "ok\n"


def test_operators_see_how_far_projections_are(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1)])
    before = web.client.get("/metrics").text
    assert f'opendk_log_batches{{kode_desa="{KODE_DESA}"}} 1.0' in before
    lag = f'opendk_projection_behind_batches{{kode_desa="{KODE_DESA}",projection="penduduk"}}'
    assert f"{lag} 1.0" in before
    waits = lag.replace("behind_batches", "lag_seconds")
    (told,) = (it for it in before.splitlines() if it.startswith(waits))
    assert 0 < float(told.split()[1]) < 60
    web.follow()
    after = web.client.get("/metrics").text
    assert f"{lag} 0.0" in after
    assert f"{waits} 0.0" in after
    assert 'opendk_projections{state="parked"} 0.0' in before


def test_the_monthly_report_bears_the_offices_checkpoint(web: Web, village: Village) -> None:
    """As text and as a QR code, for paper: signed, and checkable without us."""
    web.push(village, [penduduk(1)])
    web.follow()
    page = web.log_in().get(f"/desa/{KODE_DESA}/laporan-bulanan").text
    printed = html.unescape(page.partition("<pre>")[2].partition("</pre>")[0])
    note = Note.from_bytes(printed.encode())
    key = web.office.log_key(KODE).verifier
    assert Checkpoint.opened(note, key).origin == f"{ORIGIN}/{KODE}"
    assert '<svg viewBox="0 0 ' in page
    assert 'class="qr"' in page


def test_a_page_waits_for_the_batch_that_its_address_names(
    web: Web, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.push(village, [penduduk(1)])
    client = web.log_in()
    monkeypatch.setattr("api.staff.views.frame.PAGE_WAIT_S", 0.1)
    late = client.get(f"{LIST}?per=1")
    assert late.status_code == 503
    assert "masih diolah" in late.text
    monkeypatch.setattr("api.staff.views.frame.PAGE_WAIT_S", 60)
    coming = threading.Timer(0.2, web.follow)
    coming.start()
    assert client.get(f"{LIST}?per=1").status_code == 200
    coming.join()
