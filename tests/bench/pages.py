"""What a page costs: the time of the server, and the bytes that cross the wire.

Seven desa with some 60,000 people between them, their families, events, aid, works, officers and
budgets: the demonstration's villages, without its two years. Each page is asked several times, as
somebody who may see it, of a `serve` in processes of its own; the median is printed, and the first
answer, which has nothing prepared, beside it. The bytes are those of the page alone, packed if the
server packs it.

    python -m tests.bench.pages [--people 8600] [--runs 5]
"""

import argparse
import io
import re
import statistics
import time
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import urllib3

from api.context import Services
from cli.demo.village import kecamatan
from projections import catch_up
from tests.bench.measure import enrolled, office, serving

_PASSWORD = "kata sandi panjang"
_UNTIL = date(2026, 11, 24)
_MOST_KB, _MOST_MS = 200, 300
_ENTITIES = (
    "penduduk", "keluarga", "wilayah", "peristiwa", "program_bantuan", "peserta_bantuan",
    "pembangunan", "aparatur", "lembaga", "rumah_tangga", "suplemen", "apbdes", "laporan",
)  # fmt: skip
_STAFF = (
    "/",
    "/?statistik=pekerjaan",
    "/statistik",
    "/statistik?nama=umur",
    "/statistik?nama=pekerjaan&semua=1",
    "/statistik?nama=peserta-program",
    "/statistik/rincian?nama=pekerjaan&baris=jumlah",
    "/statistik/rincian?nama=umur&baris=jumlah&sex=1",
    "/statistik/rincian?nama=peserta-program&baris=jumlah",
    "/statistik/rincian?nama=bantuan-keluarga&baris=jumlah",
    "/laporan-bulanan",
    "/data",
    *(f"/data/{it}" for it in _ENTITIES),
    "/apbdes",
    "/desa",
    "/mutu",
    "/pemberitahuan",
    "/surat",
    "/tabel",
    "/cari",
    "/desa/{kode}/wilayah",
    "/desa/{kode}/surat",
    "/desa/{kode}/statistik",
    "/desa/{kode}/statistik?nama=umur",
    "/desa/{kode}/statistik?nama=umur&per=5",
    "/desa/{kode}/statistik?nama=bantuan-penduduk",
    "/desa/{kode}/statistik/rincian?nama=umur&baris=jumlah",
    "/desa/{kode}/wilayah/rincian",
    "/desa/{kode}/penduduk",
    "/desa/{kode}/penduduk?per=5",
    "/desa/{kode}/penduduk/{orang}",
    "/desa/{kode}/data",
    *(f"/desa/{{kode}}/data/{it}" for it in _ENTITIES),
    "/desa/{kode}/data/keluarga/{keluarga}",
    "/desa/{kode}/laporan-bulanan",
    "/desa/{kode}/laporan-bulanan/2026-11/lahir",
    "/desa/{kode}/apbdes",
    "/desa/{kode}/kiriman",
    "/desa/{kode}/kiriman/1",
    "/desa/{kode}/unggahan",
    "/desa/{kode}/mutu",
    "/desa/{kode}/pesan",
    "/akun",
)
_AUDITOR = ("/audit", "/desa/{kode}/audit", "/akses", "/saksi")
_SOUGHT = ("MARIA", "{nik}", "ZZZZ")
"""What is looked for in the whole region: some names, one number, nobody."""
_ADMINISTRATOR = ("/operasi", "/pengguna")


class Browser:
    """A user who is logged in."""

    def __init__(self, address: str, username: str) -> None:
        self._address = address
        self._http = urllib3.PoolManager(headers={"Accept-Encoding": "gzip"})
        self._cookie = ""
        form = {"username": username, "password": _PASSWORD}
        answer = self._post("/masuk", form)
        assert answer.status == 302, answer.status
        self._cookie = _cookies(answer)

    def search(self, words: str) -> str:
        """The address of what is found of some words, in the whole region."""
        return str(self._post("/cari", {"kata": words}).headers["Location"])

    def _post(self, path: str, fields: dict[str, str]) -> urllib3.BaseHTTPResponse:
        page = self._http.request("GET", self._address + path, headers={"Cookie": self._cookie})
        token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page.data)
        assert token, path
        return self._http.request(
            "POST",
            self._address + path,
            body=urlencode({**fields, "csrf_token": token[1].decode()}),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": _cookies(page) or self._cookie,
                "Referer": self._address,
            },
            redirect=False,
        )

    def get(self, path: str) -> tuple[int, int, float]:
        """The status, the bytes and the milliseconds of an answer."""
        begun = time.perf_counter()
        answer = self._http.request(
            "GET",
            self._address + path,
            headers={"Cookie": self._cookie, "Accept-Encoding": "gzip"},
            decode_content=False,
            redirect=False,
        )
        return answer.status, len(answer.data), (time.perf_counter() - begun) * 1e3


def _cookies(answer: urllib3.BaseHTTPResponse) -> str:
    return "; ".join(it.partition(";")[0] for it in answer.headers.getlist("Set-Cookie"))


def fill(services: Services, people: int) -> dict[str, str]:
    """Everything that the villages have; gives what stands in addresses of the largest."""
    count, begun = 0, time.perf_counter()
    found: dict[str, str] = {}
    for play in kecamatan(seed=1, until=_UNTIL, desa=7, people=people, months=1):
        village = enrolled(services, play.kode)
        for push in play.pushes():
            batch = village.sign(list(push.drafts))
            appended = services.ledger.append(play.kode, io.BytesIO(batch.to_bytes()))
            village.accept(batch, appended.receipt)
            for draft in push.drafts:
                count += draft.entity == "penduduk" and draft.op == "put"
                if draft.entity in {"penduduk", "keluarga"} and not found.get(draft.entity):
                    found[draft.entity] = draft.id
                    found["nik"] = str((draft.data or {}).get("nik", ""))
        found.setdefault("kode", play.kode)
    catch_up(services.databases.projector, lambda: datetime.now(UTC))
    with services.databases.owner.connect() as tx:
        tx.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
    print(f"{count} statements of people, filled in {time.perf_counter() - begun:.0f} s")
    return {**found, "orang": found["penduduk"]}


def main() -> None:
    """Measure every page, and name those that are above the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=8_600, help="in each of seven desa")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with office() as services:
        there = fill(services, options.people)
        for role in ("camat", "auditor", "administrator"):
            services.accounts.add(role, "Siti Aminah", role, services.settings.kode, _PASSWORD)
        with serving(services) as address:
            above = 0
            print(f"{'page':<58}{'KB':>6}{'ms':>7}{'first':>7}")
            for role, pages in (
                ("camat", _STAFF),
                ("auditor", _AUDITOR),
                ("administrator", _ADMINISTRATOR),
            ):
                browser = Browser(address, role)
                asked = {it: it.format(**there) for it in pages}
                if role == "camat":
                    asked |= {f"/cari, {it}": browser.search(it.format(**there)) for it in _SOUGHT}
                for page, path in asked.items():
                    answers = [browser.get(path) for _ in range(options.runs)]
                    status, size, first = answers[0]
                    ms = statistics.median(it for _, _, it in answers)
                    slow = size > _MOST_KB * 1024 or ms > _MOST_MS
                    above += slow
                    mark = " !" if slow else ""
                    mark += "" if status == 200 else f" ({status})"
                    print(f"{page:<58}{size / 1024:>6.1f}{ms:>7.0f}{first:>7.0f}{mark}")
            print(f"{above} above {_MOST_KB} KB or {_MOST_MS} ms")


if __name__ == "__main__":
    main()
