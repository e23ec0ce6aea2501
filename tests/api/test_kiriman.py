"""The pages of batches: what came, what is doubtful in it, what was not taken and why."""

import html
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from api.staff.views.kiriman import row_address
from ledger import LINE_FAULTS, Draft, RefusalError, write_batch
from projections.queries.mutu import brought
from tests.api.conftest import Web
from tests.api.markup import text, well_formed
from tests.simulator import KODE_DESA, ORIGIN, START, Village, deleted, penduduk

OTHER = "53.06.14.2002"
NIK = "5306144107800001"
HERE = f"/desa/{KODE_DESA}"
TEMPLATES = Path("api/staff/templates")
MANY = 451


def rows(page: str) -> list[list[str]]:
    """What the cells of a page's last table say; a dash says nothing."""
    body = page.rpartition("<tbody>")[2].partition("</tbody>")[0]
    found = []
    for row in re.findall(r"<tr.*?>(.*?)</tr>", body, re.DOTALL):
        cells = re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL)
        found.append(
            [html.unescape(re.sub(r"<[^>]+>", "", it)).strip("\n \N{EN DASH}") for it in cells]
        )
    return found


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
    pages = ("laporan-bulanan/2026-11/saldo_awal?hal=9", f"penduduk/{MANY}", "penduduk?hal=9")
    for path in pages:
        page = client.get(f"{HERE}/{path}").text
        links = re.findall(r'href="(/desa/[^"]*/kiriman/[^"]*)#(baris-\d+)"', page)
        assert links, path
        for href, anchor in {it[1]: it for it in links}.values():
            assert f'id="{anchor}"' in client.get(html.unescape(href)).text, (path, anchor)


def test_no_template_builds_the_address_of_a_row_itself() -> None:
    built = re.compile(r"#baris-|'baris-'|\"baris-\"")
    assert [it.name for it in TEMPLATES.glob("*.html") if built.search(it.read_text())] == []


# --- what was not taken --------------------------------------------------------------------------


def refuse(web: Web, village: Village, *lines: bytes) -> str:
    """A rightly signed batch of these lines, which is refused; gives the address of its page."""
    log = f"{ORIGIN}/{KODE_DESA}"
    facts: dict[str, Any] = {"number": village.number + 1, "prev": village.prev}
    batch = write_batch(lines, village.key, log=log, seen=village.seen, time=START, **facts)
    with pytest.raises(RefusalError):
        web.append(batch)
    page = web.log_in().get(f"{HERE}/kiriman").text
    path: str = re.findall(rf'href="({HERE}/kiriman/ditolak/[^"]+)"', page)[0]
    return path


def faulty(id_: object, **members: object) -> bytes:
    """The line of a person with other members."""
    line = json.loads(penduduk(1, nik=NIK).to_line())
    return json.dumps({**line, "id": id_, **members}).replace('{"_s": ', '{"_s":', 1).encode()


def test_every_faulty_line_of_a_refused_batch_is_shown_to_staff_and_operator(
    web: Web, village: Village
) -> None:
    sound = penduduk(7).to_line()
    lines = (sound, faulty("8271", op="patch"), sound, faulty(12), b"{", faulty("9", at="kemarin"))
    path = refuse(web, village, *lines)
    for client in (web.log_in(), web.log_in(KODE_DESA, "operator")):
        listed = well_formed(client.get(f"{HERE}/kiriman"))
        assert "4 baris · " in listed
        page = well_formed(client.get(path))
        assert rows(page) == [
            ["2", "Penduduk", "8271", "op", LINE_FAULTS["line-members"]],
            ["4", "Penduduk", "12", "id", LINE_FAULTS["line-members"]],
            ["5", "", "", "", LINE_FAULTS["line-json"]],
            ["6", "Penduduk", "9", "at", LINE_FAULTS["line-members"]],
        ]
        assert NIK not in page
        assert "Tanda tangannya sah" in page


