"""One search over all that an account may see, and nothing beyond."""

import re
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

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
        found = re.findall(r'penduduk/1\?per=1">([^<]+)</a></th>', answer.text)
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
    assert len(plans) == 4
    for it in plans:
        assert "penduduk_nik" in it
        assert "penduduk_no_kk" in it
        assert "Seq Scan on penduduk" not in it
