"""The pages of batches: what came, what is doubtful in it, what was not taken and why."""

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api.staff.views.kiriman import row_address
from tests.api.conftest import Web
from tests.simulator import KODE_DESA, penduduk

HERE = f"/desa/{KODE_DESA}"
TEMPLATES = Path("api/staff/templates")
MANY = 451


@pytest.fixture(scope="module")
def client(shared_web: Web) -> FlaskClient:
    """A village whose first batch has more rows than a page of it shows."""
    village = shared_web.village()
    people = [penduduk(it, f"ORANG {it}", dusun="MAWAR") for it in range(1, MANY + 1)]
    shared_web.push(village, people)
    shared_web.follow()
    return shared_web.log_in()


# --- where a row is ------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "page"), [(1, 1), (200, 1), (201, 2), (400, 2), (451, 3)])
def test_the_address_of_a_row_is_of_the_page_that_has_it(
    shared_web: Web, client: FlaskClient, line: int, page: int
) -> None:
    with shared_web.app.test_request_context():
        address, _, anchor = row_address(KODE_DESA, 1, line).partition("#")
    assert address == f"{HERE}/kiriman/1?hal={page}"
    assert f'id="{anchor}"' in client.get(address).text


def test_links_to_rows_lead_to_them(client: FlaskClient) -> None:
    """From wherever rows are pointed at, whatever else the link keeps."""
    pages = ("laporan-bulanan/2026-11/koreksi?hal=9", f"penduduk/{MANY}", "penduduk?hal=9")
    for path in pages:
        page = client.get(f"{HERE}/{path}").text
        links = re.findall(r'href="(/desa/[^"]*/kiriman/[^"]*)#(baris-\d+)"', page)
        assert links, path
        for href, anchor in {it[1]: it for it in links}.values():
            assert f'id="{anchor}"' in client.get(html.unescape(href)).text, (path, anchor)


def test_no_template_builds_the_address_of_a_row_itself() -> None:
    built = re.compile(r"#baris-|'baris-'|\"baris-\"")
    assert [it.name for it in TEMPLATES.glob("*.html") if built.search(it.read_text())] == []
