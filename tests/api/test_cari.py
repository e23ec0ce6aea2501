"""One search over all that an account may see, and nothing beyond."""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from ledger import SEARCH, Wanted
from ledger.errors import SearchPausedError
from ledger.searches import MISSES
from tests.api.conftest import Web
from tests.simulator import KODE, KODE_DESA, penduduk

OTHER = f"{KODE}.2002"
NIK, KK = "5306140101800001", "5306141212120001"


def search(client: FlaskClient, words: str, query: str = "") -> TestResponse:
    sent = client.post(f"/cari?{query}", data={"kata": words})
    assert sent.status_code == 302
    assert words not in sent.location
    return client.get(sent.location)


def names(answer: TestResponse) -> list[tuple[str, str]]:
    """Desa and name of each row."""
    assert answer.status_code == 200
    row = r'<a href="/desa/([0-9.]+)/penduduk/[^"]+">([^<]+)</a></th>'
    return re.findall(row, answer.text)


def filled(web: Web) -> None:
    first, second = web.village(), web.village(OTHER)
    people = [penduduk(it, f"MARIA KE-{it:03}", no_kk=f"53061412121{it:05}") for it in range(60)]
    web.push(first, [penduduk(900, "YOHANES KELEN TUKAN", nik=NIK, no_kk=KK), *people[1:]])
    web.push(second, [penduduk(1, "Maria  Tukan", no_kk=KK, status_dasar=2)])
    web.follow()


def test_words_and_numbers_find_people_of_every_desa(web: Web) -> None:
    filled(web)
    client = web.log_in()
    found = search(client, "tukan")
    assert names(found) == [(OTHER, "Maria  Tukan"), (KODE_DESA, "YOHANES KELEN TUKAN")]
    assert "530614••••••••••" in found.text
    assert names(search(client, "tukan  yohanes")) == [(KODE_DESA, "YOHANES KELEN TUKAN")]
    for number, who in ((NIK, 1), (f"{NIK[:6]} {NIK[6:]}", 1), (KK, 2), (NIK[:15], 0)):
        answer = search(client, number)
        assert len(names(answer)) == who
    assert "Tidak ada yang cocok" in search(client, "%").text
    assert names(client.get("/cari")) == []

    # Paged, and narrowed to a desa.
    answer = search(client, "maria")
    assert "<b>60</b> orang" in answer.text
    assert len(names(answer)) == 50
    further = re.search(r'rel="next" href="([^"]+)"', answer.text)
    assert further is not None
    assert len(names(client.get(further[1].replace("&amp;", "&")))) == 10
    narrowed = re.search(rf'href="(/cari[^"]+desa={OTHER}[^"]*)"', answer.text)
    assert narrowed is not None
    assert len(names(client.get(narrowed[1].replace("&amp;", "&")))) == 1


def test_in_the_past_too_everybody_is_found_once_and_within_the_scope(web: Web) -> None:
    filled(web)
    past = f"tanggal={web.now.time.date()}"
    web.now.time += timedelta(days=2)
    found = search(web.log_in(), "tukan", past)
    assert "masa lalu" in found.text
    assert names(found) == [(OTHER, "Maria  Tukan"), (KODE_DESA, "YOHANES KELEN TUKAN")]
    operator = web.log_in(OTHER, "operator")
    assert names(search(operator, "tukan", past)) == [(OTHER, "Maria  Tukan")]
    assert names(search(operator, NIK, past)) == []


def test_what_is_out_of_scope_is_not_found(web: Web) -> None:
    filled(web)
    operator = web.log_in(OTHER, "operator")
    assert names(search(operator, "tukan")) == [(OTHER, "Maria  Tukan")]
    assert names(search(operator, NIK)) == []
    assert names(search(operator, KK)) == [(OTHER, "Maria  Tukan")]
    assert operator.get(f"/cari?desa={KODE_DESA}").status_code == 404
    assert operator.get(f"/cari?wilayah={KODE}").status_code == 404
    administrator = web.log_in(KODE, "administrator")
    assert administrator.get("/cari").status_code == 403
    assert 'class="cari-atas"' not in administrator.get("/").text
    assert 'class="cari-atas"' in operator.get("/").text


def test_as_of_a_day(web: Web) -> None:
    web.now.time = datetime(2026, 11, 1, tzinfo=UTC)
    village = web.village()
    web.push(village, [penduduk(1, "LAMA", nik=NIK)])
    web.now.time += timedelta(days=10)
    web.push(village, [penduduk(1, "BARU", nik="5306140101800002")])
    web.follow()
    client = web.log_in()
    for words, now, then in (("lama", [], ["LAMA"]), ("baru", ["BARU"], []), (NIK, [], ["LAMA"])):
        assert [it for _, it in names(search(client, words))] == now
        answer = search(client, words, "tanggal=2026-11-05")
        found = re.findall(r'penduduk/1\?tanggal=2026-11-05">([^<]+)</a></th>', answer.text)
        assert found == then


def test_a_number_is_not_looked_for_among_all_people(web: Web) -> None:
    filled(web)
    with web.databases.projector.begin() as tx:
        tx.execute(
            text("""
                INSERT INTO projections.penduduk (
                    kode_desa, id, from_batch, line, nama, nama_cari, nik, no_kk
                )
                SELECT :kode, 'x' || n, 1, n, 'WARGA', 'WARGA', '53061401' || n, '53061412' || n
                FROM generate_series(10000000, 10020000) AS n
            """),
            {"kode": KODE_DESA},
        )
    with web.databases.owner.begin() as tx:
        tx.execute(text("ANALYZE projections.penduduk"))
    plans: list[str] = []

    @event.listens_for(web.databases.reader, "before_cursor_execute")
    def explain(_connection, cursor, statement, parameters, _context, _many):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if "no_kk" in statement and "projections.penduduk" in statement:
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    web.now.time += timedelta(days=10)
    client = web.log_in()
    for query in ("", "tanggal=2026-11-22"):
        search(client, NIK, query)
    assert len(plans) == 6
    for it in plans:
        assert "penduduk_nik" in it
        assert "penduduk_no_kk" in it
        assert "Seq Scan on penduduk" not in it


