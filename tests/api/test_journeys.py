"""What each role opens the program for, walked by a machine in a real browser.

One office is served to all of them, with two villages of invented people, an upload by the old
protocol, a batch that was refused, and a read model that stands still. On every page there is no
serious finding of axe-core, nothing wider than the window, and no request to anybody else.
"""

import base64
import csv
import hashlib
import hmac
import io
import json
import re
import struct
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Locator

from cli.demo.village import Village, kecamatan
from cli.main import main
from ledger import LedgerError
from projections import PROJECTIONS
from projections.runner import Runner
from tests.api.browsing import NEEDS_CHROMIUM, Visit, chromium, serving
from tests.api.compat.made import crowd, dump, form
from tests.api.conftest import PASSWORD, Web
from tests.simulator import KODE, KODE_DESA, penduduk

pytestmark = NEEDS_CHROMIUM
UNTIL: Final = date(2026, 11, 20)
OTHER: Final = f"{KODE}.2002"
ZONE: Final = ZoneInfo("Asia/Makassar")
ACCOUNTS: Final = {
    "siti": ("Siti Aminah", "staf", KODE),
    "camat": ("Yohanes Kelen", "camat", KODE),
    "auditor": ("Petrus Balun", "auditor", KODE),
    "admin": ("Agnes Lamak", "administrator", KODE),
    "operator": ("Theresia Koten", "operator", KODE_DESA),
}


