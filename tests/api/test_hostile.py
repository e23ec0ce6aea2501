"""Records that are full of markup, quotes, formulas and invisible characters, on every page.

A signed batch brings them in, and another changes them; uploads, messages, letters and reasons
are hostile too. Then every page that can be reached is fetched, as whoever may see it. The same
pages show that the HTML is valid, whatever is in it.
"""

import csv
import html
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from api.auth import need_of
from api.export import FORMULA
from api.format import is_hidden, is_masked
from api.permissions import ALLOWED, OPEN
from ledger import Draft, LedgerError, Order, Wish
from ledger.catalogue import ENTITIES
from ledger.catalogue.fields import Nik, NoKk, Text
from projections import PROJECTIONS, forget
from projections.names import sought
from projections.queries.catatan import TABLES
from tests.api import hostile
from tests.api.browsing import CHROMIUM, Visit, chromium, serving
from tests.api.compat.made import PDF, crowd, dump, form
from tests.api.conftest import Web
from tests.api.markup import Parsed, faults, intruders, parse
from tests.simulator import KODE, KODE_DESA, START, penduduk

FOREIGN: Final = "53.06.14.2002"
LINK: Final = re.compile(r'<a [^>]*?href="([^"]+)"')
NUMBER: Final = re.compile(r"-?[0-9]+([.][0-9]+)?")
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEETS: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Besieged:
    """An office to which somebody sends such records, and what of it was fetched."""

    def __init__(self, web: Web) -> None:
        self.web = web
        web.registry.add_desa(KODE_DESA, hostile.TEXTS[0]("ZQDESA"))
        village, other = web.village(KODE_DESA), web.village(FOREIGN)
        web.push(village, list(hostile.first(KODE_DESA)))
        web.push(village, list(hostile.second()))
        web.push(other, [penduduk(id_) for id_ in range(1, 4)])
        with pytest.raises(LedgerError):
            # Kept with what is wrong with each line.
            web.append(village.sign([penduduk(9), Draft("<b>x", "<i>", "put", START, {})]))
        web.follow()
        self.camat = web.log_in(KODE, "camat")
        self.administrator = web.log_in(KODE, "administrator")
        self._upload()
        web.follow()
        self._write()
        web.redactions.redact(
            Wish(KODE_DESA, "penduduk", str(hostile.FORGOTTEN)),
            Order("permintaan", hostile.TEXTS[4]("ZQDASAR"), "470/12", "camat", "sekcam"),
        )
        forget(web.databases.projector, PROJECTIONS, web.now)
        web.follow()
        self.pages: dict[str, str] = {}
        self.parsed: dict[str, Parsed] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self._crawl(self.camat)
        self._crawl(self.administrator)
        self._keep("/masuk", web.app.test_client().get("/masuk").text)

    def _upload(self) -> None:
        token, _ = self.web.tokens.issue(KODE_DESA, "uji")
        self.bearer = {"Authorization": f"Bearer {token}"}
        evil = hostile.TEXTS[0]("ZQUNGGAH")
        rows = [*crowd(9_001, 9_002, KODE_DESA, alamat=evil), *crowd(1, 1, KODE_DESA, id=evil)]
        rows[0]["nama"] = hostile.TEXTS[4]("ZQNAMA")
        said = hostile.TEXTS[2]("ZQPESAN")
        letter = {"nomor": self.nomor, "nama": evil, "nik": "1", "tanggal": "2026-11-20"}
        for path, body in (
            ("penduduk/storedata", {"data": form(dump(rows))}),
            ("penduduk/storedata", {"data": form(b"rusak", f"{evil}.zip")}),
            ("pesan", {"json": {"pesan": evil, "judul": said, "pengirim": "desa",
                                "nama_pengirim": hostile.TEXTS[4]("ZQPENGIRIM")}}),
            ("surat/kirim", {"data": form(PDF, "surat.pdf", **letter)}),
        ):  # fmt: skip
            address = f"/api/v1/{path}"
            answer = self.web.client.post(address, headers=self.bearer, **body)
            assert answer.status_code in {200, 201}, answer.text

    nomor = hostile.TEXTS[1]("ZQNOMOR")[:64]

    def _write(self) -> None:
        """What people of the office type is theirs, and shown as text as well."""
        evil = hostile.TEXTS[0]("ZQKANTOR")
        for path, body in (
            ("pesan", {"judul": evil, "isi": hostile.TEXTS[4]("ZQISI")}),
            ("buka/penduduk/1", {"tujuan": "pelayanan", "alasan": evil}),
        ):
            assert self.camat.post(f"/desa/{KODE_DESA}/{path}", data=body).status_code == 302
        for entity in TABLES:
            if entity != "penduduk" and any(map(is_masked, ENTITIES[entity].fields)):
                id_ = KODE_DESA if entity == "desa" else hostile.id_of(entity, 0)
                address = f"/desa/{KODE_DESA}/buka/{entity}/{quote(id_)}"
                why = {"tujuan": "pelayanan", "alasan": evil}
                assert self.camat.post(address, data=why).status_code == 302
        why = {"tujuan": "bantuan", "alasan": hostile.TEXTS[4]("ZQDAFTAR")}
        for place in ("", f"/desa/{KODE_DESA}"):
            for entity in ("peserta_bantuan", "peristiwa", "aparatur"):
                address = f"{place}/bnba/data/{entity}"
                assert self.camat.post(address, data=why).status_code == 302
        dusun = quote(hostile.text(ENTITIES["penduduk"].by_name["dusun"], "penduduk", 1, "V"))
        for path in ("statistik?nama=pekerjaan&", "wilayah?"):
            address = f"/desa/{KODE_DESA}/bnba/{path}dusun={dusun}"
            assert self.camat.post(address, data=why).status_code == 302
        stated = {"desa_id": KODE_DESA, "tahun": "2026", "semester": "1", "dikenal": "99",
                  "tidak_tamat_sekolah": "7"}  # fmt: skip
        answer = self.camat.post("/tabel/tingkat-pendidikan/isi", data=stated)
        assert answer.status_code == 302, answer.text
        found = re.findall(
            r'name="(sha256|kiriman)" value="([^"]+)"',
            self.camat.get(f"/desa/{KODE_DESA}/surat/lihat?nomor={quote(self.nomor)}").text,
        )
        letter = {**dict(found), "nomor": self.nomor, "keputusan": "kembalikan", "alasan": evil}
        answer = self.camat.post(f"/desa/{KODE_DESA}/surat/keputusan", data=letter)
        assert answer.status_code == 302, answer.text

    def _crawl(self, client: FlaskClient) -> None:
        """Fetch what links lead to, but not every page of those that are alike."""
        role = "administrator" if client is self.administrator else "camat"
        wanted = [*self._begin(role)]
        waiting, seen = list(wanted), set[str]()
        alike: Counter[tuple[object, ...]] = Counter()
        while waiting:
            address = waiting.pop(0).partition("#")[0]
            kind = self._kind(address)
            if address in seen or kind is None:
                continue
            seen.add(address)
            alike[kind] += address not in wanted
            if alike[kind] > 1 and address not in wanted:
                continue
            answer = client.get(address)
            if answer.status_code == 302:
                waiting.append(answer.location)
                continue
            assert answer.status_code in {200, 410}, (address, answer.status_code)
            if answer.mimetype == "text/html":
                self._keep(address, answer.text)
                hrefs = LINK.findall(answer.text)
                waiting += [urljoin(address, html.unescape(it)) for it in hrefs]
            else:
                self.files[address] = (answer.mimetype or "", answer.data)
            answer.close()

    def _keep(self, address: str, page: str) -> None:
        self.pages[address] = page
        self.parsed[address] = parse(page)

    def _begin(self, role: str) -> Iterator[str]:
        yield from ("/", "/desa", "/docs")
        if role == "camat":
            yield from self._first_pages()

    def _first_pages(self) -> Iterator[str]:
        here = f"/desa/{KODE_DESA}"
        for entity in TABLES:
            yield from (self.list_of(entity, it) for it in ("", here))
            yield from (f"{self.list_of(entity)}&format={it}" for it in ("csv", "xlsx", "json"))
            yield f"/v1/data/{entity}"
            yield f"/v1/data/{entity}?format=csv"
            for variant in (0, 1, 4):
                if entity not in {"penduduk", "desa"}:
                    yield self.of_record(entity, variant)
        for variant in range(len(hostile.TEXTS)):
            yield f"{here}/penduduk/{variant + 1}"
        yield f"{here}/penduduk/{hostile.FORGOTTEN}"
        for entity, code, field in (
            ("keluarga", "kosong", "kepala_id"),
            ("penduduk", "istri-bukan-perempuan", "kk_level"),
        ):
            yield f"{here}/mutu/{entity}/{code}?kolom={field}"
            for it in ("csv", "xlsx", "json"):
                yield f"{here}/mutu/{entity}/{code}?kolom={field}&format={it}"
        yield from (
            f"{place}/mutu?format={it}" for it in ("csv", "xlsx", "json") for place in ("", here)
        )
        yield f"{here}/data/desa/{KODE_DESA}"
        yield f"{here}/audit/beda?dari=0&sampai=1"
        yield f"{here}/audit/beda?dari=1&sampai=2"
        yield f"{here}/kiriman/1"
        yield f"{here}/kiriman/2"
        yield f"{here}/penduduk?per=1&status_dasar=semua"
        for name in ("suku", "calon-pemilih", "peserta-program", "agama"):
            for place in ("", here):
                yield from (
                    f"{place}/statistik?nama={name}{it}"
                    for it in ("", "&format=csv", "&format=json", "&format=xlsx")
                )
        yield f"/v1/audit/desa/{KODE_DESA}/history?entity=penduduk&id=1"
        for nomor in (self.nomor, hostile.id_of("surat", 4)):
            yield f"{here}/surat/lihat?nomor={quote(nomor)}"

    def list_of(self, entity: str, place: str = f"/desa/{KODE_DESA}") -> str:
        """The address of a list with all its columns."""
        columns = "&".join(f"kolom={it.name}" for it in ENTITIES[entity].fields)
        return f"{place}/data/{entity}?{columns}"

    def of_record(self, entity: str, variant: int) -> str:
        """The address of a record's page."""
        with self.web.app.test_request_context():
            from flask import url_for  # noqa: PLC0415  # needs an application

            return url_for(
                "staff.satu_catatan",
                kode=KODE_DESA,
                entity=entity,
                id_=hostile.id_of(entity, variant),
            )

    def _kind(self, address: str) -> tuple[object, ...] | None:
        """What pages are alike in: their endpoint, what the address asks for, not for whom."""
        parts = urlsplit(address)
        assert not parts.scheme, address
        if parts.path.startswith("/static/"):
            return None
        adapter = self.web.app.url_map.bind("localhost")
        endpoint, values = adapter.match(parts.path)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        if values.get("kode") == FOREIGN:
            return None
        return endpoint, frozenset(asked), asked.get("format")