# --- a number that is typed ----------------------------------------------------------------------


def entries(web: Web) -> list[tuple[str, str, str, int, tuple[str, ...]]]:
    """What searches left in the access log, the oldest first."""
    found = web.access.all(Wanted(KODE))[::-1]
    assert all(it.purpose == SEARCH for it in found)
    return [(it.username, it.kode_desa, it.id, it.people, it.fields) for it in found]


def tried(client: FlaskClient, numbers: Iterable[int], address: str = "/cari") -> list[int]:
    """What a search for each serial of a NIK is answered."""
    name = "kata" if address == "/cari" else "cari"
    answers = []
    for it in numbers:
        sent = client.post(address, data={name: f"530614410780{it:04}"})
        answers.append(client.get(sent.location).status_code)
    return answers


def test_who_finds_somebody_by_a_number_is_in_the_access_log(web: Web) -> None:
    filled(web)
    client = web.log_in()
    for _ in range(30):
        assert len(names(search(client, NIK))) == 1
    assert entries(web) == [(f"staf.{KODE}", KODE_DESA, "900", 1, ("nik",))]
    web.now.time += timedelta(minutes=16)
    search(client, KK)
    client.get(client.post(f"/desa/{KODE_DESA}/penduduk", data={"cari": NIK}).location)
    assert entries(web)[1:] == [
        (f"staf.{KODE}", KODE_DESA, "900", 1, ("no_kk",)),
        (f"staf.{KODE}", OTHER, "1", 1, ("no_kk",)),
    ]
    web.log_in(KODE, "camat").get(client.post("/cari", data={"kata": NIK}).location)
    assert entries(web)[3:] == [(f"camat.{KODE}", KODE_DESA, "900", 1, ("nik",))]
    told = web.access.all(Wanted(KODE))
    assert not [it for it in told if NIK in it.to_text().decode() or KK in it.to_text().decode()]

    seen = web.log_in(KODE, "auditor").get("/akses").text
    assert "Pencarian dengan nomor" in seen
    # It opens nothing, and nobody can state it as a purpose.
    page = client.get(f"/desa/{KODE_DESA}/penduduk/900").text
    assert NIK not in page
    assert 'value="pencarian"' not in page
    form = {"tujuan": SEARCH, "alasan": "surat pindah yang bersangkutan"}
    client.post(f"/desa/{KODE_DESA}/buka/penduduk/900", data=form)
    assert NIK not in client.get(f"/desa/{KODE_DESA}/penduduk/900").text
    assert len(entries(web)) == 4


def test_a_number_of_more_people_than_a_family_has_is_one_entry(web: Web) -> None:
    village = web.village()
    web.push(village, [penduduk(it, no_kk=KK) for it in range(1, 31)])
    web.follow()
    search(web.log_in(), KK)
    assert entries(web) == [(f"staf.{KODE}", KODE_DESA, "", 30, ("no_kk",))]


def test_a_name_leaves_no_entry(web: Web) -> None:
    filled(web)
    search(web.log_in(), "tukan")
    assert entries(web) == []


@pytest.mark.parametrize("address", ["/cari", f"/desa/{KODE_DESA}/penduduk"])
def test_numbers_are_not_found_by_trying(web: Web, address: str) -> None:
    filled(web)
    client = web.log_in()
    assert tried(client, range(MISSES.free), address) == [200] * MISSES.free
    assert tried(client, range(100, 150), address).count(429) >= 40
    # Neither is what there is: nothing is looked at before the time.
    web.now.time += timedelta(seconds=60)
    tried(client, [200], address)
    refused = client.get(client.post("/cari", data={"kata": NIK}).location)
    assert refused.status_code == 429
    assert "Terlalu banyak nomor yang tidak ditemukan" in refused.text
    # A name can be looked for, and others look for numbers.
    assert len(names(search(client, "tukan"))) == 2
    assert len(names(search(web.log_in(KODE, "camat"), NIK))) == 1
    # Every desa that was looked through has it in its log.
    where = [KODE_DESA, OTHER] if address == "/cari" else [KODE_DESA]
    mine = [it for it in entries(web) if it[0] == f"staf.{KODE}"]
    assert sorted(mine[: len(where)]) == [(f"staf.{KODE}", it, "", 0, ()) for it in where]

    web.now.time += timedelta(hours=9)
    assert len(names(search(client, NIK))) == 1
    assert tried(client, range(1), address) == [200]


def test_what_is_found_costs_nothing(web: Web) -> None:
    """Somebody with a pile of cards, some of them of other places."""
    filled(web)
    client = web.log_in()
    for number in range(MISSES.free - 1):
        tried(client, [number])
        assert len(names(search(client, NIK))) == 1
    assert tried(client, [50]) == [200]


def test_many_at_once_do_not_pass_each_other(web: Web) -> None:
    filled(web)
    web.log_in()
    account = web.accounts.get(f"staf.{KODE}")
    assert account is not None

    def look(_: int) -> bool:
        try:
            web.searches.number(account, [KODE_DESA], dict)
        except SearchPausedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        looked = list(pool.map(look, range(60)))
    # The clock of the tests goes on a second with each look at it.
    assert MISSES.free <= looked.count(True) < MISSES.free + 8
