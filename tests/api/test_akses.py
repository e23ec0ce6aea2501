"""Unmasking: for a reason, for a while, kept before anything is shown; and who did so."""

import csv
import io
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.format import is_masked, masked
from api.permissions import Need, allowed
from api.staff.views.terkait import fields_of
from ledger import ROLES, Account, Draft, Order, Wanted, Wish, may_read, may_unmask
from projections import PROJECTIONS, forget
from projections.queries.catatan import TABLES
from tests.api.conftest import Web
from tests.api.markup import well_formed
from tests.ledger.catalogue.records import SOUND
from tests.simulator import KODE, KODE_DESA, START, Village, penduduk

PERSON = f"/desa/{KODE_DESA}/penduduk/1"
BUKA = f"/desa/{KODE_DESA}/buka/penduduk/1"
AKSES = f"/desa/{KODE_DESA}/akses/penduduk/1"
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
    closed = well_formed(client.get(PERSON))
    assert NIK not in closed
    assert masked(NIK) in closed
    assert client.post(BUKA, data={**WHY, "kembali": PERSON}).location == PERSON
    page = well_formed(client.get(PERSON))
    for shown in (NIK, KK, "081234567890", "Islam"):
        assert shown.lower() in page.lower()
    assert "RAHASIA7" not in page
    assert "5306144107810002" not in well_formed(client.get(f"/desa/{KODE_DESA}/penduduk/2"))
    assert NIK not in client.get(f"/desa/{KODE_DESA}/penduduk").text
    (entry,) = web.access.all(Wanted(KODE))
    assert (entry.username, entry.role, entry.id) == (f"staf.{KODE}", "staf", "1")
    assert {"nik", "no_kk", "agama_id", "foto"} <= set(entry.fields)
    assert "tag_id_card" not in entry.fields
    assert NIK not in str(entry)
    assert "SITI" not in str(entry)


def test_it_is_closed_after_a_quarter_of_an_hour(web: Web, village: Village) -> None:
    client = web.log_in()
    client.post(BUKA, data=WHY)
    assert NIK in client.get(PERSON).text
    web.now.time += timedelta(minutes=15)
    assert NIK not in client.get(PERSON).text
    assert count(web) == 1


def test_it_is_closed_at_once_when_asked(web: Web, village: Village) -> None:
    client = web.log_in()
    client.post(BUKA, data=WHY)
    client.post(BUKA, data={"tutup": "1"})
    assert NIK not in client.get(PERSON).text


def test_another_session_of_the_same_account_sees_nothing(web: Web, village: Village) -> None:
    web.log_in().post(BUKA, data=WHY)
    assert NIK not in web.log_in().get(PERSON).text


@pytest.mark.parametrize("form", [{}, {"tujuan": "pelayanan"}, {**WHY, "tujuan": "x"}])
def test_without_a_reason_nothing_is_opened(
    web: Web, village: Village, form: dict[str, str]
) -> None:
    client = web.log_in()
    client.post(BUKA, data=form)
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
    answer = web.log_in(scope, role).post(BUKA, data=WHY)
    assert answer.status_code == status
    assert count(web) == (status == 302)


def test_both_tables_of_roles_say_the_same() -> None:
    for role in ROLES:
        account = Account("x", "X", role, KODE_DESA)
        assert may_unmask(account, KODE_DESA) is allowed(role, Need.PROTECTED)
        assert may_read(account, KODE_DESA) is allowed(role, Need.SEEN)


def test_nobody_is_opened_who_is_not_there(web: Web, village: Village) -> None:
    assert web.log_in().post(f"/desa/{KODE_DESA}/buka/penduduk/99", data=WHY).status_code == 404
    assert count(web) == 0


def test_a_form_of_another_site_opens_nothing(web: Web, village: Village) -> None:
    client = web.log_in()
    web.app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(BUKA, data=WHY).status_code == 400
    assert count(web) == 0