@pytest.fixture(scope="module")
def besieged(shared_web: Web) -> Besieged:
    return Besieged(shared_web)


def test_no_number_of_a_person_or_a_family_is_whole(besieged: Besieged) -> None:
    for number in hostile.NUMBERS:
        assert not [address for address, it in besieged.pages.items() if number in it]
        for address, (_, content) in besieged.files.items():
            assert number.encode() not in content, address


UNSEEN: Final = {
    "staff.masuk_kode": "asks whoever has a second factor, before anything is shown",
}
"""Pages that are not reached here."""


def test_every_page_was_looked_at(besieged: Besieged) -> None:
    """So that what follows is about all of them."""
    app = besieged.web.app
    adapter = app.url_map.bind("localhost")
    visited = {adapter.match(urlsplit(it).path)[0] for it in [*besieged.pages, *besieged.files]}
    may = ALLOWED["camat"] | ALLOWED["administrator"] | OPEN
    wanted = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and rule.endpoint.startswith("staff.")
        and need_of(app.view_functions[rule.endpoint]) in may
    }
    assert wanted - visited == set(UNSEEN)


def told(besieged: Besieged, judge: Callable[[Parsed], list[str]]) -> str:
    """What is said of pages, each thing once, with the first page of which it is said."""
    found: dict[str, str] = {}
    for address, page in besieged.parsed.items():
        for it in judge(page):
            found.setdefault(it, address)
    return "\n".join(f"{it}: {address}" for it, address in found.items())


