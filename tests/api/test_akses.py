"""Unmasking: for a reason, for a while, kept before anything is shown; and who did so."""

import csv
import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from api.format import masked
from api.permissions import Need, allowed
from ledger import ROLES, Account, Wanted, may_read, may_unmask
from tests.api.conftest import Web
from tests.api.test_pages import parsed
from tests.simulator import KODE, KODE_DESA, START, Village, penduduk

PERSON = f"/desa/{KODE_DESA}/penduduk/1"
OTHER = "53.06.14.2002"
NIK, KK = "5306144107800001", "5306140101200009"
WHY = {"tujuan": "pelayanan", "alasan": "surat pindah yang bersangkutan"}
HEADER = {"Alasan": "bantuan: penyaluran BLT tahap dua"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def village(web: Web) -> Village:
    """One person with everything that is protected, and one beside."""
    village = web.village()
    photo = web.blobs.keep(PNG, "image/png")
    with web.databases.ingest.begin() as tx:
        web.blobs.belong(tx, KODE_DESA, [photo], START)
    facts = {"agama_id": 1, "cacat_id": 2, "telepon": "081234567890", "tag_id_card": "RAHASIA7"}
    web.push(
        village,
        [
            penduduk(1, "SITI", nik=NIK, no_kk=KK, foto=photo.reference, **facts),
            penduduk(2, "BUDI", nik="5306144107810002"),
        ],
    )
    web.follow()
    return village


def count(web: Web) -> int:
    return web.access.count(Wanted(KODE))


def test_a_reason_opens_one_person_and_nobody_else(web: Web, village: Village) -> None:
    client = web.log_in()
    closed = parsed(client.get(PERSON))
    assert NIK not in closed
    assert masked(NIK) in closed
    assert client.post(f"{PERSON}/buka", data=WHY).location == PERSON
    page = parsed(client.get(PERSON))
    for shown in (NIK, KK, "081234567890", "Islam"):
        assert shown.lower() in page.lower()
    assert "RAHASIA7" not in page
    assert "5306144107810002" not in parsed(client.get(f"/desa/{KODE_DESA}/penduduk/2"))
    assert NIK not in client.get(f"/desa/{KODE_DESA}/penduduk").text
    (entry,) = web.access.all(Wanted(KODE))
    assert (entry.username, entry.role, entry.id) == (f"staf.{KODE}", "staf", "1")
    assert {"nik", "no_kk", "agama_id", "foto"} <= set(entry.fields)
    assert "tag_id_card" not in entry.fields
    assert NIK not in str(entry)
    assert "SITI" not in str(entry)


def test_it_is_closed_after_a_quarter_of_an_hour(web: Web, village: Village) -> None:
    client = web.log_in()
    client.post(f"{PERSON}/buka", data=WHY)
    assert NIK in client.get(PERSON).text
    web.now.time += timedelta(minutes=15)
    assert NIK not in client.get(PERSON).text
    assert count(web) == 1


def test_it_is_closed_at_once_when_asked(web: Web, village: Village) -> None:
    client = web.log_in()
    client.post(f"{PERSON}/buka", data=WHY)
    client.post(f"{PERSON}/buka", data={"tutup": "1"})
    assert NIK not in client.get(PERSON).text


def test_another_session_of_the_same_account_sees_nothing(web: Web, village: Village) -> None:
    web.log_in().post(f"{PERSON}/buka", data=WHY)
    assert NIK not in web.log_in().get(PERSON).text


@pytest.mark.parametrize("form", [{}, {"tujuan": "pelayanan"}, {**WHY, "tujuan": "x"}])
def test_without_a_reason_nothing_is_opened(
    web: Web, village: Village, form: dict[str, str]
) -> None:
    client = web.log_in()
    client.post(f"{PERSON}/buka", data=form)
    page = client.get(PERSON).text
    assert "Alasan membuka data tidak dapat diterima" in page
    assert NIK not in page
    assert count(web) == 0


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        ("administrator", KODE, 403),
        ("camat", KODE, 302),
        ("auditor", KODE, 302),
        ("operator", KODE_DESA, 302),
        ("operator", OTHER, 404),
    ],
)
def test_who_may_open(web: Web, village: Village, role: str, scope: str, status: int) -> None:
    web.village(OTHER)
    answer = web.log_in(scope, role).post(f"{PERSON}/buka", data=WHY)
    assert answer.status_code == status
    assert count(web) == (status == 302)


def test_both_tables_of_roles_say_the_same() -> None:
    for role in ROLES:
        account = Account("x", "X", role, KODE_DESA)
        assert may_unmask(account, KODE_DESA) is allowed(role, Need.PROTECTED)
        assert may_read(account, KODE_DESA) is allowed(role, Need.SEEN)


def test_nobody_is_opened_who_is_not_there(web: Web, village: Village) -> None:
    assert web.log_in().post(f"/desa/{KODE_DESA}/penduduk/99/buka", data=WHY).status_code == 404
    assert count(web) == 0


def test_a_form_of_another_site_opens_nothing(web: Web, village: Village) -> None:
    client = web.log_in()
    web.app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(f"{PERSON}/buka", data=WHY).status_code == 400
    assert count(web) == 0


def test_a_photo_is_given_while_the_person_is_open(web: Web, village: Village) -> None:
    client = web.log_in()
    photo = f"/desa/{KODE_DESA}/berkas/penduduk/foto/1"
    assert client.get(photo).status_code == 404
    client.post(f"{PERSON}/buka", data=WHY)
    assert photo in client.get(PERSON).text
    with client.get(photo) as answer:
        assert answer.data == PNG
    web.now.time += timedelta(minutes=15)
    assert client.get(photo).status_code == 404


