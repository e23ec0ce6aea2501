"""A day of the past is kept while clicking on, wherever that leads."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from ledger import Draft
from tests.api.conftest import Web
from tests.simulator import KODE_DESA, START, penduduk

PAST = START.date() + timedelta(days=1)
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"#]+)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_PRESENT = "Kembali ke terkini"
_WAYS_OUT = ("/keluar", "/akun", "/static/", "/berkas/")
"""Where nothing is as of a day, and no way leads on."""

_LOG = re.compile(r"/(kiriman|unggahan|audit)(/|\?|$)")
"""Pages about the log itself, of all times: what they say leads to each batch's own."""


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """A camat whose village sent something on each of three days, two days apart."""
    village = shared_web.village()
    place = {"id": 8, "dusun": "MAWAR", "rw": "002", "rt": "001"}
    shared_web.push(
        village,
        [
            penduduk(1, "SITI AMINAH", id_kk=3, kk_level=1, dusun="MAWAR", nik="1", id_cluster=8),
            penduduk(2, "BUDI SANTOSO", sex=1, dusun="MELATI", tanggal_lahir="1980-05-17"),
            Draft("keluarga", "3", "put", START, {"id": 3, "kepala_id": 1, "id_cluster": 8}),
            Draft("wilayah", "8", "put", START, place),
            Draft("program_bantuan", "5", "put", START, {"id": 5, "nama": "BLT", "sasaran": 2}),
        ],
    )
    for id_, nama in ((3, "RINA KOTEN"), (4, "LENA BOLI")):
        shared_web.now.time += timedelta(days=2)
        shared_web.push(village, [penduduk(id_, nama, dusun="MAWAR")])
    shared_web.now.time += timedelta(days=2)
    shared_web.follow()
    return shared_web.log_in(role="camat")


def links(page: str) -> Iterator[str]:
    """Where a page leads, but back to the present."""
    for href, words in _LINK.findall(page):
        path = html.unescape(href)
        if path.startswith("/") and not path.startswith(_WAYS_OUT) and _PRESENT not in words:
            yield path


def when_and_where(path: str) -> tuple[str, ...]:
    """What of an address says which page it is, and as of when."""
    parts = urlsplit(path)
    said = parse_qs(parts.query)
    return parts.path, *(it for name in ("per", "tanggal") for it in said.get(name, [""]))


@pytest.mark.parametrize(
    "start",
    [f"/?tanggal={PAST}", f"/desa/{KODE_DESA}/penduduk?per=1"],
    ids=["from the region", "from a village"],
)
def test_the_past_is_kept_while_clicking_on(client: FlaskClient, start: str) -> None:
    came_from = {start: ""}
    waiting, looked_at, seen = [start], set[str](), {when_and_where(start)}
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        if 'aria-label="Keadaan per' in answer.text:
            assert "<mark>masa lalu</mark>" in answer.text, (path, came_from[path])
            looked_at.add(urlsplit(path).path)
        page = answer.text
        if _LOG.search(path):
            page = page.split("<main", 1)[0]
        for found in links(page):
            if (place := when_and_where(found)) not in seen:
                seen.add(place)
                came_from[found] = path
                waiting.append(found)
    desa = f"/desa/{KODE_DESA}"
    assert looked_at >= {
        "/",
        "/statistik",
        "/statistik/rincian",
        "/data",
        "/data/penduduk",
        "/data/keluarga",
        "/cari",
        f"{desa}/penduduk",
        f"{desa}/penduduk/1",
        f"{desa}/statistik",
        f"{desa}/wilayah",
        f"{desa}/data/keluarga",
        f"{desa}/data/keluarga/3",
        "/mutu",
        f"{desa}/mutu",
        f"{desa}/mutu/penduduk/kosong",
        f"{desa}/laporan-bulanan",
    }