def test_a_photo_is_given_while_the_person_is_open(web: Web, village: Village) -> None:
    client = web.log_in()
    photo = f"/desa/{KODE_DESA}/berkas/penduduk/foto/1"
    assert client.get(photo).status_code == 404
    client.post(BUKA, data=WHY)
    assert photo in client.get(PERSON).text
    with client.get(photo) as answer:
        assert answer.data == PNG
    web.now.time += timedelta(minutes=15)
    assert client.get(photo).status_code == 404


# --- records of every other kind -----------------------------------------------------------------


FACTS: dict[str, dict[str, Any]] = {
    "desa": {"telepon": "0383-21001"},
    "keluarga": {"no_kk": KK, "kelas_sosial": 2},
    "peristiwa": {"no_kk": KK, "kode": 2, "jenis": "mati", "sebab": 4},
    "rumah_tangga": {"dtks": "DTKS-77001"},
    "aparatur": {"nik": NIK, "agama_id": 3},
    "suplemen_terdata": {"keterangan": "belum melapor", "id_terdata": 1},
    "peserta_bantuan": {"peserta": NIK, "kartu_nik": NIK},
    "surat": {"nik": NIK},
}
"""What records of each kind say that is masked, all of the same person."""
WORDS = {
    "desa": ("0383-21001",),
    "keluarga": (KK, "Keluarga Sejahtera I"),
    "peristiwa": (KK,),
    "rumah_tangga": ("DTKS-77001",),
    "aparatur": (NIK, "Katholik"),
    "suplemen_terdata": ("belum melapor",),
    "peserta_bantuan": (NIK,),
    "surat": (NIK,),
}
"""How their pages say it once they are open."""
LETTER: str = SOUND["surat"]["nomor"]
SIGNED = f"/desa/{KODE_DESA}/surat/lihat?nomor={LETTER}"


def id_of(entity: str) -> str:
    return {"desa": KODE_DESA, "surat": LETTER}.get(entity, "1")


def page_of(entity: str) -> str:
    return f"/desa/{KODE_DESA}/data/{entity}/{id_of(entity)}"


def door_of(entity: str) -> str:
    return f"/desa/{KODE_DESA}/buka/{entity}/{id_of(entity)}"


def shown(client: FlaskClient, entity: str, address: str | None = None) -> set[str]:
    """Of what is masked, what a page shows."""
    answer = client.get(address or page_of(entity))
    assert answer.status_code == 200
    return {it for it in WORDS[entity] if it.lower() in answer.text.lower()}


@pytest.fixture(scope="module")
def kinds(shared_web: Web) -> Web:
    """One record of each kind, about one person."""
    village = shared_web.village()
    shared_web.village(OTHER)
    drafts = [
        Draft(str(entity), id_of(entity), "put", START, SOUND[entity] | FACTS.get(entity, {}))
        for entity in TABLES
        if entity != "penduduk"
    ]
    person = penduduk(1, nik=NIK, no_kk=KK, id_kk=1, id_rtm=1)
    child = penduduk(2, "BUDI", nik="5306144107810002", ibu_nik=NIK)
    shared_web.push(village, [person, child, *drafts])
    shared_web.follow()
    return shared_web


every_kind = pytest.mark.parametrize("entity", FACTS)


def test_every_kind_that_masks_something_is_tried() -> None:
    masks = {it for it in TABLES if any(map(is_masked, fields_of(it)))}
    assert masks == {"penduduk", *FACTS}


@every_kind
def test_a_record_is_masked_until_a_reason_opens_it(kinds: Web, entity: str) -> None:
    client = kinds.log_in()
    assert shown(client, entity) == set()
    before = count(kinds)
    form = {**WHY, "kembali": page_of(entity)}
    assert client.post(door_of(entity), data=form).location == page_of(entity)
    assert shown(client, entity) == set(WORDS[entity])
    entry = kinds.access.all(Wanted(KODE))[0]
    assert count(kinds) == before + 1
    assert (entry.entity, entry.id, entry.people) == (entity, id_of(entity), 1)
    assert (entry.purpose, entry.reason) == (WHY["tujuan"], WHY["alasan"])
    assert set(entry.fields) == {it.name for it in fields_of(entity) if is_masked(it)}
    assert FACTS[entity].keys() & set(entry.fields)