def test_pages_are_valid_html(besieged: Besieged) -> None:
    wrong = told(besieged, faults)
    assert not wrong, wrong


def test_nothing_of_a_record_is_markup(besieged: Besieged) -> None:
    wrong = told(besieged, intruders)
    assert not wrong, wrong
    assert not [address for address, it in besieged.pages.items() if hostile.COMPUTED in it]


def test_every_field_that_may_be_seen_is_shown(besieged: Besieged) -> None:
    """So that the absence of markup says something: each text stands on the page of its record."""
    missing = []
    for entity in [*hostile.NAMES, "desa"]:
        if entity not in TABLES:
            continue
        pages = " ".join(it for address, it in besieged.pages.items() if entity in address)
        for field in ENTITIES[entity].fields:
            shown = hostile.says(field) and field.name in TABLES[entity].c
            if shown and not is_hidden(field) and not isinstance(field.kind, Nik | NoKk):
                variants = (0,) if entity == "desa" else range(1, len(hostile.TEXTS) - 1)
                missing += [
                    (entity, field.name, variant)
                    for variant in variants
                    if hostile.mark(entity, field.name, variant) not in pages
                ]
    assert missing == []


def cells(content: bytes) -> Iterator[str]:
    """The cells of a CSV."""
    text = content.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline="")):
        yield from row