class Office:
    """The office with its villages, and what those know of themselves."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.villages = kecamatan(seed=3, until=UNTIL, desa=2, people=70, months=3)
        self.desks = {it.kode: web.village(it.kode) for it in self.villages}
        pushes = [(push.on, it.kode, push) for it in self.villages for push in it.pushes()]
        for on, kode, push in sorted(pushes, key=lambda it: it[:2]):
            web.now.time = on
            web.push(self.desks[kode], push.drafts)
        web.now.time = datetime(UNTIL.year, UNTIL.month, UNTIL.day, 12, tzinfo=ZONE)
        with pytest.raises(LedgerError):
            web.append(self.desks[KODE_DESA].sign([penduduk(1)], number=99))
        self._upload()
        web.follow()
        for username, (nama, role, scope) in ACCOUNTS.items():
            web.accounts.add(username, nama, role, scope, PASSWORD)
        viewer = web.accounts.get("camat")
        assert viewer is not None
        why = ("pelayanan", "surat keterangan domisili")
        web.access.open(viewer, KODE_DESA, "penduduk", "1", ["nik"], why)
        self.first = min(on for on, _, _ in pushes).date()

    def _upload(self) -> None:
        """By the old protocol, of two people and a row that is none: everybody else is missing."""
        token, _ = self.web.tokens.issue(KODE_DESA, "uji")
        rows = [*crowd(9_001, 9_002, KODE_DESA), *crowd(1, 1, KODE_DESA, id="satu")]
        answer = self.web.client.post(
            "/api/v1/penduduk/storedata",
            data=form(dump(rows)),
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.get_json()["status"] == "success"

    def living(self) -> int:
        """How many people live in both villages; of those in the upload nothing says that."""
        return sum(_last_living(it) for it in self.villages)


def _last_living(village: Village) -> int:
    return village.living_after(len(list(village.pushes())))


@pytest.fixture(scope="module")
def office(shared_web: Web) -> Office:
    return Office(shared_web)


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    with serving(office.web.app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def open_number(visit: Visit, number: Locator, reason: str) -> None:
    """Have a masked number shown, for a reason that is kept."""
    assert "•" in number.inner_text()
    visit.look()
    visit.page.select_option("[name=tujuan]", index=1)
    visit.page.fill("[name=alasan]", reason)
    visit.press("text=Buka dan catat")
    assert re.fullmatch(r"[0-9]{16}", number.inner_text())
    visit.look()


def test_staf_at_a_desk(browser: Browser, address: str, office: Office) -> None:
    """From the day's figures to one person, for a reason; and what is taken along."""
    visit = Visit(browser, address)
    page = visit.page
    page.goto(address)
    visit.look()
    visit.log_in("siti")
    assert f"Penduduk {office.living()} " in " ".join(page.locator(".kartu").inner_text().split())
    visit.look()
    page.focus("[data-geser]")
    with page.expect_navigation():
        page.keyboard.press("Home")
    assert page.locator("#tanggal").input_value() == office.first.isoformat()
    assert visit.says("masa lalu")
    visit.look()
    visit.press("text=Kembali ke terkini")
    visit.press("text=Semua statistik")
    page.select_option("[name=nama]", "jenis-kelamin")
    page.fill("[name=banding]", office.first.isoformat())
    visit.press("form.saring >> text=Tampilkan")
    heads = page.locator("[aria-label='Tabel statistik'] thead th").all_inner_texts()
    assert "Selisih" in heads
    visit.look()
    taken = json.loads(visit.take("JSON").read_text())
    assert [row[2] for row in taken["baris"] if row[1] == "TOTAL"] == [office.living()]
    visit.press("nav.samping >> text=Dasbor")
    visit.press(page.locator(f"a[href='/desa/{KODE_DESA}/penduduk']").first)
    visit.look()
    page.select_option("[name=sex]", "2")
    visit.press("text=Terapkan")
    total = int(page.locator("[role=status] b").inner_text())
    assert 0 < total < office.living()
    visit.press("thead >> text=Umur")
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Umur")
    ages = [int(it) for it in page.locator("td[data-k=Umur]").all_inner_texts() if it]
    assert ages == sorted(ages)
    name = page.locator("tbody th a").nth(3).inner_text()
    page.locator("main [name=cari]").first.fill(name.lower())
    visit.press("main >> button:has-text('Cari')")
    assert name.upper() not in page.url.upper()
    assert page.locator("tbody th a").first.inner_text() == name
    visit.look()
    visit.press(page.locator("tbody th a").first)
    assert page.locator("h1").inner_text() == name
    nik = page.locator("dt:text-is('NIK') + dd")
    open_number(visit, nik, "surat keterangan pindah, loket 2")
    visit.press("text=Tutup sekarang")
    assert "•" in nik.inner_text()
    visit.press("nav.samping >> text=Data desa >> nth=-1")
    visit.press(page.locator("main tbody th a", has_text="Keluarga").first)
    visit.press(page.locator("main tbody th a").first)
    number = page.locator("dt:text-is('Nomor KK') + dd")
    open_number(visit, number, "mencocokkan kartu keluarga, loket 2")
    visit.press(page.locator("[aria-label='Tabel anggota'] td a").first)
    assert "•" in nik.inner_text()
    visit.press("td a:has-text('kiriman ke-'), th a:has-text('kiriman ke-') >> nth=-1")
    assert visit.says("Tanda tangan sah")
    visit.look()
    for words in ("Wilayah", "Data desa", "Kiriman masuk", "APBDes"):
        visit.go(words)
    visit.go("Laporan bulanan")
    assert page.pdf(format="A4").startswith(b"%PDF-")
    visit.log_out()
    visit.close()


def test_staf_on_a_telephone(browser: Browser, address: str, office: Office) -> None:
    """What waits for a decision, and a word to the village."""
    visit = Visit(browser, address, width=390)
    page = visit.page
    visit.log_in("siti")
    visit.look()
    visit.press(page.locator(f"a[href='/desa/{KODE_DESA}/penduduk']").first)
    visit.look()
    visit.press(page.locator("tbody th a").first)
    visit.look()
    for words in ("Statistik", "Laporan bulanan", "Mutu data", "Kiriman masuk"):
        visit.go(words)
    visit.go("Unggahan OpenSID")
    assert "menunggu untuk dihapus" in page.locator("main h2").first.inner_text()
    visit.press(page.locator("main tbody th a").first)
    assert visit.says("id bukan bilangan")
    visit.look()
    visit.go("Pesan")
    page.fill("[name=judul]", "Undangan")
    page.locator("textarea").last.fill("Mohon hadir.")
    visit.press(page.get_by_role("button", name="Kirim", exact=True))
    assert page.locator(".obrolan >> text=Mohon hadir.").count() == 1
    visit.look()
    visit.unfold()
    visit.press(page.locator("nav.samping a", has_text="Unggahan OpenSID"))
    visit.press("text=Abaikan: jangan hapus")
    assert "Tidak ada yang dihapus" in page.locator("main [role=status]").first.inner_text()
    visit.log_out()
    visit.close()