@every_kind
def test_lists_and_their_files_stay_masked_while_a_record_is_open(kinds: Web, entity: str) -> None:
    client = kinds.log_in()
    client.post(door_of(entity), data=WHY)
    columns = "".join(f"&kolom={it.name}" for it in fields_of(entity))
    for place in ("", f"/desa/{KODE_DESA}"):
        for format_ in ("", "&format=csv", "&format=json"):
            assert not shown(client, entity, f"{place}/data/{entity}?x={columns}{format_}")


@every_kind
def test_a_record_is_closed_again(kinds: Web, entity: str) -> None:
    client = kinds.log_in()
    client.post(door_of(entity), data=WHY)
    assert shown(kinds.log_in(), entity) == set()
    client.post(door_of(entity), data={"tutup": "1"})
    assert shown(client, entity) == set()
    client.post(door_of(entity), data=WHY)
    kinds.now.time += timedelta(minutes=15)
    assert shown(client, entity) == set()


@every_kind
@pytest.mark.parametrize(
    ("role", "scope", "form", "status"),
    [
        ("staf", KODE, {"tujuan": "pelayanan"}, 302),
        ("administrator", KODE, WHY, 403),
        ("operator", OTHER, WHY, 404),
    ],
)
def test_nothing_of_a_record_is_opened_without_a_reason_or_a_right(
    kinds: Web, entity: str, role: str, scope: str, form: dict[str, str], status: int
) -> None:
    client, before = kinds.log_in(scope, role), count(kinds)
    assert client.post(door_of(entity), data=form).status_code == status
    assert count(kinds) == before
    page = client.get(page_of(entity)).text
    assert not [it for it in WORDS[entity] if it in page]


@every_kind
def test_an_operator_opens_records_of_its_own_desa(kinds: Web, entity: str) -> None:
    client = kinds.log_in(KODE_DESA, "operator")
    client.post(door_of(entity), data=WHY)
    assert shown(client, entity) == set(WORDS[entity])


@every_kind
def test_who_opened_a_record_is_on_its_own_page(kinds: Web, entity: str) -> None:
    reason = f"perkara {entity} di loket dua"
    kinds.log_in().post(door_of(entity), data={**WHY, "alasan": reason})
    auditor = kinds.log_in(KODE, "auditor")
    seen = f"/desa/{KODE_DESA}/akses/{entity}/{id_of(entity)}"
    assert reason in auditor.get(page_of(entity)).text
    assert reason in auditor.get(seen).text
    assert reason in kinds.log_in(KODE, "administrator").get(seen).text
    assert kinds.log_in().get(seen).status_code == 403
    assert kinds.log_in(OTHER, "operator").get(seen).status_code == 404
    assert page_of(entity) in auditor.get("/akses").text


@pytest.mark.parametrize("entity", [*FACTS.keys() - {"desa", "suplemen_terdata"}, "penduduk"])
def test_a_person_finds_who_saw_them_in_another_record(kinds: Web, entity: str) -> None:
    door = f"/desa/{KODE_DESA}/buka/penduduk/2" if entity == "penduduk" else door_of(entity)
    reason = f"melihat {entity} dari orang pertama"
    kinds.log_in().post(door, data={**WHY, "alasan": reason})
    assert reason in kinds.log_in(KODE, "camat").get(AKSES).text
    # Whose records these are is about people; who looks after the machine is not told.
    assert reason not in kinds.log_in(KODE, "administrator").get(AKSES).text


def test_who_stands_in_a_suplemen_is_not_told_by_who_opened_it(kinds: Web) -> None:
    reason = "memeriksa daftar tanpa orang"
    kinds.log_in().post(door_of("suplemen_terdata"), data={**WHY, "alasan": reason})
    assert reason not in kinds.log_in(KODE, "camat").get(AKSES).text