def test_files_compute_nothing(besieged: Besieged) -> None:
    kinds: Counter[str] = Counter()
    for address, (mimetype, content) in besieged.files.items():
        kinds[mimetype] += 1
        if mimetype == "text/csv":
            computed = [it for it in cells(content) if it.startswith(FORMULA)]
            assert [it for it in computed if not NUMBER.fullmatch(it)] == [], address
        elif mimetype.endswith(".sheet"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert [it for it in archive.namelist() if "external" in it.lower()] == []
                sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
                ET.fromstring(archive.read("xl/sharedStrings.xml"))
            for tag in ("f", "hyperlink"):
                assert not list(sheet.iter(f"{_SHEETS}{tag}")), address
        elif mimetype == "application/json":
            json.loads(content)
    assert all(
        kinds[it] >= 20
        for it in ("text/csv", "application/json", _XLSX)
    ), kinds  # fmt: skip


def test_files_hold_what_the_pages_hold(besieged: Besieged) -> None:
    """The formula of each field is there, as text."""
    at = 2
    for entity in ("penduduk", "pembangunan", "lembaga"):
        _, content = besieged.files[f"{besieged.list_of(entity)}&format=csv"]
        found = list(cells(content))
        for field in ENTITIES[entity].fields:
            if (
                type(field.kind) is Text
                and not is_hidden(field)
                and field.name in TABLES[entity].c
            ):
                known = hostile.mark(entity, field.name, at)
                stated = sought(field.name, hostile.TEXTS[at](known))
                assert f"'{stated}" in found


def test_old_answers_hold_no_markup_of_others(besieged: Besieged) -> None:
    """What OpenSID shows as HTML is the office's words, as text; the rest is JSON."""
    client = besieged.web.client
    for method, path in (("GET", "surat"), ("POST", "pesan/getpesan"), ("POST", "penduduk")):
        answer = client.open(f"/api/v1/{path}", method=method, headers=besieged.bearer, json={})
        assert answer.mimetype == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        said = answer.get_json()
        assert "<" not in str(said.get("message", ""))
        for it in said.get("data") or []:
            shown = [it.get("keterangan") or ""]
            shown += [of["text"] for of in it.get("detail_pesan", [])
                      if of["pengirim"] != "desa"]  # fmt: skip
            assert not [words for words in shown if "<zq" in words]


SHOWN: Final = "() => document.querySelectorAll('zq, [zqa], [zqb], [zqc], [onerror]').length"
"""How much of a record a browser took for markup."""


def one_of_each(besieged: Besieged, role: str) -> list[str]:
    """A page of each kind that a role may open, and of some entities."""
    adapter = besieged.web.app.url_map.bind("localhost")
    found: dict[tuple[object, ...], str] = {}
    for address in besieged.pages:
        endpoint, values = adapter.match(urlsplit(address).path)
        need = need_of(besieged.web.app.view_functions[endpoint])
        if need in ALLOWED[role] and values.get("entity") in {None, "pembangunan", "surat"}:
            found.setdefault((endpoint, values.get("entity")), address)
    return list(found.values())


@pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_browser_runs_none_of_it(besieged: Besieged) -> None:
    """No dialog, no word of the console about the policy, and no request to anybody else."""
    pages = one_of_each(besieged, "camat")
    assert len(pages) > 30
    with serving(besieged.web.app) as address, chromium() as browser:
        visit = Visit(browser, address)
        visit.log_in(f"camat.{KODE}")
        for path in pages:
            visit.page.goto(f"{address}{path}", wait_until="load")
            visit.said = [it for it in visit.said if "status of 410" not in it]
            assert not visit.said, (path, visit.said)
            assert visit.page.evaluate(SHOWN) == 0, path
        visit.close()
