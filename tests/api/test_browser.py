"""The main journey in a real browser: quick to break, so walked by a machine.

Debian's Chromium; where there is none, these tests say that they were skipped.
"""

import shutil
import threading
from collections.abc import Iterator
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from cli.demo.village import kecamatan
from ledger import SigningKey
from tests.api.compat.made import crowd, dump, form
from tests.api.conftest import PASSWORD, Web
from tests.simulator import KODE, KODE_DESA

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine"),
    # Playwright's own event loop, closed after the loop's policy is gone.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def address(web: Web) -> Iterator[str]:
    """A village of invented people, served on a real socket."""
    village = web.village()
    (generated,) = kecamatan(seed=3, until=date(2026, 11, 20), desa=1, people=150, months=3)
    assert isinstance(village.key, SigningKey)
    for push in generated.pushes():
        web.push(village, push.drafts)
    upload_a_cut_dump(web)
    web.follow()
    web.accounts.add("siti", "Siti Aminah", "staf", KODE, PASSWORD)
    web.app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def upload_a_cut_dump(web: Web) -> None:
    """By the old protocol, of two people and a row that is none: everybody else is missing."""
    token, _ = web.tokens.issue(KODE_DESA, "uji")
    rows = [*crowd(9_001, 9_002, KODE_DESA), *crowd(1, 1, KODE_DESA, id="satu")]
    answer = web.client.post(
        "/api/v1/penduduk/storedata",
        data=form(dump(rows)),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.get_json()["status"] == "success"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def check(page: Page, seen: set[str]) -> None:
    """No serious finding of axe, and nothing wider than the window."""
    found = Axe().run(page).response["violations"]
    assert [it["id"] for it in found if it["impact"] in ("serious", "critical")] == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert page.viewport_size
    assert width <= page.viewport_size["width"]
    seen.add(page.title())


def on_paper(page: Page) -> None:
    """Between the margins of A4: the office's head, no menu, and no column beyond the edge."""
    size = page.viewport_size
    assert size
    width = 1009 if page.locator("main.mendatar").count() else 680
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": size["height"]})
    assert page.locator(".kop").inner_text().startswith("KECAMATAN UJI")
    assert page.locator(".kaki-cetak").is_visible()
    assert not any(it.is_visible() for it in page.locator("nav, form, button").all())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="screen")
    page.set_viewport_size(size)


@pytest.mark.parametrize("width", [1360, 390])
@pytest.mark.parametrize("javascript", [True, False], ids=["", "without JavaScript"])
def test_from_log_in_to_the_signed_batch(
    browser: Browser, address: str, width: int, *, javascript: bool
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=javascript
    )
    page = context.new_page()
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.add(request.url))
    titles: set[str] = set()

    def look() -> None:
        if javascript:  # axe itself needs it
            check(page, titles)
            if width > 1000 and page.locator(".samping").count():
                on_paper(page)

    page.goto(address)
    look()
    page.fill("[name=username]", "siti")
    page.fill("[name=password]", PASSWORD)
    page.click("text=Masuk >> nth=-1")
    look()
    page.click(f"a[href='/desa/{KODE_DESA}/penduduk'] >> nth=0")
    look()
    name = page.locator("tbody th a").nth(3).inner_text()
    page.fill("[name=cari]", name.lower())
    page.click("button:has-text('Cari')")
    assert name.upper() not in page.url.upper()
    assert page.locator("tbody th a").first.inner_text() == name
    look()
    page.fill("[name=per]", "3")
    page.click("text=Tampilkan")
    assert page.locator("mark").inner_text() == "masa lalu"
    look()
    page.locator("tbody th a").first.click()
    assert page.locator("h1").inner_text() == name
    look()
    page.click("tbody a:has-text('kiriman ke-') >> nth=-1")
    assert page.locator("text=Tanda tangan sah").count() == 1
    look()
    page.click("[aria-labelledby=menu-desa] >> text=Kiriman masuk")
    look()
    for name in ("Data desa", "Statistik", "Laporan bulanan", "Mutu data"):
        page.click(f"[aria-labelledby=menu-desa] >> text={name}")
        assert page.locator("table").count() >= 1
        look()
    page.click("text=Unggahan OpenSID")
    assert "menunggu untuk dihapus" in page.locator("main h2").first.inner_text()
    look()
    page.locator("tbody th a").first.click()
    assert page.locator("text=id bukan bilangan").count() == 1
    look()
    page.click("[aria-labelledby=menu-desa] >> text=Pesan")
    page.fill("[name=judul]", "Undangan")
    page.locator("textarea").last.fill("Mohon hadir.")
    page.get_by_role("button", name="Kirim", exact=True).click()
    assert page.locator(".obrolan >> text=Mohon hadir.").count() == 1
    look()
    page.click("text=Unggahan OpenSID")
    page.click("text=Abaikan: jangan hapus")
    assert "Tidak ada yang dihapus" in page.locator("[role=status]").inner_text()
    look()
    page.click("text=Keluar")
    assert page.url.startswith(f"{address}/masuk")
    assert said == []
    assert {url.split("/")[2] for url in asked} == {address.split("/")[2]}
    context.close()