def test_members_of_an_open_family_stay_masked(kinds: Web) -> None:
    client = kinds.log_in()
    client.post(door_of("keluarga"), data=WHY)
    page = client.get(page_of("keluarga")).text
    assert "SITI" in page
    assert NIK not in page
    assert NIK not in client.get(PERSON).text


def test_participants_stay_masked_on_the_page_of_their_programme(kinds: Web) -> None:
    client = kinds.log_in()
    client.post(door_of("peserta_bantuan"), data=WHY)
    page = client.get(f"/desa/{KODE_DESA}/data/program_bantuan/1").text
    assert masked(NIK) in page
    assert NIK not in page


def test_a_letter_is_opened_from_the_page_where_it_is_decided(kinds: Web) -> None:
    client = kinds.log_in()
    assert shown(client, "surat", SIGNED) == set()
    assert client.post(door_of("surat"), data={**WHY, "kembali": SIGNED}).location == SIGNED
    assert shown(client, "surat", SIGNED) == {NIK}
    client.post(door_of("surat"), data={"tutup": "1"})
    assert shown(client, "surat", SIGNED) == set()


@pytest.mark.parametrize("path", ["lembaga/1", "keluarga/99", "upload/1", "apa/1"])
def test_what_has_nothing_masked_or_is_not_there_is_not_opened(kinds: Web, path: str) -> None:
    before = count(kinds)
    answer = kinds.log_in().post(f"/desa/{KODE_DESA}/buka/{path}", data=WHY)
    assert answer.status_code == 404
    assert "Buka dan catat" not in kinds.log_in().get(f"/desa/{KODE_DESA}/data/lembaga/1").text
    assert count(kinds) == before


def test_a_form_leads_back_to_pages_of_ours_alone(kinds: Web) -> None:
    form = {**WHY, "kembali": "//jahat.example/"}
    assert kinds.log_in().post(door_of("keluarga"), data=form).location == "/"


BOTH = pytest.mark.parametrize(
    ("entity", "path", "number"),
    [("penduduk", "penduduk", NIK), ("keluarga", "data/keluarga", KK)],
)


@BOTH
def test_what_was_deleted_opens_as_it_was(web: Web, entity: str, path: str, number: str) -> None:
    village = web.village()
    record = SOUND[entity] | {"nik": NIK, "no_kk": KK} if entity == "penduduk" else FACTS[entity]
    web.push(village, [Draft(entity, "1", "put", START, record)])
    web.push(village, [Draft(entity, "1", "delete", START)])
    web.follow()
    client, page = web.log_in(), f"/desa/{KODE_DESA}/{path}/1"
    assert "Buka dan catat" not in client.get(page).text
    before = client.get(f"{page}?per=1").text
    assert "Buka dan catat" in before
    assert number not in before
    client.post(f"/desa/{KODE_DESA}/buka/{entity}/1", data={**WHY})
    assert number in client.get(f"{page}?per=1").text
    assert number not in client.get(page).text


@BOTH
def test_of_what_was_redacted_nothing_is_opened(
    web: Web, entity: str, path: str, number: str
) -> None:
    village = web.village()
    record = SOUND[entity] | {"nik": NIK, "no_kk": KK} if entity == "penduduk" else FACTS[entity]
    web.push(village, [Draft(entity, "1", "put", START, record)])
    web.follow()
    client, page = web.log_in(), f"/desa/{KODE_DESA}/{path}/1"
    client.post(f"/desa/{KODE_DESA}/buka/{entity}/1", data=WHY)
    assert number in client.get(page).text
    order = Order("permintaan", "UU 27/2022", "470/12", "camat", "sekcam")
    web.redactions.redact(Wish(KODE_DESA, entity, "1"), order)
    forget(web.databases.projector, PROJECTIONS, web.now)
    answer = client.get(page)
    assert answer.status_code == 410
    assert "UU 27/2022" in answer.text
    assert number not in answer.text
    assert client.post(f"/desa/{KODE_DESA}/buka/{entity}/1", data=WHY).status_code == 404