@pytest.mark.parametrize("width", [1360, 390])
def test_camat(browser: Browser, address: str, office: Office, width: int) -> None:
    """Where a number comes from, how it came about, and how good it is."""
    visit = Visit(browser, address, width)
    page = visit.page
    visit.log_in("camat")
    visit.press("text=dari mana angka ini? >> nth=0")
    assert visit.says(f"Dari mana angka {office.living()} ini?")
    visit.look()
    visit.press(page.locator("#asal a", has_text="#").first)
    assert visit.says("Bukti tempatnya dalam log")
    visit.unfold()
    visit.press(page.locator("nav.samping a", has_text="Statistik").first)
    page.select_option("[name=nama]", "agama")
    visit.press("form.saring >> text=Tampilkan")
    assert visit.says("Dari bulan ke bulan")
    assert page.locator("svg.garis polyline").count() > 0
    visit.look()
    visit.press(page.locator("[aria-label='Statistik per desa'] thead a").first)
    visit.look()
    visit.go("Mutu data")
    visit.press(page.locator("main tbody th a").first)
    assert visit.says("Catatan yang bersangkutan")
    visit.look()
    for words in ("Pemberitahuan", "Surat", "Saksi", "Akses data"):
        visit.unfold()
        visit.press(page.locator("nav.samping ul >> nth=0").locator("a", has_text=words))
        visit.look()
    visit.log_out()
    visit.close()