def test_very_many_faulty_lines_are_on_several_pages(web: Web, village: Village) -> None:
    path = refuse(web, village, *[b"x"] * 1_200)
    client = web.log_in()
    last = well_formed(client.get(f"{path}?hal=5"))
    assert [it[0] for it in rows(last)] == [
        f"{it:,}".replace(",", ".") for it in range(801, 1_001)
    ]
    assert "1.000 baris pertama; sesudahnya mungkin masih ada" in last


def test_a_refusal_without_faulty_lines_says_why(web: Web, village: Village) -> None:
    with pytest.raises(RefusalError):
        web.append(village.sign([penduduk(1)], number=7))
    client = web.log_in()
    (path,) = re.findall(r'href="([^"]+/ditolak/[^"]+)"', client.get(f"{HERE}/kiriman").text)
    page = well_formed(client.get(path))
    assert "diharapkan 1, diterima 7" in page
    assert rows(page) == []


def test_a_refusal_is_seen_by_nobody_of_another_desa(web: Web, village: Village) -> None:
    path = refuse(web, village, b"x")
    web.village(OTHER)
    assert web.log_in(OTHER, "operator").get(path).status_code == 404
    assert web.log_in().get(path.replace(KODE_DESA, OTHER)).status_code == 404


def test_lines_of_a_refusal_that_was_kept_before_their_records_were(
    web: Web, village: Village
) -> None:
    path = refuse(web, village, b"x")
    with web.databases.owner.begin() as tx:
        tx.execute(sql("ALTER TABLE ledger.refusal DISABLE TRIGGER refuse_change"))
        tx.execute(
            sql(
                """UPDATE ledger.refusal SET facts = '{"lines": [{"line": 3, "code": "alien"}]}'"""
            )
        )
    assert rows(well_formed(web.log_in().get(path))) == [["3", "", "", "", "alien"]]


# --- what a batch brought ------------------------------------------------------------------------


@pytest.fixture
def three(web: Web, village: Village) -> FlaskClient:
    """A camat whose village sent three batches: doubtful things, their mending, something else."""
    lembaga = {"id": 5, "nama": "KARANG TARUNA"}
    web.push(
        village,
        [
            penduduk(1, "SITI AMINAH", nik="ABC"),
            penduduk(2, "BUDI SANTOSO", sex=1),
            penduduk(3, "SALAH KETIK"),
            Draft("lembaga", "5", "put", START, lembaga),
            Draft("sensus_2030", "9", "put", START, {"a": 1}),
        ],
    )
    web.push(
        village,
        [
            penduduk(1, "SITI AMINAH", nik=NIK),
            penduduk(2, "BUDI SANTOSO", sex=1),
            deleted(3),
            penduduk(4, "RINA KOTEN", sex=2),
            Draft("lembaga", "5", "put", START, {**lembaga, "nama": "PKK"}),
            penduduk(4, "RINA KOTEN", sex=1),
        ],
    )
    web.push(village, [Draft("lembaga", "6", "put", START, {"id": 6, "nama": "LPM"})])
    web.follow()
    return web.log_in(role="camat")


def said(page: str) -> list[tuple[str, str, str]]:
    """What each line of a batch does: record, id, words."""
    table = page.partition("Tabel perubahan")[2].partition("</table>")[0]
    return [
        (entity, id_, html.unescape(re.sub(r"<[^>]+>", "", words)).strip())
        for entity, id_, words in re.findall(
            r'<td data-k="Catatan">([^<]*)</td>\s*<td data-k="ID">(?:<a[^>]*>)?([^<]*)'
            r'.*?<td data-k="Pernyataan">(.*?)</td>',
            table,
            re.DOTALL,
        )
    ]


def test_a_line_says_what_it_does_to_its_record(three: FlaskClient) -> None:
    first = said(well_formed(three.get(f"{HERE}/kiriman/1")))
    assert first == [
        ("Penduduk", "1", "baru"),
        ("Penduduk", "2", "baru"),
        ("Penduduk", "3", "baru"),
        ("Lembaga", "5", "baru"),
        ("sensus_2030", "9", "menyatakan isi"),
    ]
    second = said(well_formed(three.get(f"{HERE}/kiriman/2")))
    assert second == [
        ("Penduduk", "1", "mengubah"),
        ("Penduduk", "2", "dinyatakan lagi tanpa perubahan"),
        ("Penduduk", "3", "menghapus"),
        ("Penduduk", "4", "menyatakan isi, disusul baris 6"),
        ("Lembaga", "5", "mengubah"),
        ("Penduduk", "4", "baru"),
    ]


