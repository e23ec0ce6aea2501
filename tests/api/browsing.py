"""A real browser on a served office: what somebody does, and what must hold on every page."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Dialog, Download, Locator, Request, sync_playwright
from werkzeug.serving import make_server

from tests.api.conftest import PASSWORD

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NEEDS_CHROMIUM: Final = [
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine"),
    # Playwright's own event loop, closed after the loop's policy is gone.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
_MOST_TABS: Final = 120
_DESK: Final = 1000
_UPRIGHT, _ACROSS = 680, 1009
"""What is between the margins of A4, in pixels."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a real socket; forms need their token, as they do in earnest."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.config["WTF_CSRF_ENABLED"] = False


class Visit:
    """Somebody at a browser window; whatever it complains of, or asks elsewhere, is kept."""

    def __init__(
        self, browser: Browser, address: str, width: int = 1360, *, javascript: bool = True
    ) -> None:
        self.address = address
        self.javascript = javascript
        self._context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript
        )
        self.page = self._context.new_page()
        self.said: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda it: self.said.append(it.text))
        self.page.on("pageerror", lambda it: self.said.append(str(it)))
        self.page.on("dialog", self._interrupted)
        self.page.on("request", self._asked)

    def _interrupted(self, dialog: Dialog) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        self.hosts.add(request.url.split("/")[2])

    def close(self) -> None:
        """Nothing was complained of, and nobody else was asked for anything."""
        assert not self.said, self.said
        assert self.hosts == {self.address.split("/")[2]}
        self._context.close()

    def was_told(self, status: int) -> None:
        """The page came with an error's status, of which the browser complains."""
        assert [it for it in self.said if f"status of {status}" not in it] == []
        assert self.said
        self.said.clear()

    def look(self) -> None:
        """No serious finding of axe, which needs scripts, and nothing wider than the window.

        At a desk, where there is a printer, the page is looked at on paper as well.
        """
        if not self.javascript:
            return
        found = Axe().run(self.page).response["violations"]
        serious = [it for it in found if it["impact"] in ("serious", "critical")]
        assert [(it["id"], it["nodes"][0]["html"][:200]) for it in serious] == [], self.page.url
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert self.page.viewport_size
        assert width <= self.page.viewport_size["width"], self.page.url
        if self.page.viewport_size["width"] > _DESK and self.page.locator(".samping").count():
            self._look_at_paper()

    def _look_at_paper(self) -> None:
        """Between the margins of A4: the office's head, no menu, and no column beyond the edge."""
        page, size = self.page, self.page.viewport_size
        assert size
        width = _ACROSS if page.locator("main.mendatar").count() else _UPRIGHT
        page.emulate_media(media="print")
        page.set_viewport_size({"width": width, "height": size["height"]})
        assert page.locator(".kop").inner_text().startswith("KECAMATAN UJI")
        assert page.locator(".kaki-cetak").is_visible()
        seen = [it for it in page.locator("nav, form, button").all() if it.is_visible()]
        assert [it.evaluate("it => it.outerHTML.slice(0, 120)") for it in seen] == [], page.url
        found = page.evaluate("document.documentElement.scrollWidth")
        assert found <= width, (found, page.url)
        page.emulate_media(media="screen")
        page.set_viewport_size(size)

    def log_in(self, username: str, password: str = PASSWORD) -> None:
        """Go to the office's page and log in there."""
        self.page.goto(self.address)
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.press("form.masuk button")

    def press(self, target: str | Locator) -> None:
        """Press what leads to another page, and wait until that one is whole.

        A click alone returns while the old page, or half of the new one, can still be read.
        """
        it = self.page.locator(target).first if isinstance(target, str) else target
        with self.page.expect_navigation():
            it.click()

    def log_out(self) -> None:
        """Log out by the button on every page."""
        self.press("text=Keluar >> nth=0")
        assert self.page.url.startswith(f"{self.address}/masuk")

    def unfold(self) -> None:
        """Open the menu where it is folded away, as on a phone."""
        fold = self.page.locator(".buka-menu")
        if fold.is_visible():
            fold.click()

    def go(self, words: str) -> None:
        """Follow a line of the menu, and look."""
        self.unfold()
        self.press(self.page.locator("nav.samping a", has_text=words).last)
        self.look()

    def says(self, words: str) -> bool:
        """Whether the page says so, anywhere in its content."""
        return words in " ".join(self.page.locator("main").inner_text().split())

    def take(self, words: str, within: str = "main") -> Path:
        """Download what a link offers."""
        with self.page.expect_download() as waiting:
            self.page.locator(f"{within} a", has_text=words).first.click()
        download: Download = waiting.value
        return Path(download.path())

    def tab_to(self, words: str) -> None:
        """Press the tabulator until that link, button or field has the focus, seen to have it."""
        for _ in range(_MOST_TABS):
            self.page.keyboard.press("Tab")
            named, outlined = self.page.evaluate(_FOCUSED)
            if words in named:
                assert outlined, f"the focus on {named} does not show"
                return
        message = f"no way to {words} by the keyboard on {self.page.url}"
        raise AssertionError(message)


_FOCUSED: Final = """() => {
    const it = document.activeElement, style = getComputedStyle(it);
    const label = it.labels && it.labels[0] ? it.labels[0].innerText : "";
    const words = it.getAttribute("aria-label") || label || it.innerText || "";
    return [words.trim(), style.outlineStyle !== "none" && style.outlineWidth !== "0px"];
}"""