@pytest.mark.parametrize("digits", ["5306144107800001", "12345678", "1234567890", "123", "0"])
def test_the_mask_never_shows_the_last_four_digits(digits: str) -> None:
    assert len(masked(digits)) == len(digits)
    assert set(masked(digits)[-4:]) == {"•"}


# --- for programs --------------------------------------------------------------------------------


def items(client: FlaskClient, headers: dict[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get(
        "/v1/data/penduduk?sex=2", headers=headers
    ).get_json()["items"]
    return found


def test_a_program_states_its_reason_in_a_header(web: Web, village: Village) -> None:
    client = web.log_in()
    assert items(client, {})[0]["nik"] == masked(NIK)
    assert "agama_id" not in items(client, {})[0]
    assert count(web) == 0
    opened = items(client, HEADER)
    assert opened[0]["nik"] == NIK
    assert opened[0]["agama_id"] == 1
    assert "tag_id_card" not in opened[0]
    (entry,) = web.access.all(Wanted(KODE))
    assert (entry.id, entry.people, entry.query) == ("", 2, "sex=2")
    assert (entry.purpose, entry.reason) == ("bantuan", "penyaluran BLT tahap dua")


def test_an_export_is_one_entry_with_the_number_of_people(web: Web, village: Village) -> None:
    answer = web.log_in().get("/v1/data/penduduk?format=csv", headers=HEADER)
    assert NIK in answer.text
    (entry,) = web.access.all(Wanted(KODE))
    assert entry.people == 2


@pytest.mark.parametrize(
    ("role", "header", "status", "code"),
    [
        ("staf", "bantuan", 422, "access-reason"),
        ("staf", "iseng: ingin tahu saja", 422, "access-reason"),
        ("staf", f"bantuan: untuk {NIK}", 422, "access-reason"),
    ],
)
def test_a_reason_that_will_not_do(
    web: Web, village: Village, role: str, header: str, status: int, code: str
) -> None:
    client = web.log_in(KODE, role)
    for format_ in ("json", "csv"):
        answer = client.get(f"/v1/data/penduduk?format={format_}", headers={"Alasan": header})
        assert (answer.status_code, answer.get_json()["code"]) == (status, code)
        assert NIK not in answer.text
    assert count(web) == 0


def test_an_administrator_is_refused_whatever_the_reason(web: Web, village: Village) -> None:
    answer = web.log_in(KODE, "administrator").get("/v1/data/penduduk", headers=HEADER)
    assert answer.status_code == 403
    assert NIK not in answer.text
    assert count(web) == 0


# --- who saw -------------------------------------------------------------------------------------


@pytest.fixture
def seen(web: Web, village: Village) -> Village:
    web.log_in().post(f"{PERSON}/buka", data=WHY)
    web.log_in(KODE, "camat").get("/v1/data/penduduk", headers=HEADER)
    return village


@pytest.mark.parametrize(
    ("role", "status"),
    [("administrator", 200), ("camat", 200), ("auditor", 200), ("operator", 200), ("staf", 403)],
)
def test_who_may_read_who_saw(web: Web, seen: Village, role: str, status: int) -> None:
    scope = KODE_DESA if role == "operator" else KODE
    client = web.log_in(scope, role)
    for path in ("/akses", "/akses.csv", f"{PERSON}/akses"):
        answer = client.get(path)
        assert answer.status_code == status
        if status == 200:
            assert "surat pindah" in answer.text
            assert NIK not in answer.text
            assert "SITI" not in answer.text


def test_accesses_are_narrowed_by_viewer_and_day(web: Web, seen: Village) -> None:
    client = web.log_in(KODE, "auditor")
    assert "<b>2</b> akses" in parsed(client.get("/akses"))
    assert "<b>1</b> akses" in parsed(client.get(f"/akses?pengguna=camat.{KODE}"))
    assert "<b>2</b> akses" in parsed(client.get("/akses?dari=2026-11-20&sampai=2026-11-20"))
    assert "<b>0</b> akses" in parsed(client.get("/akses?sampai=2026-11-19"))
    assert client.get("/akses?dari=kemarin").status_code == 404
    assert client.get("/akses?desa=99.99.99.9999").status_code == 404


def test_an_operator_sees_who_saw_its_own_people_only(web: Web, seen: Village) -> None:
    web.village(OTHER)
    client = web.log_in(OTHER, "operator")
    assert "<b>0</b> akses" in client.get("/akses").text
    assert client.get(f"/akses?desa={KODE_DESA}").status_code == 404
    assert client.get(f"{PERSON}/akses").status_code == 404


def test_a_persons_page_tells_who_may_know_who_saw(web: Web, seen: Village) -> None:
    assert "surat pindah" in parsed(web.log_in(KODE, "auditor").get(PERSON))
    assert "surat pindah" not in web.log_in().get(PERSON).text


def test_a_reason_cannot_be_a_formula(web: Web, village: Village) -> None:
    form = {**WHY, "alasan": '=HYPERLINK("x") lalu <b>'}
    web.log_in().post(f"{PERSON}/buka", data=form)
    client = web.log_in(KODE, "auditor")
    rows = list(csv.reader(io.StringIO(client.get("/akses.csv").text)))
    assert rows[1][-1] == '\'=HYPERLINK("x") lalu <b>'
    assert "lalu &lt;b&gt;" in parsed(client.get("/akses"))