def test_auditor(
    browser: Browser, address: str, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verifies in the page, and then at home, with what was told on paper."""
    visit = Visit(browser, address)
    page = visit.page
    visit.log_in("auditor")
    visit.press(page.locator("nav.samping a", has_text="Periksa keaslian"))
    visit.look()
    visit.press(page.locator("main tbody th a").first)
    visit.look()
    visit.press("text=Periksa seluruh log sekarang")
    assert page.locator("section[role=status] h2").inner_text() == "Semuanya sah"
    visit.look()
    bundle = tmp_path / "audit.zip"
    bundle.write_bytes(visit.take("Unduh berkas audit").read_bytes())
    key = office.web.office.log_key(KODE).verifier.to_vkey()
    policy = tmp_path / "kebijakan.txt"
    policy.write_text(f"log {key}\nquorum none\n")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["audit", "verify", str(bundle), "--policy", str(policy)])
    assert result.exit_code == 0, result.output
    assert "Tidak ada kesalahan." in result.output
    visit.press("text=Bandingkan dua kiriman")
    visit.look()
    page.fill("[name=dari]", "3")
    visit.press("main >> text=Bandingkan >> nth=-1")
    assert visit.says("catatan berbeda")
    visit.press(page.locator("[aria-label='Tabel beda'] th a").first)
    assert visit.says("Riwayat perubahan")
    visit.look()
    visit.press(page.locator("nav.samping a", has_text="Akses data"))
    visit.look()
    rows = read(visit.take("CSV"))
    assert {row["pengguna"] for row in rows} >= {"camat"}
    assert all(row["alasan"] for row in rows)
    page.goto(f"{address}/operasi")
    assert page.locator("h1").inner_text() == "Tidak boleh dibuka 403"
    visit.was_told(403)
    visit.close()


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def totp(secret: str, at: datetime) -> str:
    """The code that a telephone shows (RFC 6238)."""
    counter = struct.pack(">Q", int(at.timestamp()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_administrator(browser: Browser, address: str, office: Office) -> None:
    """A user, a second factor, the machine; and a read model that stood still goes on."""
    now = office.web.now
    visit = Visit(browser, address)
    page = visit.page
    visit.log_in("admin")
    visit.look()
    visit.go("Pengguna")
    visit.press("text=Tambah pengguna")
    page.fill("[name=username]", "Tidak Sah")
    page.fill("[name=cakupan]", KODE)
    visit.press("text=Tambah dan buat kata sandi")
    assert page.locator("[aria-invalid=true]").count() == 1
    visit.was_told(422)
    visit.look()
    page.fill("[name=username]", "maria")
    page.fill("[name=nama]", "Maria Tukan")
    visit.press("text=Tambah dan buat kata sandi")
    once = page.locator("code.besar").inner_text()
    visit.look()

    newcomer = Visit(browser, address, width=390)
    theirs = newcomer.page
    newcomer.log_in("maria", once)
    newcomer.look()
    theirs.fill("[name=lama]", once)
    theirs.fill("[name=baru]", "kuda laut menari")
    theirs.fill("[name=ulang]", "kuda laut menari")
    newcomer.press("text=Simpan")
    assert newcomer.says("Kata sandi diganti")
    newcomer.press("text=Pasang kode TOTP")
    newcomer.look()
    secret = "".join(theirs.locator("main code").first.inner_text().split())
    theirs.fill("[name=kode]", totp(secret, now()))
    newcomer.press(theirs.get_by_role("button", name="Pasang"))
    assert theirs.locator("ol.kode li").count() == 10
    newcomer.look()
    newcomer.log_out()
    now.time += timedelta(minutes=1)
    newcomer.log_in("maria", "kuda laut menari")
    newcomer.look()
    theirs.fill("[name=kode]", totp(secret, now()))
    newcomer.press("text=Lanjut")
    elsewhere = Visit(browser, address)
    now.time += timedelta(minutes=1)
    elsewhere.log_in("maria", "kuda laut menari")
    elsewhere.page.fill("[name=kode]", totp(secret, now()))
    elsewhere.press("text=Lanjut")
    elsewhere.press("header.atas >> text=Maria Tukan")
    assert elsewhere.says("Sedang masuk di 2 perangkat")
    elsewhere.look()
    elsewhere.press("text=Keluar dari semua")
    theirs.reload()
    assert theirs.url.startswith(f"{address}/masuk")
    newcomer.close()
    elsewhere.close()

    stand_still(office)
    visit.press(page.locator("nav.samping a", has_text="Operasi"))
    assert visit.says("dihentikan")
    visit.look()
    visit.press("text=Coba lagi sekarang")
    assert visit.says("dicoba lagi")
    office.web.follow()
    page.reload()
    assert visit.says("semuanya terkini")
    visit.look()
    assert page.locator("nav.samping a", has_text="Penduduk").count() == 0
    visit.close()


class Broken:
    """A read model that cannot take a batch."""

    def __init__(self, like: Any) -> None:
        self.name, self.version = like.name, like.version
        self.tables, self.follows = like.tables, like.follows

    def apply(self, *_: object) -> None:
        message = "not today"
        raise RuntimeError(message)


def stand_still(office: Office) -> None:
    """Let a batch come that one read model fails at until it is given up."""
    web = office.web
    web.push(office.desks[OTHER], [penduduk(9_999, status_dasar=2)])
    broken = [Broken(it) if it.name == "surat" else it for it in PROJECTIONS]
    for _ in range(30):
        Runner(web.databases.projector, broken, web.now).catch_up()
        web.now.time += timedelta(hours=2)


def test_operator_by_the_keyboard_alone(browser: Browser, address: str, office: Office) -> None:
    """The own village and no other: what it sent, what was refused, what is to be mended."""
    visit = Visit(browser, address)
    page, keyboard = visit.page, visit.page.keyboard
    page.goto(address)
    keyboard.type("operator")
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Langsung ke isi"
    keyboard.press("Enter")
    assert OTHER not in page.content()
    visit.tab_to("Desa 2001")
    keyboard.press("Enter")
    page.wait_for_url("**/statistik**")
    visit.tab_to("Kiriman masuk")
    keyboard.press("Enter")
    page.wait_for_url("**/kiriman")
    assert visit.says("Kiriman yang ditolak")
    visit.look()
    visit.tab_to("Mutu data")  # of the office
    visit.tab_to("Mutu data")
    keyboard.press("Enter")
    page.wait_for_url("**/mutu")
    visit.look()
    visit.tab_to("CSV")
    with page.expect_download() as waiting:
        keyboard.press("Enter")
    rows = read(Path(waiting.value.path()))
    counts = page.locator("td[data-k=Jumlah]").all_inner_texts()
    assert len(rows) == sum(int(it.replace(".", "")) for it in counts) > 0
    page.goto(f"{address}/desa/{KODE_DESA}/penduduk")
    visit.tab_to("Jenis kelamin")
    keyboard.press("ArrowDown")
    visit.tab_to("Terapkan")
    keyboard.press("Enter")
    page.wait_for_url("**sex=1**")
    page.goto(f"{address}/desa/{OTHER}/kiriman")
    assert page.locator("h1").inner_text() == "Tidak ada di sini 404"
    visit.was_told(404)
    visit.close()


@pytest.mark.parametrize("width", [1360, 390])
def test_without_javascript(browser: Browser, address: str, office: Office, width: int) -> None:
    """All of it works, but for the slider, which is not there."""
    visit = Visit(browser, address, width, javascript=False)
    page = visit.page
    visit.log_in("siti")
    assert not page.locator("[data-geser]").is_visible()
    page.fill("#tanggal", office.first.isoformat())
    visit.press("text=Tampilkan >> nth=0")
    assert visit.says("masa lalu")
    visit.press("text=Kembali ke terkini")
    visit.press(page.locator(f"a[href='/desa/{KODE_DESA}/penduduk']").first)
    name = page.locator("tbody th a").nth(3).inner_text()
    page.locator("main [name=cari]").first.fill(name.lower())
    visit.press("main >> button:has-text('Cari')")
    assert page.locator("tbody th a").first.inner_text() == name
    page.fill("[name=per]", "3")
    visit.press("main >> text=Tampilkan")
    assert page.locator("mark").inner_text() == "masa lalu"
    visit.press(page.locator("tbody th a").first)
    assert page.locator("h1").inner_text() == name
    visit.press("text=Kembali ke terkini")
    visit.press("th a:has-text('kiriman ke-') >> nth=-1")
    assert visit.says("Tanda tangan sah")
    for words in ("Data desa", "Statistik", "Laporan bulanan", "Mutu data", "Kiriman masuk"):
        visit.unfold()
        visit.press(page.locator("nav.samping a", has_text=words).last)
        assert page.locator("main table").count() >= 1
    visit.unfold()
    visit.press(page.locator("nav.samping a", has_text="Statistik").last)
    assert visit.take("XLSX").read_bytes().startswith(b"PK")
    visit.log_out()
    visit.close()


@pytest.mark.parametrize("width", [1360, 390])
@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(
    "path",
    [
        f"/desa/{KODE_DESA}/penduduk",
        "/data/peserta_bantuan",
        "/data/keluarga?turunan=0",
        "/statistik/rincian?nama=pekerjaan",
        f"/desa/{KODE_DESA}/statistik/rincian?nama=agama",
    ],
)
def test_a_list_by_name_is_taken_into_the_field(  # all that it is tried with
    browser: Browser,
    address: str,
    office: Office,
    path: str,
    width: int,
    javascript: bool,  # noqa: FBT001
) -> None:
    """Opened for a reason, looked at on screen and paper, taken along, and closed again."""
    visit = Visit(browser, address, width, javascript=javascript)
    page, digits = visit.page, re.compile(r"\b\d{16}\b")
    visit.log_in("siti")
    page.goto(f"{address}{path}")
    assert not digits.search(page.content())
    page.click("#bnba summary")
    visit.look()
    page.select_option("#bnba select", "bantuan")
    page.fill("#bnba input[name=alasan]", "verifikasi penerima BLT di lapangan")
    visit.press("text=Buka dan catat")
    assert visit.says("tampil utuh bagi Anda sampai")
    whole = {*digits.findall(page.content())}
    assert whole
    visit.look()
    assert whole == {*digits.findall(visit.take("CSV").read_text())}
    visit.press("text=Tutup sekarang")
    assert not digits.search(page.content())
    visit.close()
