"""Dates at the ends of the calendar, which a desa may state: every page stays whole."""

import html
import re
import time
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from api.auth import need_of
from api.format import moments
from api.permissions import ALLOWED, OPEN
from ledger import Draft, read_entry
from ledger.catalogue import ENTITIES
from projections.queries.catatan import TABLES
from projections.queries.mutasi import account, beyond
from tests.api.conftest import Web
from tests.ledger.catalogue.records import SOUND
from tests.simulator import KODE, KODE_DESA, START, penduduk

ENDS: Final = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "0999-06-30T12:00:00Z",
    "9998-01-02T00:00:00Z",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
)
DAYS: Final = ("0001-01-01", "0999-06-30", "2926-11-20", "9999-12-31")
LINK: Final = re.compile(r'(?:href|action)="(/[^"#]*)"')


def stated(entity: str, id_: int, at: str, day: str) -> Draft:
    """A record of which every day is the same."""
    kind = ENTITIES[entity]
    data: dict[str, Any] = dict(SOUND[entity])
    for field in kind.fields:
        if field.column == "date":
            data[field.name] = day
        elif field.column.startswith("timestamp"):
            data[field.name] = f"{day} 23:59:59"
    data[kind.key] = id_ if kind.key == "id" and entity != "apbdes" else str(id_)
    if entity == "desa":
        data[kind.key] = KODE_DESA
    if entity == "peristiwa":
        data["id_pend"] = id_
    name = KODE_DESA if entity == "desa" else str(id_)
    return Draft(str(entity), name, "put", datetime.fromisoformat(at), data)


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    web = shared_web
    village = web.village()
    web.push(village, [penduduk(90, nik="5306144107800001", tanggal_lahir="1980-01-01")])
    for number, at in enumerate(ENDS, start=1):
        day = DAYS[number % len(DAYS)]
        web.push(village, [stated(it, number, at, day) for it in TABLES])
    for moment in (
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1000, 1, 1, tzinfo=UTC),
    ):
        batch = village.sign([penduduk(90)], time=moment)
        village.accept(batch, web.append(batch).receipt)
    web.follow()
    with web.databases.reader.connect() as tx:
        assert read_entry(tx, KODE_DESA, 8).manifest.time.year == 9999
    return web.log_in(KODE, "camat")


def crawl(web: Web, client: FlaskClient) -> dict[str, int]:
    """What every page that can be reached answers, of each kind some."""
    adapter = web.app.url_map.bind("localhost")
    ways: dict[object, int] = {}
    found: dict[str, int] = {}
    queue = ["/", "/desa", "/apbdes", "/metrics", f"/v1/audit/desa/{KODE_DESA}/diff"]
    queue += [f"/desa/{KODE_DESA}/kiriman/{it}" for it in range(1, 10)]
    for entity in TABLES:
        queue += [f"/v1/data/{entity}", f"/v1/data/{entity}?format=csv"]
        queue.append(f"/v1/audit/desa/{KODE_DESA}/history?entity={entity}&id=6")
        for kind in ("", "?format=csv", "?format=xlsx", "?format=json"):
            queue.append(f"/desa/{KODE_DESA}/data/{entity}{kind}")
    while queue:
        address = queue.pop()
        if address in found:
            continue
        answer = client.get(address)
        page = answer.get_data()
        found[address] = answer.status_code
        if answer.mimetype != "text/html":
            continue
        for link in LINK.findall(page.decode()):
            address = html.unescape(link)
            if address.startswith("/static"):
                continue
            try:
                endpoint, values = adapter.match(urlsplit(address).path, method="GET")
            except Exception:  # noqa: BLE001  # a form's, or none of ours
                continue
            need = need_of(web.app.view_functions[endpoint])
            names = frozenset(it for it, _ in parse_qsl(urlsplit(address).query))
            way = (endpoint, values.get("entity"), names)
            if need in ALLOWED["camat"] | OPEN and ways.setdefault(way, 0) < 3:
                ways[way] += 1
                queue.append(address)
    return found


def test_no_page_breaks(shared_web: Web, client: FlaskClient) -> None:
    found = crawl(shared_web, client)
    assert len(found) > 300
    assert {it: status for it, status in found.items() if status >= 500} == {}
    administrator = shared_web.log_in(KODE, "administrator")
    for page in ("/operasi", "/pengguna", "/pemberitahuan", "/saksi"):
        assert administrator.get(page).status_code == 200


def test_reports_are_as_long_as_there_is_something_to_report(
    shared_web: Web, client: FlaskClient
) -> None:
    for page in ("statistik", "laporan-bulanan"):
        begun = time.monotonic()
        answer = client.get(f"/desa/{KODE_DESA}/{page}")
        assert time.monotonic() - begun < 1
        assert len(answer.get_data()) < 100_000
    page = client.get(f"/desa/{KODE_DESA}/laporan-bulanan").text
    assert page.count("<option") == 1
    assert "Bertanggal sebelum Januari 2000" in page
    assert "Bertanggal sesudah November 2026" in page
    (link, *_) = re.findall(r'href="(/desa/[^"]+/laporan-bulanan/9999-12/[a-z_]+)"', page)
    assert "Desember 9999" in client.get(link).text


def test_what_a_report_leaves_out_is_counted_where_it_belongs(web: Web) -> None:
    village = web.village()
    born = SOUND["peristiwa"] | {"kode": 1, "jenis": "lahir", "saldo_awal": False}
    days = {1: "1899-01-01", 2: "2026-10-02", 3: "2026-11-03", 4: "2926-11-04"}
    events = [
        Draft("peristiwa", str(id_), "put", START, born | it)
        for id_, day in days.items()
        for it in [{"id": id_, "id_pend": id_, "tgl_lapor": day}]
    ]
    web.push(village, [*(penduduk(it) for it in days), *events])
    web.follow()
    with web.databases.reader.connect() as tx:
        months = account(tx, KODE_DESA, START.date())
        left_out = beyond(tx, KODE_DESA, START.date())
        of_time = account(tx, KODE_DESA, datetime(2926, 11, 30, tzinfo=UTC).date())
    assert [it.bulan.isoformat() for it in months] == ["2026-10-01", "2026-11-01"]
    assert [sum(it.awal.values()) for it in months] == [1, 2]
    assert [sum(it.akhir.values()) for it in months] == [2, 3]
    told = [(it.bulan.isoformat(), it.jenis, it.jumlah, it.later) for it in left_out]
    assert told == [("1899-01-01", "lahir", 1, False), ("2926-11-01", "lahir", 1, True)]
    assert sum(of_time[-1].akhir.values()) == 4


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_moments_are_written_whatever_they_are(zone: str) -> None:
    written = moments(zone)
    for end in ENDS:
        assert "." in written(datetime.fromisoformat(end))
    assert written(datetime.max.replace(tzinfo=UTC)) == "31 Des 9999 23.59 UTC"


def test_queries_may_name_any_day(client: FlaskClient, shared_web: Web) -> None:
    for day in DAYS:
        for address in (
            f"/akses?dari={day}", f"/akses?sampai={day}", f"/akses.csv?dari={day}&sampai={day}",
            f"/v1/data/penduduk?tanggal={day}", f"/?tanggal={day}", f"/data?tanggal={day}",
            f"/statistik?tanggal={day}&banding={day}", f"/cari?tanggal={day}",
            f"/desa/{KODE_DESA}/statistik?banding={day}", f"/apbdes?tanggal={day}",
            f"/desa/{KODE_DESA}/laporan-bulanan/{day[:7]}/lahir",
        ):  # fmt: skip
            assert client.get(address).status_code == 200, address