def test_a_history_stays_masked_while_its_record_is_open(web: Web) -> None:
    village = web.village()
    for number in ("5306140101200007", KK):
        web.push(village, [Draft("keluarga", "1", "put", START, {"no_kk": number})])
    web.follow()
    client = web.log_in()
    client.post(door_of("keluarga"), data=WHY)
    page = client.get(page_of("keluarga")).text
    assert KK in page
    assert "5306140101200007" not in page


def test_many_long_numbers_of_letters_fit_into_a_cookie(web: Web) -> None:
    village = web.village()
    numbers = [sha256(bytes([it])).hexdigest() for it in range(20)]
    web.push(
        village,
        [Draft("surat", it, "put", START, SOUND["surat"] | {"nomor": it}) for it in numbers],
    )
    web.follow()
    client = web.log_in()
    doors = [f"/desa/{KODE_DESA}/buka/surat/{it}" for it in numbers]
    answers = [client.post(it, data=WHY) for it in doors]
    assert len(answers[-1].headers["Set-Cookie"]) < 4_000
    for number in numbers:
        page = client.get(f"/desa/{KODE_DESA}/data/surat/{number}").text
        assert SOUND["surat"]["nik"] in page


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
    web.log_in().post(BUKA, data=WHY)
    web.log_in(KODE, "camat").get("/v1/data/penduduk", headers=HEADER)
    return village


@pytest.mark.parametrize(
    ("role", "status"),
    [("administrator", 200), ("camat", 200), ("auditor", 200), ("operator", 200), ("staf", 403)],
)
def test_who_may_read_who_saw(web: Web, seen: Village, role: str, status: int) -> None:
    scope = KODE_DESA if role == "operator" else KODE
    client = web.log_in(scope, role)
    for path in ("/akses", "/akses.csv", AKSES):
        answer = client.get(path)
        assert answer.status_code == status
        if status == 200:
            assert "surat pindah" in answer.text
            assert NIK not in answer.text
            assert "SITI" not in answer.text


def test_accesses_are_narrowed_by_viewer_and_day(web: Web, seen: Village) -> None:
    client = web.log_in(KODE, "auditor")
    assert "<b>2</b> akses" in well_formed(client.get("/akses"))
    assert "<b>1</b> akses" in well_formed(client.get(f"/akses?pengguna=camat.{KODE}"))
    assert "<b>2</b> akses" in well_formed(client.get("/akses?dari=2026-11-20&sampai=2026-11-20"))
    assert "<b>0</b> akses" in well_formed(client.get("/akses?sampai=2026-11-19"))
    assert client.get("/akses?dari=kemarin").status_code == 404
    assert client.get("/akses?desa=99.99.99.9999").status_code == 404


def test_an_operator_sees_who_saw_its_own_people_only(web: Web, seen: Village) -> None:
    web.village(OTHER)
    client = web.log_in(OTHER, "operator")
    assert "<b>0</b> akses" in client.get("/akses").text
    assert client.get(f"/akses?desa={KODE_DESA}").status_code == 404
    assert client.get(AKSES).status_code == 404


def test_a_persons_page_tells_who_may_know_who_saw(web: Web, seen: Village) -> None:
    assert "surat pindah" in well_formed(web.log_in(KODE, "auditor").get(PERSON))
    assert "surat pindah" not in web.log_in().get(PERSON).text


def test_a_reason_cannot_be_a_formula(web: Web, village: Village) -> None:
    form = {**WHY, "alasan": '=HYPERLINK("x") lalu <b>'}
    web.log_in().post(BUKA, data=form)
    client = web.log_in(KODE, "auditor")
    rows = list(csv.reader(io.StringIO(client.get("/akses.csv").text)))
    assert rows[1][-1] == '\'=HYPERLINK("x") lalu <b>'
    assert "lalu &lt;b&gt;" in well_formed(client.get("/akses"))