def test_a_line_leads_to_the_page_of_its_record_as_of_the_batch(three: FlaskClient) -> None:
    for position, ids in ((1, ["1", "2", "3", "lembaga/5"]), (2, ["1", "2", "3", "4"])):
        page = three.get(f"{HERE}/kiriman/{position}").text
        for id_ in ids:
            path = f"{HERE}/{'data' if '/' in id_ else 'penduduk'}/{id_}?per={position}"
            assert f'href="{path}"' in page
            assert three.get(path).status_code == 200
    assert "sensus_2030/9" not in three.get(f"{HERE}/kiriman/1").text


def test_one_leafs_from_batch_to_batch(three: FlaskClient) -> None:
    first, second, last = (three.get(f"{HERE}/kiriman/{it}").text for it in (1, 2, 3))
    before, after = (f'rel="{it}" href="{HERE}/kiriman/' for it in ("prev", "next"))
    assert (before in first, f'{after}2"' in first) == (False, True)
    assert (f'{before}1"' in second, f'{after}3"' in second) == (True, True)
    assert (f'{before}2"' in last, after in last) == (True, False)


def test_the_list_and_the_batch_say_what_is_doubtful_in_it(web: Web, three: FlaskClient) -> None:
    with web.databases.reader.connect() as tx:
        told = brought(tx, KODE_DESA, [1, 2, 3])
    listed = well_formed(three.get(f"{HERE}/kiriman"))
    cells = re.findall(r'data-k="Peringatan">(.*?)</td>', listed, re.DOTALL)
    words = [html.unescape(re.sub(r"<[^>]+>", "", it)).strip() for it in cells]
    assert words[2] == f"{told[1].opened} baru"
    assert words[1] == f"{told[2].opened} baru · {told[2].closed} selesai"
    assert f'href="{HERE}/kiriman/2#temuan"' in cells[1]
    page = well_formed(three.get(f"{HERE}/kiriman/2"))
    assert f"{told[2].opened} temuan baru karena kiriman ini" in page
    links = [html.unescape(it) for it in re.findall(rf'href="({HERE}/mutu/[^"]+)"', page)]
    mended = [it for it in links if "nik-bukan-angka" in it]
    assert mended == [f"{HERE}/mutu/penduduk/nik-bukan-angka?kolom=nik&per=1"]
    for link in links:
        assert "Catatan yang bersangkutan" in well_formed(three.get(link))
        assert "Tidak ada temuan ini" not in three.get(link).text


def test_a_batch_that_is_not_followed_yet_says_so(web: Web, village: Village) -> None:
    web.push(village, [penduduk(1, nik="ABC")])
    client = web.log_in()
    assert "sedang diolah" in well_formed(client.get(f"{HERE}/kiriman"))
    assert "Kiriman ini sedang diolah." in well_formed(client.get(f"{HERE}/kiriman/1"))


def test_whoever_may_see_no_people_sees_how_many_warnings_there_are(
    web: Web, three: FlaskClient
) -> None:
    listed = well_formed(web.log_in(role="administrator").get(f"{HERE}/kiriman"))
    assert " baru · " in listed
    assert "#temuan" not in listed


def test_the_list_of_desa_says_that_it_is_of_now(client: FlaskClient) -> None:
    """Links keep the day of the past; how a desa sends is told as it is now."""
    day = START.date() - timedelta(days=1)
    words = "keadaan pengiriman sekarang, bukan pada 19 Nov 2026"
    assert words in well_formed(client.get(f"/desa?tanggal={day}"))
    for query in ("", "?tanggal=x", "?tanggal=2099-01-01"):
        assert "pengiriman sekarang" not in text(client.get(f"/desa{query}"))
